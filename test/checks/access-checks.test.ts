import { describe, expect, test } from 'vitest';
import type { FileCheck } from '../../src/checks/check.ts';
import { hygieneAccounts } from '../../src/checks/hygiene/accounts.ts';
import { hygieneAuthorizedKeys } from '../../src/checks/hygiene/authorized-keys.ts';
import { hygieneDockerSocket } from '../../src/checks/hygiene/docker-socket.ts';
import { hygieneGitFolder } from '../../src/checks/hygiene/git-folder.ts';
import { hygienePreload } from '../../src/checks/hygiene/preload.ts';
import { hygieneSudoNopasswd } from '../../src/checks/hygiene/sudo-nopasswd.ts';
import { filesOf, type SampleFile } from './files.ts';
import { contextOf, scanWith } from './samples.ts';

type Layers = readonly (readonly SampleFile[])[];
const run = (check: FileCheck, ...layers: Layers) =>
  check.run(scanWith([], { files: filesOf(...layers) }), contextOf());
const HUGE = 'x'.repeat(129 * 1024);
const notKept = expect.objectContaining({ code: 'SCAN_INCOMPLETE' });

describe('hygiene.accounts', () => {
  const found = (...layers: Layers) =>
    run(hygieneAccounts, ...layers).map(
      ({ rule, severity, args }) => `${rule.slice('hygiene.'.length)} ${severity} ${args['account']}`,
    );
  const passwd = (...lines: readonly string[]) => ({ path: 'etc/passwd', content: `${lines.join('\n')}\n` });
  const shadow = (...lines: readonly string[]) => ({ path: 'etc/shadow', content: `${lines.join('\n')}\n` });
  const root = 'root:x:0:0:root:/root:/bin/sh';

  test.each(['*', '!', '!!', '!*', '*LOCKED*', '!locked', '$6$salt$hash'])(
    'passes root with %j for a password, as distributions have it',
    (password) => {
      expect(found([passwd(root), shadow(`root:${password}::0:::::`)])).toEqual([]);
    },
  );

  test('finds empty passwords, graver for root and for whoever has a shell', () => {
    const lines = [root, 'app:x:1000:1000::/:/bin/sh', 'bin:x:1:1::/:/sbin/nologin', 'toor:x:0:0::/:/bin/sh'];
    const empty = ['root', 'app', 'bin', 'toor'].map((name) => `${name}::20000:0:99999:7:::`);
    expect(found([passwd(...lines), shadow(...empty)])).toEqual([
      'empty-password high root',
      'empty-password high toor',
      'empty-password medium app',
      'empty-password low bin',
      'second-root low toor',
    ]);
  });

  test('finds a password that is empty in /etc/passwd itself, and asks /etc/shadow only where that sends it there', () => {
    expect(found([passwd('root::0:0::/:/bin/sh')])).toEqual(['empty-password high root']);
    expect(found([passwd('root:!:0:0::/:/bin/sh'), shadow('root::::::::')])).toEqual([]);
    expect(found([passwd(root)])).toEqual([]);
    expect(found([passwd(root), shadow('app::::::::')])).toEqual([]);
  });

  test('goes by the files that a container sees, through links', () => {
    const [good, bad] = [shadow('root:*:::::::'), shadow('root::::::::')];
    expect(found([passwd(root), bad], [good])).toEqual([]);
    expect(found([passwd(root), good], [bad])).toEqual(['empty-password high root']);
    expect(found([passwd(root), bad], [{ path: 'etc/.wh.shadow' }])).toEqual([]);
    const elsewhere = { path: 'etc/shadow', link: '../store/abc-shadow' };
    expect(found([passwd(root), elsewhere, { ...bad, path: 'store/abc-shadow' }])).toEqual([
      'empty-password high root',
    ]);
    const hard = { path: 'etc/shadow', type: 'hardlink' as const, link: 'etc/new-shadow' };
    expect(found([passwd(root), { ...bad, path: 'etc/new-shadow' }, hard])).toEqual([
      'empty-password high root',
    ]);
  });

  test('cannot find out where a file is too large, or lies under a name of which nothing is kept', () => {
    expect(() => found([passwd(root), shadow(HUGE)])).toThrow(notKept);
    expect(() => found([passwd(root), { path: 'etc/shadow', link: 'x' }, { path: 'etc/x' }])).toThrow(
      notKept,
    );
    expect(() => found([passwd(root), { path: 'etc/shadow', type: 'fifo' }])).toThrow(notKept);
    const many = Array.from({ length: 9 }, (_, at) => ({
      path: `f${at}/passwd`,
      content: 'x'.repeat(128 * 1024),
    }));
    expect(() => found([...many, passwd(root)])).toThrow(notKept);
  });

  test('is not led past a file by what only a running container has; /dev/null is an empty file', () => {
    const link = (target: string) => [
      passwd(root),
      { path: 'etc/shadow', link: target },
      { path: 'dev/null' },
    ];
    expect(() => found(link('/proc/self/root/srv/shadow'))).toThrow(notKept);
    expect(found(link('/dev/null'))).toEqual([]);
  });

  test('has nothing to say of an image without accounts, nor of links in a circle or lines of NIS', () => {
    expect(found([])).toEqual([]);
    expect(found([{ path: 'etc/passwd', link: 'passwd' }])).toEqual([]);
    expect(found([passwd('+::0:0:::', root)])).toEqual([]);
  });
});

