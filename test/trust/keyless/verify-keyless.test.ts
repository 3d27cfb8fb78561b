import { bundleFromJSON } from '@sigstore/bundle';
import { describe, expect, test } from 'vitest';
import { openInstance } from '../../../src/trust/keyless/instance.ts';
import { toBundle, toEnvelope } from '../../../src/trust/keyless/legacy-bundle.ts';
import { verifyKeyless } from '../../../src/trust/keyless/verify-keyless.ts';
import { dsseBundle, makeKey } from '../../support/cosign.ts';
import { IDENTITY, ISSUER } from '../../support/private-sigstore.ts';
import { ANY_TIME, type Parts, root, sigstore } from './attempt.ts';

const instance = openInstance(root);

/** What cosign v2 stores has one entry at most: these come from no reader of ours, and must not hold all the same. */
describe('an attestation as it was stored', () => {
  async function stored() {
    const { envelope, annotations } = await sigstore.attest({});
    return { envelope, bundle: toBundle(toEnvelope(envelope), new Map(Object.entries(annotations))) };
  }

  test('holds with its entry', async () => {
    const { envelope, bundle } = await stored();
    expect(verifyKeyless(instance, bundle, { envelope })).toMatchObject({
      claims: { identity: IDENTITY, issuer: ISSUER },
    });
  });

  test('does not with another entry beside it, which nobody would have looked at', async () => {
    const { envelope, bundle } = await stored();
    const [entry] = bundle.verificationMaterial.tlogEntries;
    if (entry === undefined) throw new Error('there is no entry');
    const another = { ...entry, logId: { keyId: Buffer.alloc(32, 1) } };
    bundle.verificationMaterial.tlogEntries.push(another);
    expect(verifyKeyless(instance, bundle, { envelope })).toEqual({
      reason: 'bad-log-entry',
      detail: 'it has more than one entry',
    });
  });
});

test('a bundle by a key is no keyless one', () => {
  expect(verifyKeyless(instance, bundleFromJSON(dsseBundle({}, makeKey())))).toMatchObject({
    reason: 'bad-certificate',
  });
});

test('a time of entry that nobody signed is not looked at: neither is the log in service by it, nor is it when it was signed', async () => {
  const { bundle } = await sigstore.sign({}, ANY_TIME);
  const parts = bundle as unknown as Parts;
  for (const entry of parts.verificationMaterial.tlogEntries) entry['integratedTime'] = '1';
  const proof = verifyKeyless(instance, bundleFromJSON(bundle));
  expect(proof).toMatchObject({ claims: { identity: IDENTITY } });
  expect('signedAt' in proof && proof.signedAt.getUTCFullYear()).toBeGreaterThan(2020);
});
