import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { provenance } from '../../../src/checks/provenance.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { parseDigest } from '../../../src/model/digest.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import type { TrustRoot } from '../../../src/model/trust-root.ts';
import type { ProvenanceDemand } from '../../../src/policy/images/demands.ts';
import { publicGood } from '../../../src/policy/signers/trust-root-file.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { attachBundle } from '../../support/cosign.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { keylessSigner, rootOf } from '../../support/private-sigstore.ts';
import { contextOf, imageOf, ruleOf } from '../samples.ts';

/** Attestations that GitHub's own action made, about files; kept beside the repository. */
const FIXTURES = '../shared/fixtures/trust/github';
const here = existsSync(FIXTURES);
if (!here) process.stderr.write(`skipped: real provenance of GitHub (${FIXTURES} is not there)\n`);

const read = (file: string) => JSON.parse(readFileSync(`${FIXTURES}/${file}`, 'utf8'));
const ACTIONS = 'https://token.actions.githubusercontent.com';

interface Real {
  readonly file: string;
  readonly root: () => TrustRoot;
  readonly identity: string;
  readonly source: string;
}

const SHARED: Real = {
  file: 'reusable-workflow-attestation.sigstore.json',
  root: publicGood,
  identity: 'https://github.com/github/artifact-attestations-workflows/.github/workflows/attest.yml@*',
  source: 'https://github.com/malancas/attest-demo',
};
const PRIVATE: Real = {
  file: 'github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl',
  root: () => rootOf(read('trusted_root_github.json'), { needsLog: false, needsCertificateLog: false }),
  identity: 'https://github.com/actions/attest-demo/.github/workflows/build-python.yml@refs/heads/main',
  source: 'https://github.com/actions/attest-demo',
};

async function rulesOf({ file, root, identity }: Real, demand: Partial<ProvenanceDemand>) {
  const bundle = read(file);
  const { subject } = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString());
  const about = {
    mediaType: MEDIA.ociManifest,
    digest: parseDigest(`sha256:${subject[0].digest.sha256}`),
    size: 1,
  };
  const source = new MemorySource();
  attachBundle(source, about, bundle, {
    label: 'https://slsa.dev/provenance/v1',
    layerType: bundle.mediaType,
  });
  const signers = keylessSigner(root(), identity, ACTIONS);
  const evidence = await collectEvidence(source, [about], signers, DEFAULT_LIMITS);
  const rule = ruleOf({ provenance: { signedBy: [...signers.values()], ...demand } });
  return provenance.run(evidence, imageOf(), contextOf({}, { rule })).map((finding) => finding.rule);
}

describe.skipIf(!here).each([SHARED, PRIVATE])('$file', (real) => {
  test('meets what is true of it', async () => {
    for (const demand of [
      { source: real.source, ref: 'refs/heads/main', runner: 'hosted', slsaLevel: 2 },
      { builder: real.identity },
      { builder: 'https://github.com/actions/runner/github-hosted' },
    ] as const)
      expect(await rulesOf(real, demand)).toEqual([]);
  });

  test.each<[string, Partial<ProvenanceDemand>]>([
    ['other-source', { source: 'https://github.com/actions/attest-dem' }],
    ['other-ref', { ref: 'refs/tags/main' }],
    ['other-ref', { tag: '*' }],
    ['other-builder', { builder: 'https://github.com/acme/ci/.github/workflows/attest.yml@*' }],
    ['other-builder', { builder: 'https://github.com/actions/runner/self-hosted' }],
    ['other-level', { slsaLevel: 3 }],
    ['other-build-type', { buildType: 'https://actions.github.io/buildtypes/workflow/v1' }],
  ])('is refused as provenance.%s by %j', async (rule, demand) => {
    expect(await rulesOf(real, demand)).toEqual([`provenance.${rule}`]);
  });

  test('counts for nothing by another workflow', async () => {
    const other = { ...real, identity: real.identity.replace('.yml', '-2.yml') };
    expect(await rulesOf(other, {})).toEqual(['provenance.missing']);
  });
});
