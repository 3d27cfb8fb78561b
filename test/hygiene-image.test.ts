import { describe, expect, test } from 'vitest';
import { checkImage } from '../src/check-image.ts';
import type { ImageConfig, Layer } from '../src/model/image.ts';
import { parseTarget } from '../src/model/target.ts';
import type { Policy } from '../src/policy/policy.ts';
import { beginRun } from '../src/run.ts';
import { DEFAULT_POLICY } from './checks/samples.ts';
import { inPieces, makeImage, makeLayer, type TestEntry } from './scan/images.ts';
import { MemorySource } from './support/memory-source.ts';

type Layers = readonly (readonly TestEntry[])[];

/** Judges an image of these layers by the built-in policy; `baseLayers` of them are those of a known base. */
async function judge(
  layers: Layers,
  { config = {}, policy = DEFAULT_POLICY, baseLayers }: Options = {},
): Promise<{ result: string; rules: readonly string[]; unknown: readonly string[] }> {
  const made = await Promise.all(layers.map((entries) => makeLayer(entries)));
  const image = makeImage(made, { user: '10001', ...config });
  const source = Object.assign(new MemorySource(), {
    resolve: async () => ({ subject: image.manifest, images: [image], leftOut: [], embedded: [] }),
    blob: (what: Layer['blob']) =>
      inPieces(made.find(({ layer }) => layer.blob.digest === what.digest)?.blob ?? Buffer.alloc(0)),
  });
  const target = parseTarget('ghcr.io/acme/shop@sha256:'.concat('a'.repeat(64)));
  const known = baseLayers === undefined ? undefined : { name: 'golden', layers: baseLayers };
  const run = beginRun({
    ...{ target, policy, source, platforms: [], now: () => new Date() },
    ...(known && { findBase: async () => ({ match: known, unread: [] }) }),
  });
  const { result, images } = await checkImage(target, run);
  const ruled = images.flatMap((one) => one.ruled);
  const findings = ruled.flatMap((one) => one.findings);
  return {
    result,
    rules: findings.map(({ finding: { rule, severity, where }, level }) =>
      [rule.replace('hygiene.', ''), severity, level, where.layer?.from ?? '', where.path ?? '']
        .join(' ')
        .trimEnd(),
    ),
    unknown: ruled.filter(({ outcome }) => outcome.state === 'unknown').map(({ outcome }) => outcome.check),
  };
}

interface Options {
  readonly config?: Partial<ImageConfig>;
  readonly policy?: Policy;
  readonly baseLayers?: number;
}

/** Files as a distribution has them. */
const DISTRIBUTION: readonly TestEntry[] = [
  { name: 'bin', type: 'symlink', linkname: 'usr/bin' },
  { name: 'dev/' },
  { name: 'proc/' },
  { name: 'sys/' },
  { name: 'tmp/', mode: 0o1777 },
  { name: 'usr/bin/sh', content: 'sh' },
  { name: 'usr/bin/su', content: 'su', mode: 0o4755 },
  { name: 'usr/bin/app', content: '#!/bin/sh\nexec sh\n' },
  { name: 'usr/lib/python3/', mode: 0o2775 },
  { name: 'var/mail/', mode: 0o2775 },
  {
    name: 'etc/passwd',
    content:
      'root:x:0:0:root:/root:/bin/sh\nsys:x:3:3:sys:/dev:/usr/sbin/nologin\nguest:x:405:100:guest:/dev/null:/sbin/nologin\n',
  },
  { name: 'etc/shadow', content: 'root:*:20000:0:99999:7:::\nsys:*:::::::\nguest:!::0:::::\n' },
  { name: 'etc/mtab', type: 'symlink', linkname: '/proc/mounts' },
  {
    name: 'etc/sudoers',
    content: '# %wheel ALL=(ALL) NOPASSWD: ALL\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n',
  },
  { name: 'etc/sudoers.d/README', content: '# %sudo ALL=NOPASSWD: ALL\n' },
  { name: 'etc/cron.d/e2scrub_all', content: '30 3 * * 0 root true\n' },
];

describe('an image by its files', () => {
  test('as distributions have them is admitted, with a remark on its setuid programs', async () => {
    const config = { entrypoint: ['app'], workingDir: '/srv' };
    expect(await judge([DISTRIBUTION], { config })).toEqual({
      result: 'admitted',
      rules: ['usual-setuid info warn'],
      unknown: [],
    });
  });

  test('that would start the runtime, log strangers in or hide processes is refused for each', async () => {
    const bad: readonly TestEntry[] = [
      { name: 'usr/bin/app', type: 'symlink', linkname: '../../proc/self/exe' },
      { name: 'sys', type: 'symlink', linkname: '/var/sys' },
      { name: 'etc/shadow', content: 'root::::::::\n' },
      { name: 'root/.ssh/authorized_keys', content: 'ssh-ed25519 AAAA me\n' },
      { name: 'etc/ld.so.preload', content: '/usr/lib/libhide.so\n' },
    ];
    const { result, rules } = await judge([DISTRIBUTION, [{ name: '.wh.sys' }], bad], {
      config: { entrypoint: ['app'] },
    });
    expect(result).toBe('refused');
    expect(rules.filter((rule) => rule.includes(' fail'))).toEqual([
      'entrypoint-exe critical fail',
      'system-links high fail  sys',
      'empty-password high fail  etc/shadow',
      'authorized-keys high fail  root/.ssh/authorized_keys',
      'preload high fail  etc/ld.so.preload',
    ]);
  });

  test('of which a file is too large to be judged is undecided, and so is one behind a link out of it', async () => {
    const large = { name: 'etc/shadow', content: 'a:*:::::::\n'.repeat(20_000) };
    expect(await judge([DISTRIBUTION, [large]])).toMatchObject({
      result: 'undecided',
      unknown: ['hygiene.accounts'],
    });
    const away = { name: 'etc/ld.so.preload', type: 'symlink' as const, linkname: '/proc/self/root/srv/x' };
    expect(await judge([DISTRIBUTION, [away]])).toMatchObject({
      result: 'undecided',
      unknown: ['hygiene.preload'],
    });
  });

  test('whose user is root by /etc/passwd is refused where the policy forbids root, and undecided where it cannot tell', async () => {
    const policy = {
      ...DEFAULT_POLICY,
      checks: new Map([['hygiene.root-user', { level: 'fail' as const, options: {} }]]),
    };
    const options = { policy, config: { user: 'app' } };
    const passwd = (content: string) => [{ name: 'etc/passwd', content }];
    expect((await judge([passwd('app:x:0:0::/:/bin/sh\n')], options)).result).toBe('refused');
    expect((await judge([passwd('app:x:7:7::/:/bin/sh\n')], options)).result).toBe('admitted');
    expect((await judge([passwd('app:x:7:7::/:/bin/sh\n'.repeat(9000))], options)).result).toBe('undecided');
  });

  test('on a known base is told what it adds to it', async () => {
    const policy = {
      ...DEFAULT_POLICY,
      bases: [{ kind: 'chain' as const, name: 'golden', diffIds: [] }],
    };
    const own: readonly TestEntry[] = [
      { name: 'srv/helper', content: 'x', mode: 0o4755 },
      { name: 'etc/cron.d/job', content: '* * * * * root true\n' },
    ];
    const { result, rules } = await judge([DISTRIBUTION, own], { policy, baseLayers: 1 });
    expect(result).toBe('admitted');
    expect(rules).toEqual(['setuid medium warn own srv/helper', 'cron low warn own etc/cron.d/job']);
  });
});
