import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CheckContext, FileCheck } from '../../../src/checks/check.ts';
import { hygieneAccounts } from '../../../src/checks/hygiene/accounts.ts';
import { hygieneAuthorizedKeys } from '../../../src/checks/hygiene/authorized-keys.ts';
import { hygieneCron } from '../../../src/checks/hygiene/cron.ts';
import { hygieneEntrypointExe } from '../../../src/checks/hygiene/entrypoint-exe.ts';
import { readAccounts } from '../../../src/checks/hygiene/parts/accounts.ts';
import { hygienePreload } from '../../../src/checks/hygiene/preload.ts';
import { hygieneRootUser } from '../../../src/checks/hygiene/root-user.ts';
import { hygieneSetuid } from '../../../src/checks/hygiene/setuid.ts';
import { hygieneSudoNopasswd } from '../../../src/checks/hygiene/sudo-nopasswd.ts';
import { hygieneSystemLinks } from '../../../src/checks/hygiene/system-links.ts';
import type { ImageConfig } from '../../../src/model/image.ts';
import { filesOf, type SampleFile } from '../files.ts';
import { contextOf, scanWith } from '../samples.ts';

type Layers = readonly (readonly SampleFile[])[];
const bytes = (text: string) => Buffer.from(text).toString('latin1');
const on = (layers: number) => ({ ...contextOf(), base: { match: { name: 'golden', layers }, unread: [] } });
const notKept = expect.objectContaining({ code: 'SCAN_INCOMPLETE' });

/** Ids and severities of what a check finds in these layers. */
function found(
  check: FileCheck,
  layers: Layers,
  config: Partial<ImageConfig> = {},
  context: CheckContext = contextOf(),
) {
  return check
    .run(scanWith([], { config, files: filesOf(...layers) }), context)
    .map(({ rule, severity }) => `${rule.slice('hygiene.'.length)} ${severity}`);
}

describe('an account', () => {
  const user = (passwd: string) =>
    found(hygieneRootUser, [[{ path: 'etc/passwd', content: bytes(passwd) }]], { user: 'app' });

  test.each(['\u00a0', '\u0085', '\u3000', '\u2028', ' \u2003\t'])(
    'that stands behind %j is the one that runtimes take, as Go trims it',
    (space) => {
      expect(user(`${space}app:x:0:0::/:\napp:x:1000:1000::/:`)).toEqual(['root-user medium']);
    },
  );

  test('behind a byte that is no space to runtimes is another one', () => {
    const content = '\xa0app:x:1000:0::/:\napp:x:0:0::/:';
    expect(found(hygieneRootUser, [[{ path: 'etc/passwd', content }]], { user: 'app' })).toEqual([
      'root-user medium',
    ]);
    expect(user('\ufeffapp:x:1000:0::/:\napp:x:0:0::/:')).toEqual(['root-user medium']);
  });

  test('has no space before its name, whatever the file holds', () => {
    const piece = fc.constantFrom(
      'app',
      ':',
      '0',
      '\n',
      '\r\n',
      ' ',
      '\u00a0',
      '\u0085',
      '\ufeff',
      '\xff',
      '\u3000',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const names = readAccounts(bytes(text)).map(({ name }) => name);
        expect(names.length).toBeLessThanOrEqual(text.split('\n').length);
        for (const name of names) expect(name).not.toMatch(/^[ \r\u0085\u00a0\u3000]/);
      }),
    );
  });

  test('has an empty password where any line of /etc/shadow says so, as libraries differ on what a line is', () => {
    const passwd = { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\n' };
    for (const first of ['\xa0root:*:', ' root:*:', 'root:*:'])
      expect(
        found(hygieneAccounts, [[passwd, { path: 'etc/shadow', content: `${first}\nroot:::::::\n` }]]),
      ).toEqual(['empty-password high']);
  });

  test('with * in /etc/passwd has its password in /etc/shadow, as BusyBox reads it', () => {
    const layer = [
      { path: 'etc/passwd', content: 'root:*:0:0::/root:/bin/sh\n' },
      { path: 'etc/shadow', content: 'root:::::::\n' },
    ];
    expect(found(hygieneAccounts, [layer])).toEqual(['empty-password high']);
  });

  test('may have a home whose name is no UTF-8', () => {
    const layer = [
      { path: 'etc/passwd', content: 'app:x:1:1::/srv/\xff:/bin/sh\n' },
      { path: 'srv/\udcff/.ssh/authorized_keys', content: 'ssh-ed25519 AAAA a\n' },
    ];
    expect(found(hygieneAuthorizedKeys, [layer])).toEqual(['authorized-keys high']);
  });
});

