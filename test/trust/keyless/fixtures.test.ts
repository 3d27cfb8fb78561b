import { existsSync, readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { parseDigest } from '../../../src/model/digest.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import type { TrustRoot } from '../../../src/model/trust-root.ts';
import { isSignature } from '../../../src/model/trusted.ts';
import { publicGood } from '../../../src/policy/signers/trust-root-file.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { openInstance } from '../../../src/trust/keyless/instance.ts';
import { verifyKeyless } from '../../../src/trust/keyless/verify-keyless.ts';
import { attachBundle } from '../../support/cosign.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { keylessSigner, rootOf } from '../../support/private-sigstore.ts';

/** Bundles that others made, of the public instance and of GitHub's own; kept beside the repository. */
const FIXTURES = '../shared/fixtures/trust';
const here = existsSync(`${FIXTURES}/sigstore-js`);
if (!here) process.stderr.write(`skipped: real Sigstore bundles (${FIXTURES} is not there)\n`);

type Json = Record<string, unknown>;

function read(file: string): Json {
  return JSON.parse(readFileSync(`${FIXTURES}/${file}`, 'utf8'));
}

function github(): TrustRoot {
  return rootOf(read('github/trusted_root_github.json'), { needsLog: false, needsCertificateLog: false });
}

const verify = (bundle: Json, root: TrustRoot) => verifyKeyless(openInstance(root), bundleFromJSON(bundle));
const ACTIONS = 'https://token.actions.githubusercontent.com';

describe.skipIf(!here)('a bundle of the public instance holds offline', () => {
  const BY_MAINTAINER = { identity: 'brian@dehamer.com', issuer: 'https://github.com/login/oauth' };
  test.each([
    'bundleV01-dsse-no-proof',
    'bundleV01-dsse-with-proof',
    'bundleV01-full-cert-chain',
    'bundleV01-intoto-no-proof',
    'bundleV01-intoto-with-proof',
    'bundleV02-dsse',
    'bundleV02-intoto',
    'bundleV03-dsse',
    'bundleV03-intoto',
  ])('%s', (name) => {
    const bundle = read(`sigstore-js/${name}.sigstore`);
    expect(verify(bundle, publicGood())).toMatchObject({ claims: BY_MAINTAINER });
    expect(verify(bundle, github())).toMatchObject({ reason: expect.stringMatching(/^bad-/) });
  });

  test.each([
    [
      'sigstore-js-2.1.0-bundle.json',
      'https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main',
    ],
    [
      'reusable-workflow-attestation.sigstore.json',
      'https://github.com/github/artifact-attestations-workflows/.github/workflows/attest.yml@09b495c3f12c7881b3cc17209a327792065c1a1d',
    ],
  ])('%s', (name, identity) => {
    expect(verify(read(`github/${name}`), publicGood())).toMatchObject({
      claims: { identity, issuer: ACTIONS },
    });
  });
});

describe.skipIf(!here)("a bundle of GitHub's own instance holds under its root, and only there", () => {
  test.each([
    [
      'github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl',
      {
        identity: 'https://github.com/actions/attest-demo/.github/workflows/build-python.yml@refs/heads/main',
        issuer: ACTIONS,
      },
    ],
    ['github-private-attestation.sigstore.json', { identity: 'https://dotcom.releases.github.com' }],
  ])('%s', (name, claims) => {
    const bundle = read(`github/${name}`);
    expect(verify(bundle, github())).toMatchObject({ claims });
    expect(verify(bundle, publicGood())).toMatchObject({ reason: 'bad-timestamp' });
    const strict = { ...github(), needsLog: true };
    expect(verify(bundle, strict)).toMatchObject({ reason: 'bad-log-entry' });
  });
});

describe.skipIf(!here)('a GitHub attestation beside what it is about', () => {
  const NAME = 'github/reusable-workflow-attestation.sigstore.json';
  const WORKFLOW = 'https://github.com/github/artifact-attestations-workflows/.github/workflows/attest.yml@*';

  async function collect(hex: string, identity = WORKFLOW) {
    const source = new MemorySource();
    const about = { mediaType: MEDIA.ociManifest, digest: parseDigest(`sha256:${hex}`), size: 1 };
    attachBundle(source, about, read(NAME), { label: 'https://slsa.dev/provenance/v1' });
    return collectEvidence(source, [about], keylessSigner(publicGood(), identity, ACTIONS), DEFAULT_LIMITS);
  }
  const OWN = '49a3aa6075e0f49f82843e74b5baa614ad2a588e6675612bf108a0a008c5ac25';

  test('is verified, with what it states, and is no signature', async () => {
    const evidence = await collect(OWN);
    expect(evidence).toMatchObject([
      { state: 'verified', signer: 'ci', statement: { predicateType: 'https://slsa.dev/provenance/v1' } },
    ]);
    expect(evidence.some(isSignature)).toBe(false);
  });

  test('counts for nothing beside something else, or by another workflow', async () => {
    expect(await collect('ab'.repeat(32))).toMatchObject([{ reason: 'other-subject' }]);
    expect(await collect(OWN, WORKFLOW.replace('attest.yml', 'other.yml'))).toMatchObject([
      { reason: 'other-identity' },
    ]);
  });
});

test.skipIf(!here)('a genuine bundle whose signature was exchanged does not hold', () => {
  const bundle = read('github/sigstoreBundle-invalid-signature.json');
  expect(verify(bundle, publicGood())).toEqual({
    reason: 'bad-log-entry',
    detail: 'tlog entry signature mismatch',
  });
});
