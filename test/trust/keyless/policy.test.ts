import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../../src/demo/image-builder.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { Descriptor } from '../../../src/model/descriptor.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { parseTarget } from '../../../src/model/target.ts';
import { openSource } from '../../../src/sources/open.ts';
import { dsseBundle, makeKey, signStatementOf } from '../../support/cosign.ts';
import { IDENTITY, ISSUER, type KeylessFaults, startSigstore } from '../../support/private-sigstore.ts';
import { type Stage, setStage } from '../../support/stage.ts';

const sigstore = await startSigstore();
let stage: Stage;
let tags = 0;

beforeAll(async () => {
  stage = await setStage();
  await stage.write('root.json', JSON.stringify(sigstore.trustedRoot()));
  await stage.write('pratique.yaml', policy());
});
afterAll(() => stage.close());

function policy(identity = IDENTITY.replace('v1.2.3', 'v*')): string {
  return `version: 1
trust-roots: {acme: {file: root.json}}
signers: {ci: {issuer: "${ISSUER}", identity: "${identity}", root: acme}}
images: [{match: "**", signed-by: [ci]}]
`;
}

/** A new image, with what is put beside it; its name. */
async function push(bundleFor?: (about: Descriptor) => Promise<unknown>): Promise<string> {
  tags += 1;
  // Each its own digest: signatures are found by it.
  const layers = [await buildLayer([{ path: 'srv/number.txt', content: `${tags}` }])];
  const name = stage.push(`acme/app:${tags}`, buildImage({ layers, config: { User: '1000' } }));
  const options = { env: {}, limits: DEFAULT_LIMITS, now: Date.now, warn: () => {} };
  const source = openSource(parseTarget(name), options);
  const { subject } = await source.resolve();
  const bundle = await bundleFor?.(subject);
  if (bundle !== undefined)
    await source.attach?.(subject, {
      artifactType: MEDIA.sigstoreBundle,
      mediaType: MEDIA.sigstoreBundle,
      content: Buffer.from(JSON.stringify(bundle)),
      annotations: {},
    });
  await source.close();
  return name;
}

function signed(faults: KeylessFaults = {}) {
  return push(async (about) => (await sigstore.sign(signStatementOf(about), faults)).bundle);
}

async function check(name: string) {
  const { code, out } = await stage.pratique(['check', name, '-o', 'json']);
  return { code, out };
}

describe('a policy that demands a keyless signer', () => {
  test('admits what the signer signed, offline', async () => {
    const { code, out } = await check(await signed());
    expect(code).toBe(0);
    expect(out).toContain('signed by ci');
  });

  test.each<[string, string, () => Promise<string>]>([
    [
      'another identity signed',
      'signature.other-signer',
      () => signed({ certificate: { issuer: 'https://evil.example' } }),
    ],
    ['nobody signed', 'signature.missing', () => push()],
    [
      'somebody signed with a key',
      'signature.other-signer',
      () => push(async (about) => dsseBundle(signStatementOf(about), makeKey())),
    ],
    ['the signature does not hold', 'signature.invalid', () => signed({ promise: false })],
    [
      'the signer only attested something else',
      'signature.missing',
      () =>
        push(
          async (about) =>
            (await sigstore.sign(signStatementOf(about, { predicateType: 'https://spdx.dev/Document' })))
              .bundle,
        ),
    ],
  ])('refuses what %s: %s', async (_what, rule, make) => {
    const { code, out } = await check(await make());
    expect(code).toBe(1);
    expect(out).toContain(`"${rule}"`);
  });

  test('cannot decide where the trust root cannot be read', async () => {
    const broken = sigstore.trustedRoot();
    for (const { publicKey } of broken.tlogs) publicKey.rawBytes = 'AAAA';
    await stage.write('root.json', JSON.stringify(broken));
    const { code, out } = await check(await signed());
    expect(code).toBe(3);
    expect(out).toContain('KEY_INVALID');
    await stage.write('root.json', JSON.stringify(sigstore.trustedRoot()));
  });

  test('cannot be written so that it means everybody', async () => {
    await stage.write('everybody.yaml', policy('https://*/acme/app'));
    const { code, err } = await stage.pratique(['check', 'acme/app:1', '--policy', 'everybody.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('its scheme and host have no star');
  });
});
