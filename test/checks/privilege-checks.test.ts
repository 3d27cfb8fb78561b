import { describe, expect, test } from 'vitest';
import { hygieneCron } from '../../src/checks/hygiene/cron.ts';
import { hygieneEntrypointExe } from '../../src/checks/hygiene/entrypoint-exe.ts';
import { hygieneSetuid } from '../../src/checks/hygiene/setuid.ts';
import { hygieneSystemLinks } from '../../src/checks/hygiene/system-links.ts';
import { hygieneWritablePath } from '../../src/checks/hygiene/writable-path.ts';
import { PratiqueError } from '../../src/errors.ts';
import { parseFileCapabilities } from '../../src/model/file-capabilities.ts';
import type { ImageConfig } from '../../src/model/image.ts';
import { filesOf, type SampleFile } from './files.ts';
import { contextOf, scanWith } from './samples.ts';

const on = (layers: number) => ({ ...contextOf(), base: { match: { name: 'golden', layers }, unread: [] } });
/** The policy approves bases, and none of them is known to be the image's. */
const onNone = (...away: readonly string[]) => ({
  ...contextOf(),
  base: {
    unread: away.map((name) => ({ name, error: new PratiqueError('NETWORK', { what: 'it is away' }) })),
  },
});
const script = (path: string, interpreter: string) => ({
  path,
  content: `#!${interpreter}\n`,
  mode: 0o755,
});

describe('hygiene.entrypoint-exe', () => {
  const run = (config: Partial<ImageConfig>, ...layers: readonly (readonly SampleFile[])[]) =>
    hygieneEntrypointExe
      .run(scanWith([], { config, files: filesOf(...layers) }), contextOf())
      .map(({ rule, severity, where, args }) => `${rule} ${severity} ${where.field} ${args['target']}`);
  const found = (target: string, field = 'config.Entrypoint[0]', severity = 'critical') => [
    `hygiene.entrypoint-exe ${severity} ${field} ${target}`,
  ];

  test.each<[string, readonly SampleFile[], string]>([
    ['a link', [{ path: 'app', link: '/proc/self/exe' }], 'proc/self/exe'],
    ['a relative link', [{ path: 'app', link: '../../proc/self/exe' }], 'proc/self/exe'],
    [
      'a chain of links',
      [
        { path: 'app', link: 'srv/a' },
        { path: 'srv/a', link: '../b' },
        { path: 'b', link: 'proc/1/exe' },
      ],
      'proc/1/exe',
    ],
    [
      'a link to a folder of /proc',
      [
        { path: 'app', link: 'p/exe' },
        { path: 'p', link: '/proc/self' },
      ],
      'proc/self/exe',
    ],
    ['a link to an open file', [{ path: 'app', link: '/proc/self/fd/3' }], 'proc/self/fd/3'],
    ['a link through /dev', [{ path: 'app', link: '/dev/fd/7' }], 'dev/fd/7'],
    [
      'a link past a decoy in the image',
      [
        { path: 'proc/self/exe', link: '/bin/sh' },
        { path: 'bin/sh', mode: 0o755 },
        { path: 'app', link: '/proc/self/exe' },
      ],
      'proc/self/exe',
    ],
    ['a script', [script('app', '/proc/self/exe')], 'proc/self/exe'],
    ['a script with arguments', [script('app', ' \t/proc/self/exe -x')], 'proc/self/exe'],
    [
      'a script that only a hardlink makes executable',
      [
        { ...script('x', '/proc/self/exe'), mode: 0o644 },
        { path: 'app', type: 'hardlink', link: 'x', mode: 0o755 },
      ],
      'proc/self/exe',
    ],
    [
      'a large script under a name that is kept',
      [
        { path: 'app', link: 'x/passwd' },
        { path: 'x/passwd', content: `#!/proc/self/exe\n${'#'.repeat(200_000)}`, mode: 0o755 },
      ],
      'proc/self/exe',
    ],
    [
      'a script that a script interprets',
      [script('app', '/bin/one'), script('bin/one', '/bin/two'), { path: 'bin/two', link: '/proc/self/exe' }],
      'proc/self/exe',
    ],
  ])('finds the runtime behind %s', (_what, layer, target) => {
    expect(run({ entrypoint: ['/app'] }, layer)).toEqual(found(target));
  });

  test('finds it by the command, the health check, a relative path and the search path', () => {
    const link = [{ path: 'usr/bin/app', link: '/proc/self/exe' }];
    expect(run({ cmd: ['app'] }, link)).toEqual(found('proc/self/exe', 'config.Cmd[0]'));
    expect(run({ healthcheck: ['CMD', 'app'] }, link)).toEqual(
      found('proc/self/exe', 'config.Healthcheck[1]'),
    );
    expect(run({ entrypoint: ['../bin/app'], workingDir: '/usr/lib' }, link)).toEqual(found('proc/self/exe'));
    expect(run({ entrypoint: ['../../../../proc/self/exe'], workingDir: '/srv' }, link)).toEqual(
      found('proc/self/exe'),
    );
    expect(run({ entrypoint: ['exe'], env: ['PATH=/usr/bin:/proc/self'] }, link)).toEqual(
      found('proc/self/exe'),
    );
  });

  test('looks at the file that a container sees', () => {
    const bad = [{ path: 'app', link: '/proc/self/exe' }];
    const good = [script('app', '/bin/sh')];
    expect(run({ entrypoint: ['/app'] }, bad, good)).toEqual([]);
    expect(run({ entrypoint: ['/app'] }, good, bad)).toEqual(found('proc/self/exe'));
    expect(run({ entrypoint: ['/app'] }, bad, [{ path: '.wh.app' }])).toEqual([]);
  });

  test('passes ordinary programs, also in an odd search path, and ends in circles of links and scripts', () => {
    const layer = [
      { path: 'bin/sh', mode: 0o755 },
      script('app', '/usr/bin/env node'),
      { path: 'a', link: 'b' },
      { path: 'b', link: 'a' },
      script('again', '/again'),
      { path: 'srv/passwd', content: `\x7fELF${'x'.repeat(200_000)}`, mode: 0o755 },
    ];
    for (const entrypoint of [
      ['/app'],
      ['/srv/passwd'],
      ['sh', '-c', '/proc/self/exe'],
      ['/a'],
      ['/again'],
      ['/none'],
      [],
    ])
      expect(run({ entrypoint, env: ['PATH=/proc/self/fd:/dev/x::/bin'] }, layer)).toEqual([]);
    expect(run({ entrypoint: ['/app'], os: 'windows' }, [{ path: 'app', link: '/proc/self/exe' }])).toEqual(
      [],
    );
  });

  test('says nothing again of what stands in the configuration without a link', () => {
    expect(run({ entrypoint: ['/proc/self/exe'], workingDir: '/proc/self/fd/8' }, [])).toEqual([]);
  });

  test('finds a working folder that a link leads to an open file of the runtime', () => {
    const link = [{ path: 'work', link: '/proc/self/fd' }];
    const rule = 'hygiene.workdir-link';
    expect(run({ workingDir: '/work/8' }, link)).toEqual([
      `${rule} critical config.WorkingDir proc/self/fd/8`,
    ]);
    expect(run({ workingDir: '/work' }, [{ path: 'work', link: 'sys/kernel' }])).toEqual([
      `${rule} high config.WorkingDir sys/kernel`,
    ]);
    expect(run({ workingDir: '/work/8' }, [{ path: 'work/' }])).toEqual([]);
  });

  test('cannot find out what interprets a script that is one of too many kinds', () => {
    const many = Array.from({ length: 1001 }, (_, at) => script(`s${at}`, `/i/${at}`));
    expect(run({ entrypoint: ['/s1'] }, many)).toEqual([]);
    expect(() => run({ entrypoint: ['/s1000'] }, many)).toThrow(
      expect.objectContaining({ code: 'SCAN_INCOMPLETE' }),
    );
  });
});