describe('an entrypoint', () => {
  const exe = ['entrypoint-exe critical'];
  const script = (interpreter: string) => ({ path: 'app', content: `#!${interpreter}\n`, mode: 0o755 });

  test.each([
    ['é', 'é'],
    ['\xff', '\udcff'],
  ])('may be a script whose interpreter is called %j', (name, path) => {
    const interpreter = name === 'é' ? bytes(name) : name;
    const layer = [script(`/${interpreter}`), { path, link: '/proc/self/exe' }];
    expect(found(hygieneEntrypointExe, [layer], { entrypoint: ['/app'] })).toEqual(exe);
  });

  test('is looked for in PATH by the letters of its folders, as Go does, and as the kernel walks them', () => {
    const layer = [
      { path: 'l', link: 'usr/share/x' },
      { path: 'usr/share/x/' },
      { path: 'usr/share/bin/app', mode: 0o755 },
      { path: 'bin/app', link: '/proc/self/exe' },
    ];
    expect(found(hygieneEntrypointExe, [layer], { cmd: ['app'], env: ['PATH=/l/../bin'] })).toEqual(exe);
    const swapped = [
      ...layer.slice(0, 2),
      { path: 'bin/app', mode: 0o755 },
      { path: 'usr/share/bin/app', link: '/proc/self/exe' },
    ];
    expect(found(hygieneEntrypointExe, [swapped], { cmd: ['app'], env: ['PATH=/l/../bin'] })).toEqual(exe);
  });

  test('and the working directory are looked for where a runtime has cleaned the path, too', () => {
    const layer = [
      { path: 'l', link: 'usr/share/x' },
      { path: 'usr/share/x/' },
      { path: 'usr/share/w/' },
      { path: 'w', link: '/proc/self/fd' },
    ];
    const workingDir = '/l/../w';
    expect(found(hygieneEntrypointExe, [layer], { workingDir })).toEqual(['workdir-link critical']);
    expect(found(hygieneEntrypointExe, [layer], { workingDir, cmd: ['./3'] })).toEqual([
      ...exe,
      'workdir-link critical',
    ]);
    expect(found(hygieneEntrypointExe, [layer], { workingDir: '/usr/../l/x' })).toEqual([]);
  });

  test('is not the first program of PATH where not everybody may run that', () => {
    const layer = [
      { path: 'a/app', mode: 0o700 },
      { path: 'b/app', link: '/proc/self/exe' },
    ];
    expect(found(hygieneEntrypointExe, [layer], { cmd: ['app'], env: ['PATH=/a:/b'] })).toEqual(exe);
  });
});

describe('a path through a link of its own layer', () => {
  test('is the root of /proc, /dev and /sys, too', () => {
    const layer = [
      { path: 'x', link: '/' },
      { path: 'x/proc', link: '/srv' },
    ];
    expect(found(hygieneSystemLinks, [layer])).toEqual(['system-links high']);
  });

  test('leads to the tables of cron, too', () => {
    const layer = [
      { path: 'x', link: 'etc' },
      { path: 'x/cron.d/job', content: '* * * * * root /srv/x' },
    ];
    expect(found(hygieneCron, [[{ path: 'a' }], layer], {}, on(1))).toEqual(['cron low']);
  });
});

