import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { startRegistry } from '../../src/demo/registry-server.ts';
import { PREDICATE } from '../../src/model/statement.ts';
import { makeKey } from '../support/cosign.ts';
import { type Cosign, findCosign, openCosign } from '../support/cosign-binary.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';
import { missingPrograms } from '../support/programs.ts';
import { pushBuilt } from '../support/push-built.ts';
import { missingAt, rawManifest } from '../support/real-registry.ts';
import { cleanIndex } from '../support/stage.ts';
import { findZot, startZot } from '../support/zot.ts';

interface Host {
  readonly host: string;
  close(): Promise<void>;
}

const [v2, v3] = [findCosign(2), findCosign(3)];
const zot = findZot();
const noDocker = missingPrograms('docker-registry').length > 0;
if (noDocker) process.stderr.write('skipped: docker-registry is not installed\n');

const docker = async (): Promise<Host> => {
  const { host, stop } = await startDockerRegistry();
  return { host, close: stop };
};
const zotted = () => startZot(zot ?? '');
const PAIRS: readonly (readonly [string, () => Promise<Host>, () => Promise<Host>])[] = [
  [
    'from a registry of our own to one without the referrers API',
    startRegistry,
    () => startRegistry({ referrers: false }),
  ],
  ...(noDocker ? [] : [['from docker-registry to docker-registry', docker, docker] as const]),
  ...(noDocker || zot === undefined
    ? []
    : [
        ['from docker-registry to zot', docker, zotted] as const,
        ['from zot to docker-registry', zotted, docker] as const,
      ]),
];
const LOCAL = ['--allow-http-registry'];
const SIGN_V2 = ['sign', '--yes', '--tlog-upload=false', ...LOCAL];
const SIGN_V3 = ['--yes', '--signing-config=signing.json', '--trusted-root=root.json', ...LOCAL];
const VERIFY_V3 = ['--insecure-ignore-tlog', '--trusted-root=root.json', ...LOCAL];

describe.each(PAIRS)('promotion %s', (_what, startFrom, startTo) => {
  const gate = makeKey();
  let folder: string;
  let from: Host;
  let to: Host;
  const cosigns: { v2?: Cosign; v3?: Cosign } = {};
  beforeAll(async () => {
    [from, to] = [await startFrom(), await startTo()];
    if (v2) cosigns.v2 = await openCosign(v2);
    if (v3) cosigns.v3 = await openCosign(v3);
    folder = mkdtempSync(join(tmpdir(), 'pratique-promote-'));
    writeFileSync(join(folder, '.git'), '');
    writeFileSync(join(folder, 'gate.key'), gate.privatePem);
  });
  afterAll(async () => {
    cosigns.v2?.close();
    cosigns.v3?.close();
    await from?.close();
    await to?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Promotes a new index that `sign` was let at; returns where it is now. */
  async function promote(
    repository: string,
    publicPem: string,
    sign: (name: string) => Promise<unknown>,
    more: readonly string[] = [],
  ) {
    const index = await cleanIndex();
    const { digest } = index.root.descriptor;
    await pushBuilt(from.host, repository, '1', index);
    await sign(`${from.host}/${repository}@${digest}`);
    writeFileSync(join(folder, 'vendor.pub'), publicPem);
    const policy = `version: 1
signers:
  vendor: { key: vendor.pub }
images:
  - match: "${from.host}/**"
    signed-by: [vendor]
`;
    writeFileSync(join(folder, 'pratique.yaml'), policy);
    const words = ['promote', `${from.host}/${repository}:1`, `${to.host}/${repository}`, ...more];
    const terminal = fakeTerminal(words, { cwd: folder });
    const code = await run(terminal);
    expect([code, terminal.text().err]).toEqual([0, expect.not.stringContaining('✖')]);
    expect(await missingAt(to.host, repository, digest)).toEqual([]);
    const raw = await rawManifest(to.host, repository, '1');
    expect(raw).toEqual(Buffer.from(index.root.bytes));
    return `${to.host}/${repository}@${digest}`;
  }

  test.skipIf(!v3)('cosign 3 verifies the copy, an attestation of the vendor and ours', async () => {
    const cosign = cosigns.v3;
    if (cosign === undefined) throw new Error('cosign was not started');
    const type = 'https://acme.test/review/v1';
    writeFileSync(join(cosign.folder, 'predicate.json'), '{"by":"two people"}');
    writeFileSync(join(cosign.folder, 'gate.pub'), gate.publicPem);
    const name = await promote(
      'acme/v3',
      cosign.publicPem,
      async (source) => {
        expect(await cosign.run('sign', ...SIGN_V3, '--key=cosign.key', source)).toMatchObject({ ok: true });
        const attest = [
          'attest',
          ...SIGN_V3,
          '--key=cosign.key',
          '--predicate=predicate.json',
          `--type=${type}`,
        ];
        expect(await cosign.run(...attest, source)).toMatchObject({ ok: true });
      },
      ['--key', 'gate.key'],
    );
    expect(await cosign.run('verify', ...VERIFY_V3, '--key=cosign.pub', name)).toMatchObject({ ok: true });
    const attested = ['verify-attestation', ...VERIFY_V3, '--key=cosign.pub', `--type=${type}`, name];
    expect(await cosign.run(...attested)).toMatchObject({ ok: true });
    const ours = ['verify-attestation', ...VERIFY_V3, '--key=gate.pub', `--type=${PREDICATE.vsa}`, name];
    expect(await cosign.run(...ours)).toMatchObject({ ok: true });
  });

  // Without our attestation: cosign 2 looks at bundles alone as soon as there is one of anybody.
  test.skipIf(!v2)('cosign 2 verifies the signature under its tag', async () => {
    const cosign = cosigns.v2;
    if (cosign === undefined) throw new Error('cosign was not started');
    const name = await promote('acme/v2', cosign.publicPem, async (source) => {
      expect(await cosign.run(...SIGN_V2, '--key=cosign.key', source)).toMatchObject({ ok: true });
    });
    const verify = ['verify', '--insecure-ignore-tlog', '--key=cosign.pub', ...LOCAL, name];
    expect(await cosign.run(...verify)).toMatchObject({ ok: true });
  });
});