describe('hygiene.system-links', () => {
  const run = (...layers: readonly (readonly SampleFile[])[]) =>
    hygieneSystemLinks
      .run(scanWith([], { files: filesOf(...layers) }), contextOf())
      .map(({ severity, where }) => `${where.path} ${severity} ${where.visibility}`);

  test('finds links, files and devices in place of the folders that runtimes mount over', () => {
    expect(
      run([
        { path: 'dev', link: '/srv' },
        { path: 'proc', content: 'x' },
        { path: 'sys', type: 'fifo' },
      ]),
    ).toEqual(['dev high visible', 'proc high visible', 'sys high visible']);
  });

  test('tells what a later layer covers as less grave, last', () => {
    expect(run([{ path: 'proc', link: '/a' }], [{ path: 'proc/' }, { path: 'dev', link: '/b' }])).toEqual([
      'dev high visible',
      'proc low replaced',
    ]);
  });

  test('passes folders, none at all, whiteouts, and links deeper down', () => {
    const ordinary = [
      { path: 'dev/' },
      { path: 'dev/fd', link: '/proc/self/fd' },
      { path: 'srv/proc', link: '/' },
    ];
    expect(run(ordinary, [{ path: '.wh.dev' }])).toEqual([]);
  });
});

describe('hygiene.setuid', () => {
  const run = (context: ReturnType<typeof contextOf>, ...layers: readonly (readonly SampleFile[])[]) =>
    hygieneSetuid
      .run(scanWith([], { files: filesOf(...layers) }), context)
      .map(({ rule, severity, where, args }) =>
        where.path === undefined
          ? `${rule} ${severity} ${args['count']}`
          : `${severity} ${where.path} ${args['rights'] ?? ''}`,
      );
  const su = { path: 'bin/su', mode: 0o4755 };
  const chage = { path: 'usr/bin/odd', mode: 0o2755, package: 'passwd' };
  const own = { path: 'srv/helper', mode: 0o6755, uid: 7 };

  test('tells the usual ones together as a remark where no base is known', () => {
    expect(run(contextOf(), [su, chage, own])).toEqual([
      'low srv/helper the rights of user 7,the rights of group 0',
      'hygiene.usual-setuid info 2',
    ]);
  });

  test('makes light of none because no approved base is known to be its own', () => {
    for (const context of [onNone(), onNone('away')])
      expect(run(context, [su, chage, own])).toEqual([
        'medium srv/helper the rights of user 7,the rights of group 0',
        'hygiene.usual-setuid info 2',
      ]);
  });

  test('takes none for usual by its name alone', () => {
    expect(run(contextOf(), [{ path: 'tmp/su', mode: 0o4755 }])).toEqual(['low tmp/su the rights of user 0']);
    expect(run(contextOf(), [{ path: 'usr/bin/such', mode: 0o4755 }])).toEqual([
      'low usr/bin/such the rights of user 0',
    ]);
  });

  test('tells those that the base does not have, and no others, where it is known', () => {
    expect(run(on(1), [su, chage], [own])).toEqual([
      'medium srv/helper the rights of user 7,the rights of group 0',
    ]);
    expect(run(on(1), [su], [su])).toEqual([]);
    expect(run(on(1), [{ ...su, mode: 0o755 }], [su])).toEqual(['medium bin/su the rights of user 0']);
  });

  test('takes a shell that gives the rights of root for grave, also where a package vouches for its content', () => {
    const shell = { path: 'tmp/.x/bash', mode: 0o4755 };
    expect(run(contextOf(), [shell])).toEqual(['high tmp/.x/bash the rights of user 0']);
    const packaged = { path: 'usr/bin/bash', mode: 0o4755, package: 'bash' };
    expect(run(contextOf(), [packaged])).toEqual(['high usr/bin/bash the rights of user 0']);
    expect(run(on(1), [shell])).toEqual([]);
  });

  test('reads capabilities', () => {
    const value = Buffer.alloc(20);
    value.writeUInt32LE(0x0200_0001, 0);
    value.writeUInt32LE(1 << 13, 4);
    value.writeUInt32LE(1 << 7, 12);
    const capabilities = parseFileCapabilities(value);
    expect(run(contextOf(), [{ path: 'srv/a', mode: 0o755, capabilities }])).toEqual([
      'low srv/a cap_net_raw,cap_bpf',
    ]);
    const setuid = { path: 'usr/bin/python3.11', mode: 0o755, capabilities: 1 << 7 };
    expect(run(contextOf(), [setuid])).toEqual(['high usr/bin/python3.11 cap_setuid']);
  });

  test('passes what gives no rights, and what a container does not see', () => {
    const harmless = [
      { path: 'a', mode: 0o4644 },
      { path: 'b/', mode: 0o6777 },
      { path: 'c', link: 'a', mode: 0o6777 },
    ];
    expect(run(contextOf(), harmless)).toEqual([]);
    expect(run(contextOf(), [own], [{ path: 'srv/.wh.helper' }])).toEqual([]);
    expect(run(contextOf(), [own], [{ ...own, mode: 0o755 }])).toEqual([]);
  });

  test('tells a program once that has many names, and gives it the rights of its last', () => {
    const first = { path: 'srv/helper', mode: 0o755 };
    const link = { path: 'srv/again', type: 'hardlink' as const, link: 'srv/helper', mode: 0o4755 };
    expect(run(contextOf(), [first, link, { ...link, path: 'srv/third' }])).toEqual([
      'low srv/helper the rights of user 0',
    ]);
  });

  test('counts what is beyond twenty in one finding that an exception for a file does not cover', () => {
    const many = Array.from({ length: 200 }, (_, at) => ({ path: `srv/h${at}`, mode: 0o4755 }));
    const findings = hygieneSetuid.run(scanWith([], { files: filesOf(many) }), contextOf());
    expect(findings).toHaveLength(21);
    expect(findings.at(-1)).toMatchObject({ args: { count: 180 }, where: {} });
    expect(findings.at(-1)?.where.path).toBeUndefined();
    expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(21);
    const more = hygieneSetuid.run(
      scanWith([], { files: filesOf([...many, { path: 'srv/x', mode: 0o4755 }]) }),
      contextOf(),
    );
    expect(more.at(-1)?.fingerprint).not.toBe(findings.at(-1)?.fingerprint);
  });

  test('shows no secret that is a name', () => {
    const text = JSON.stringify(
      hygieneSetuid.run(scanWith([], { files: filesOf([{ path: 'hunter2', mode: 0o4755 }]) }), contextOf()),
    );
    expect(text).toContain('[secret]');
    expect(text).not.toContain('hunter2');
  });
});

