import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import type { Signer } from '../../src/model/trusted.ts';
import { publicGood } from '../../src/policy/signers/trust-root-file.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import { tagSignatures } from '../support/cosign.ts';
import { MemorySource } from '../support/memory-source.ts';
import { keylessSigner } from '../support/private-sigstore.ts';

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

const ACTIONS = 'https://token.actions.githubusercontent.com';
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

  test('without a key holds by its identity, offline, and not by a key', async () => {
    const source = new MemorySource();
    const manifest = loadDir(source, 'dir-img-cosign-fulcio-rekor-valid', [KEYLESS_VALID]);
    const collect = (by: ReadonlyMap<string, Signer>) =>
      collectEvidence(source, [manifest], by, DEFAULT_LIMITS);
    const keys = signersOf('cosign.pub');
    expect(await collect(keys)).toMatchObject([{ state: 'rejected', reason: 'other-key' }]);
    const GITHUB = 'https://github.com/login/oauth';
    const maintainer = keylessSigner(publicGood(), 'mitr@redhat.com', GITHUB);
    expect(await collect(new Map([...keys, ...maintainer]))).toMatchObject([
      { state: 'verified', form: 'cosign-tag', signer: 'ci', about: manifest },
    ]);
    expect(await collect(keylessSigner(publicGood(), 'mitr@redhat.co', GITHUB))).toMatchObject([
      { reason: 'other-identity', detail: expect.stringContaining('mitr@redhat.com') },
    ]);
    expect(await collect(keylessSigner(publicGood(), 'mitr@redhat.com', ACTIONS))).toMatchObject([
      { reason: 'other-identity' },
    ]);
  });

  test('without a key does not count for an image with another digest', async () => {
    const source = new MemorySource();
    const manifest = loadDir(source, 'dir-img-cosign-valid', [KEYLESS_VALID]);
    const maintainer = keylessSigner(publicGood(), 'mitr@redhat.com', 'https://github.com/login/oauth');
    expect(await collectEvidence(source, [manifest], maintainer, DEFAULT_LIMITS)).toMatchObject([
      { reason: 'other-subject' },
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