describe('hygiene.sudo-nopasswd', () => {
  const found = (...layers: Layers) =>
    run(hygieneSudoNopasswd, ...layers).map(
      ({ severity, args, where }) => `${severity} ${where.path}:${args['line']} ${args['account']}`,
    );
  const sudoers = (content: string) => found([{ path: 'etc/sudoers', content }]);

  test.each([
    ['app ALL=(ALL) NOPASSWD: ALL', 'medium etc/sudoers:1 app'],
    ['# comment\n%wheel ALL=(ALL:ALL)\tNOPASSWD:ALL', 'medium etc/sudoers:2 %wheel'],
    ['#1000 ALL=NOPASSWD: ALL', 'medium etc/sudoers:1 #1000'],
    ['app ALL=(root) SETENV: NOPASSWD: /usr/bin/apt', 'low etc/sudoers:1 app'],
    ['\napp ALL = \\\n  NOPASSWD : \\\n  ALL\n', 'medium etc/sudoers:2 app'],
    ['Defaults:app !authenticate', 'medium etc/sudoers:1 Defaults:app'],
    ['Defaults env_reset, !authenticate # x', 'medium etc/sudoers:1 Defaults'],
  ])('finds %j', (content, finding) => {
    expect(sudoers(content)).toEqual([finding]);
  });

  test.each([
    '# %wheel ALL=(ALL) NOPASSWD: ALL',
    '%sudo ALL=(ALL:ALL) ALL # no NOPASSWD: here',
    'root ALL=(ALL) NOPASSWD: ALL',
    'Defaults authenticate',
    'Cmnd_Alias X = /bin/NOPASSWD',
    '#includedir /etc/sudoers.d',
    '\\',
    '',
  ])('passes %j', (content) => {
    expect(sudoers(content)).toEqual([]);
  });

  test('reads the files of the folders that sudo reads, and not those that it passes over', () => {
    const content = 'app ALL=(ALL) NOPASSWD: ALL';
    const names = ['app', 'app.bak', 'app~'].map((name) => ({ path: `etc/sudoers.d/${name}`, content }));
    expect(found([...names, { path: 'usr/etc/sudoers', content }])).toEqual([
      'medium usr/etc/sudoers:1 app',
      'medium etc/sudoers.d/app:1 app',
    ]);
    expect(found(names, [{ path: 'etc/sudoers.d/.wh.app' }])).toEqual([]);
    expect(found(names, [{ path: 'etc/.wh.sudoers.d' }])).toEqual([]);
    const away = { path: 'etc/sudoers.d', link: '/proc/self/root/srv' };
    expect(() => found([away, { path: 'srv/app', content }])).toThrow(notKept);
  });

  test('cannot find out what a file too large says, and reads one long line at once', () => {
    expect(() => sudoers(HUGE)).toThrow(notKept);
    const began = process.cpuUsage();
    expect(sudoers(`${' '.repeat(60_000)}\\${'#'.repeat(60_000)}`)).toEqual([]);
    const { user } = process.cpuUsage(began);
    expect(user / 1e6).toBeLessThan(1);
  });
});