describe('hygiene.writable-path', () => {
  const run = (env: readonly string[], layer: readonly SampleFile[], workingDir = '') =>
    hygieneWritablePath
      .run(scanWith([], { config: { env, workingDir }, files: filesOf(layer) }), contextOf())
      .map(
        ({ rule, severity, message }) => `${rule.slice('hygiene.writable-'.length)} ${severity}: ${message}`,
      );
  const usr = { path: 'usr/bin/' };
  const tmp = { path: 'tmp/', mode: 0o1777 };

  test('finds folders on PATH that everybody may write to, through links, the open ones first', () => {
    const layer = [
      usr,
      tmp,
      { path: 'go/bin/', mode: 0o1777 },
      { path: 'opt/', mode: 0o777 },
      { path: 'o', link: 'opt' },
    ];
    expect(run(['PATH=/go/bin:/usr/bin:/o'], layer)).toEqual([
      'path medium: "/o" on PATH can be written to by everybody',
      'path low: "/go/bin" on PATH can be written to by everybody',
    ]);
  });

  test('finds folders on PATH that a runtime mounts', () => {
    expect(run(['PATH=/dev/shm/bin'], [usr])).toEqual([
      'path medium: "/dev/shm/bin" on PATH is what a runtime mounts there',
    ]);
  });

  test('finds folders on PATH that everybody may make', () => {
    expect(run(['PATH=/usr/bin:/tmp/x/bin:/opt/none'], [usr, tmp])).toEqual([
      'path low: "/tmp/x/bin" on PATH can be made by everybody',
    ]);
  });

  test('finds what hangs on the working directory, and knows the last PATH and the default one', () => {
    expect(run(['PATH=/tmp', 'PATH=/usr/bin:bin:'], [usr, tmp], '/srv')).toEqual([
      'path low: "bin" on PATH hangs on the working directory',
      'path low: "" on PATH hangs on the working directory',
    ]);
    expect(run([], [{ path: 'usr/local/bin/', mode: 0o777 }])).toEqual([
      'path medium: "/usr/local/bin" on PATH can be written to by everybody',
    ]);
  });

  test('tells other open folders together', () => {
    const open = ['b', 'a', 'c'].map((name) => ({ path: `srv/${name}/`, mode: 0o777 }));
    expect(run([], [usr, tmp, ...open])).toEqual([
      'folder low: everybody may write to 3 folders and delete what others have there: "srv/a", …',
    ]);
  });

  test('passes ordinary images, and links in a circle', () => {
    const layer = [usr, tmp, { path: 'bin', link: 'usr/bin' }, { path: 'x', link: 'x' }];
    expect(run(['PATH=/usr/bin:/bin:/x:/none'], layer)).toEqual([]);
  });
});

