import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import type { Signer } from '../../src/model/trusted.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import { KEYLESS, tagSignatures } from '../support/cosign.ts';
import { MemorySource } from '../support/memory-source.ts';

/** Signatures made by the real cosign for another project's tests; kept beside the repository. */
const FIXTURES = '../shared/fixtures/trust/containers-image';
const here = existsSync(FIXTURES);
if (!here) process.stderr.write(`skipped: real cosign signatures (${FIXTURES} is not there)\n`);

interface StoredSignature {
  readonly mimeType: string;
  readonly payload: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Reads a `dir:` image with the signatures beside it, as `containers/image` stores them. */
function loadDir(source: MemorySource, name: string, signatures: readonly string[]): Descriptor {
  const manifest = source.put(readFileSync(`${FIXTURES}/${name}/manifest.json`), MEDIA.dockerManifest);
  if (signatures.length > 0) {
    tagSignatures(
      source,
      manifest,
      signatures.map((file) => {
        const bytes = readFileSync(`${FIXTURES}/${file}`);
        const stored = JSON.parse(bytes.subarray(bytes.indexOf('{')).toString()) as StoredSignature;
        const blob = source.put(Buffer.from(stored.payload, 'base64'), stored.mimeType);
        return { ...blob, annotations: stored.annotations };
      }),
    );
  }
  return manifest;
}

const VALID = 'dir-img-cosign-valid/signature-1';
const KEYLESS_VALID = 'dir-img-cosign-fulcio-rekor-valid/signature-1';

describe.skipIf(!here)('a signature that the real cosign made', () => {
  const signersOf = (file: string): ReadonlyMap<string, Signer> =>
    new Map([
      ['vendor', { name: 'vendor', kind: 'key', publicKey: readFileSync(`${FIXTURES}/${file}`, 'utf8') }],
    ]);

  test('verifies with its key', async () => {
    const source = new MemorySource();
    const manifest = loadDir(source, 'dir-img-cosign-valid', [VALID]);
    expect(await collectEvidence(source, [manifest], signersOf('cosign.pub'), DEFAULT_LIMITS)).toMatchObject([
      { state: 'verified', signer: 'vendor', about: manifest },
    ]);
  });

  test('does not verify with another key', async () => {
    const source = new MemorySource();
    const manifest = loadDir(source, 'dir-img-cosign-valid', [VALID]);
    expect(await collectEvidence(source, [manifest], signersOf('cosign2.pub'), DEFAULT_LIMITS)).toMatchObject(
      [{ state: 'rejected', reason: 'other-key' }],
    );
  });

  test('does not count for an image with another digest', async () => {
    const source = new MemorySource();
    const manifest = loadDir(source, 'dir-img-cosign-fulcio-rekor-valid', [VALID]);
    expect(await collectEvidence(source, [manifest], signersOf('cosign.pub'), DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'other-subject' },
    ]);
  });

  test('without a key is not verified with one, and is told apart where the policy is keyless', async () => {
    const source = new MemorySource();
    const manifest = loadDir(source, 'dir-img-cosign-fulcio-rekor-valid', [KEYLESS_VALID]);
    const keys = signersOf('cosign.pub');
    expect(await collectEvidence(source, [manifest], keys, DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'other-key' },
    ]);
    const both = new Map<string, Signer>([...keys, [KEYLESS.name, KEYLESS]]);
    expect(await collectEvidence(source, [manifest], both, DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'keyless-unsupported' },
    ]);
  });

  test('counts beside one that does not', async () => {
    const source = new MemorySource();
    const manifest = loadDir(source, 'dir-img-cosign-valid', [KEYLESS_VALID, VALID]);
    expect(await collectEvidence(source, [manifest], signersOf('cosign.pub'), DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected' },
      { state: 'verified' },
    ]);
  });
});
