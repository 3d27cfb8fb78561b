import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attachVerdict } from '../../src/attest/attach.ts';
import { statementsOf } from '../../src/attest/attest-verdict.ts';
import { signKeyless } from '../../src/attest/keyless/sign-keyless.ts';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { startRegistry } from '../../src/demo/registry-server.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { parseReference } from '../../src/model/reference.ts';
import { PREDICATE } from '../../src/model/statement.ts';
import { openSource } from '../../src/sources/open.ts';
import { type Cosign, findCosign, openCosign } from '../support/cosign-binary.ts';
import { startSigstore } from '../support/private-sigstore.ts';
import { pushBuilt } from '../support/push-built.ts';
import { passed, sampleVerdict } from '../support/sample-verdicts.ts';
import { type SigningServer, signingWith, startSigningServer } from '../support/signing-server.ts';

const ISSUER = 'https://login.acme.test';
const MAIL = 'gate@acme.test';
const WORKFLOW = 'https://forge.example/acme/app/.ci/release.yml@refs/heads/main';
const [v2, v3] = [findCosign(2), findCosign(3)];
/** cosign 2 knows no entry of Rekor v2 over a statement. */
const COSIGNS: [string, string | undefined, readonly (1 | 2)[]][] = [
  ['cosign 2', v2, [1]],
  ['cosign 3', v3, [1, 2]],
];

let registry: Awaited<ReturnType<typeof startRegistry>>;
let server: SigningServer;
beforeAll(async () => {
  registry = await startRegistry();
  server = await startSigningServer();
});
afterAll(async () => {
  await registry.close();
  await server.close();
});

let tags = 0;
/** Attests a pass of a new image in somebody's name, and attaches it. */
async function attest(subject: string, version: 1 | 2): Promise<string> {
  tags += 1;
  const layer = await buildLayer([{ path: 'app', content: `${tags}` }]);
  const built = await buildImage({ layers: [layer] });
  await pushBuilt(registry.host, 'acme/app', `t${tags}`, built);
  const text = `${registry.host}/acme/app:t${tags}`;
  const reference = parseReference(text);
  const source = openSource(
    { kind: 'registry', text, reference },
    { env: {}, limits: DEFAULT_LIMITS, now: Date.now, warn: () => {} },
  );
  const { subject: manifest } = await source.resolve();
  const images = [{ manifest, ruled: [passed('secrets')] }];
  const verdict = sampleVerdict({ name: text, subject: manifest, images, at: new Date().toISOString() });
  const signing = signingWith(server, server.token(subject, ISSUER), version);
  const { bundles } = await signKeyless(statementsOf(verdict, reference), signing);
  for (const bundle of bundles) await attachVerdict(source, bundle.about, bundle);
  await source.close();
  return `${registry.host}/acme/app@${manifest.digest}`;
}

describe.each(COSIGNS)('%s', (_name, path, versions) => {
  describe.skipIf(path === undefined)('reads what is signed without a key', () => {
    let cosign: Cosign;
    beforeAll(async () => {
      cosign = await openCosign(path ?? '');
      writeFileSync(join(cosign.folder, 'private.json'), server.root.text ?? '');
    });
    afterAll(() => cosign.close());

    const verify = (
      name: string,
      identity: string,
      { type = PREDICATE.vsa as string, issuer = ISSUER, root = 'private' } = {},
    ) =>
      cosign.run(
        ...['verify-attestation', '--new-bundle-format', '--allow-http-registry', `--type=${type}`],
        ...[`--certificate-identity=${identity}`, `--certificate-oidc-issuer=${issuer}`],
        ...[`--trusted-root=${root}.json`, name],
      );

    test.each(versions.flatMap((version) => [MAIL, WORKFLOW].map((who) => [version, who] as const)))(
      'through Rekor v%i, by %s: both statements',
      async (version, who) => {
        const name = await attest(who, version);
        for (const type of [PREDICATE.vsa, PREDICATE.verdict])
          expect(await verify(name, who, { type })).toMatchObject({ ok: true });
      },
    );

    test('and refuses another name, issuer, type or trust root', async () => {
      const name = await attest(MAIL, 1);
      const other = await startSigstore();
      writeFileSync(join(cosign.folder, 'other.json'), JSON.stringify(other.trustedRoot()));
      expect(await verify(name, MAIL)).toMatchObject({ ok: true });
      expect(await verify(name, 'other@acme.test')).toMatchObject({ ok: false });
      for (const wrong of [
        { issuer: 'https://other.test' },
        { type: 'https://acme.test/x' },
        { root: 'other' },
      ])
        expect(await verify(name, MAIL, wrong)).toMatchObject({ ok: false });
    });
  });
});