describe('hygiene.cron', () => {
  const run = (context: ReturnType<typeof contextOf>, ...layers: readonly (readonly SampleFile[])[]) =>
    hygieneCron
      .run(scanWith([], { files: filesOf(...layers) }), context)
      .map(({ severity, where, package: owner }) => `${severity} ${where.path} ${owner?.name ?? ''}`);
  const job = { path: 'etc/cron.d/job' };

  test('tells what the image adds to its base, and what a package brings as a remark', () => {
    const added = [
      { path: 'etc/cron.daily/apt', package: 'apt' },
      { path: 'var/spool/cron/crontabs/root' },
      { path: 'etc/systemd/system/x.service', link: '/srv/x.service' },
      { path: 'usr/lib/systemd/system/y.timer' },
      { path: 'etc/crontab' },
      { path: 'usr/lib/systemd/system-generators/z' },
      { path: 'srv/cron.d/job' },
    ];
    expect(run(on(1), [job], added)).toEqual([
      'low var/spool/cron/crontabs/root ',
      'low etc/systemd/system/x.service ',
      'low usr/lib/systemd/system/y.timer ',
      'low etc/crontab ',
      'info etc/cron.daily/apt apt',
    ]);
  });

  test('tells all where the image stands on no approved base, and cannot find out where one could not be read', () => {
    expect(run(onNone(), [job])).toEqual(['low etc/cron.d/job ']);
    expect(() => run(onNone('away'), [job])).toThrow(expect.objectContaining({ code: 'NETWORK' }));
  });

  test('says nothing where the policy names no bases, nor of what is gone', () => {
    expect(run(contextOf(), [job])).toEqual([]);
    expect(run(on(1), [], [job], [{ path: 'etc/cron.d/.wh.job' }])).toEqual([]);
  });
});