describe('sudoers', () => {
  const sudoers = (content: string, ...others: readonly SampleFile[]) =>
    found(hygieneSudoNopasswd, [[{ path: 'etc/sudoers', content }, ...others]]);
  const everything = 'app ALL=(ALL) NOPASSWD: ALL';

  test.each([
    'app ALL=(ALL) /bin/ls,NOPASSWD:ALL',
    'root , app ALL=(ALL) NOPASSWD: ALL',
    String.raw`app ALL=(ALL) /bin/echo \#, NOPASSWD: ALL`,
    `# see the manual \\\n${everything}`,
    `app ALL=(ALL) \\\n  # why\\\n${everything}`,
    'Defaults badpass_message="no #1", !authenticate',
    'Defaults ! authenticate',
    'Defaults !!!authenticate',
    'Defaults exempt_group=app',
    'Defaults exempt_group += app',
  ])('lets somebody in by %j', (content) => {
    expect(sudoers(content)).toContain('sudo-nopasswd medium');
  });

  test.each(['Defaults !!authenticate', 'root\tALL=(ALL) NOPASSWD: ALL'])(
    'lets nobody in by %j',
    (content) => {
      expect(sudoers(content)).toEqual([]);
    },
  );

  test('may include other files: those that are kept are read, of others nobody knows', () => {
    for (const say of ['@include /srv/sudoers', '#include "/srv/sudoers"', '@include ../srv/sudoers'])
      expect(sudoers(say, { path: 'srv/sudoers', content: everything })).toEqual(['sudo-nopasswd medium']);
    expect(sudoers('@includedir /srv/sudoers.d', { path: 'srv/sudoers.d/a', content: everything })).toEqual([
      'sudo-nopasswd medium',
    ]);
    const other = { path: 'srv/more', content: everything };
    expect(() => sudoers('@include /srv/more', other)).toThrow(notKept);
    expect(() => sudoers('@includedir /srv', other)).toThrow(notKept);
    expect(() => sudoers('@include /srv/%h')).toThrow(notKept);
    expect(sudoers('@include /srv/none\n@include /etc/sudoers\n@includedir /none')).toEqual([]);
    expect(sudoers('@includedir /etc/sudoers.d', { path: 'etc/sudoers.d/a', content: everything })).toEqual([
      'sudo-nopasswd medium',
    ]);
  });
});

test('sudoers made to waste time is read at once', () => {
  for (const content of [
    `Defaults ${'! '.repeat(60_000)}`,
    `${'" \\'.repeat(30_000)}`,
    'Defaults ,'.repeat(12_000),
  ]) {
    const began = process.cpuUsage();
    expect(found(hygieneSudoNopasswd, [[{ path: 'etc/sudoers', content }]])).toEqual([]);
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(1);
  }
});

test('a library may be called by what is no separator to the loader', () => {
  for (const name of ['\r', '\x0b', '\xa0'])
    expect(found(hygienePreload, [[{ path: 'etc/ld.so.preload', content: name }]])).toEqual(['preload high']);
});

describe('a program with special rights', () => {
  const su = { path: 'bin/su', mode: 0o4755, content: 'su' };

  test('of the base is news where its content is another one', () => {
    expect(found(hygieneSetuid, [[su], [{ ...su, content: 'sh' }]], {}, on(1))).toEqual(['setuid medium']);
    expect(found(hygieneSetuid, [[su], [su]], {}, on(1))).toEqual([]);
  });
});

describe('links that lead far', () => {
  test('end in an error, and not in hours of work', () => {
    const far = `${'./'.repeat(2000)}`;
    const chain = Array.from({ length: 39 }, (_, at) => ({ path: `l${at}`, link: `${far}l${at + 1}` }));
    const homes = Array.from({ length: 2000 }, (_, at) => ({ path: `home/${at}`, link: '/l0' }));
    const began = process.cpuUsage();
    expect(() => found(hygieneAuthorizedKeys, [[...chain, ...homes]])).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(8);
  });
});