describe('hygiene.authorized-keys', () => {
  const found = (...layers: Layers) =>
    run(hygieneAuthorizedKeys, ...layers).map(
      ({ severity, args, where }) => `${severity} ${where.path} ${args['count']}`,
    );
  const keys = (path: string) => ({
    path,
    content: '# mine\nssh-ed25519 AAAA a\n\n no-pty ssh-rsa AAAA b\n',
  });

  test('finds keys of root, below /home, in every home of /etc/passwd and of dropbear, through links', () => {
    const layer = [
      { path: 'etc/passwd', content: 'git:x:998:998::/var/lib/git:/bin/sh\nold:x:1:1::/root:/bin/sh\n' },
      keys('var/lib/git/.ssh/authorized_keys'),
      keys('home/a/.ssh/authorized_keys2'),
      { path: 'root/.ssh', link: '/srv/ssh' },
      keys('srv/ssh/authorized_keys'),
      keys('etc/dropbear/authorized_keys'),
    ];
    expect(found(layer)).toEqual([
      'high srv/ssh/authorized_keys 2',
      'high var/lib/git/.ssh/authorized_keys 2',
      'high home/a/.ssh/authorized_keys2 2',
      'high etc/dropbear/authorized_keys 2',
    ]);
  });

  test('passes an account whose home is /dev, and cannot find out about one that leads out of the image', () => {
    const home = (path: string) => [
      { path: 'etc/passwd', content: `sys:x:3:3:sys:${path}:/usr/sbin/nologin\n` },
    ];
    expect(found([...home('/dev'), { path: 'dev/' }])).toEqual([]);
    expect(() => found(home('/proc/self/root/srv'))).toThrow(notKept);
    expect(() => found(home('/dev/../proc/self/root/srv'))).toThrow(notKept);
    expect(() => found([{ path: 'home', link: '/proc/self/root/srv' }])).toThrow(notKept);
  });

  test('passes files without a key, those elsewhere, and those that are gone', () => {
    expect(found([{ path: 'root/.ssh/authorized_keys', content: '\n# none' }])).toEqual([]);
    expect(found([keys('usr/share/doc/x/.ssh/authorized_keys')])).toEqual([]);
    expect(found([keys('root/.ssh/authorized_keys')], [{ path: 'root/.wh..ssh' }])).toEqual([]);
  });
});

describe('hygiene.preload', () => {
  const found = (...layers: Layers) =>
    run(hygienePreload, ...layers).map(({ severity, message }) => `${severity} ${message}`);
  const preload = (content: string) => [{ path: 'etc/ld.so.preload', content }];

  test('finds what is loaded into every program', () => {
    expect(found(preload('# x\n/usr/local/lib/hide.so:/a.so  b.so\n'))).toEqual([
      'high /etc/ld.so.preload loads "/usr/local/lib/hide.so", "/a.so", "b.so" into every program',
    ]);
    expect(found(preload('/a.so '.repeat(7)))[0]).toContain(' and 2 more into every program');
  });

  test('passes an empty file, comments, and one that is gone; a link that leads nowhere loads nothing', () => {
    expect(found(preload(' \n# /a.so\n'))).toEqual([]);
    expect(found(preload('/a.so'), [{ path: 'etc/.wh.ld.so.preload' }])).toEqual([]);
    expect(found(preload('/a.so'), preload(''))).toEqual([]);
    expect(found([{ path: 'etc/ld.so.preload', link: '/none' }])).toEqual([]);
  });

  test('cannot find out where it is a link to something that is not kept', () => {
    expect(() =>
      found([
        { path: 'etc/ld.so.preload', link: '/srv/p' },
        { path: 'srv/p', content: 'a' },
      ]),
    ).toThrow(notKept);
  });

  test('shows no secret that is a name', () => {
    expect(JSON.stringify(run(hygienePreload, preload('/hunter2.so')))).not.toContain('hunter2');
  });
});

describe('hygiene.git-folder', () => {
  const found = (...layers: Layers) =>
    run(hygieneGitFolder, ...layers).map(({ where }) => `${where.path} ${where.visibility}`);

  test('finds each repository once, also one that a later layer deletes or that lies in the root', () => {
    const repository = ['HEAD', 'config', 'objects/ab/cdef', 'index'];
    const layer = (folder: string) => repository.map((name) => ({ path: `${folder}.git/${name}` }));
    expect(found([...layer('srv/'), ...layer('')], [{ path: 'srv/.wh..git' }])).toEqual([
      'srv/.git deleted',
      '.git visible',
    ]);
    expect(found(layer('srv/'), [{ path: 'srv/.git/HEAD' }])).toEqual(['srv/.git visible']);
    expect(found(layer('a.git/b/'))).toEqual(['a.git/b/.git visible']);
  });

  test('passes what is no repository', () => {
    const paths = [
      '.gitignore',
      '.github/config',
      'a/.git',
      'a.git/HEAD',
      'b/.git/description',
      'c/.git/hooks/x',
    ];
    expect(found(paths.map((path) => ({ path })))).toEqual([]);
  });
});

describe('hygiene.docker-socket', () => {
  test('finds places for the sockets of engines, in any layer', () => {
    const layer = [
      'var/run/docker.sock',
      'run/containerd/containerd.sock',
      'run/user/1000/podman/podman.sock',
    ];
    const found = run(
      hygieneDockerSocket,
      layer.map((path) => ({ path })),
      [{ path: 'var/run/.wh.docker.sock' }],
    );
    expect(found.map(({ where }) => `${where.path} ${where.visibility}`)).toEqual([
      'var/run/docker.sock deleted',
      'run/containerd/containerd.sock visible',
      'run/user/1000/podman/podman.sock visible',
    ]);
  });
});
