import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { attachBundle, signStatementOf } from '../../support/cosign.ts';
import { MemorySource, putImage } from '../../support/memory-source.ts';
import { keylessSigner } from '../../support/private-sigstore.ts';
import {
  type Attempt,
  inEntry,
  judge,
  other,
  type Parts,
  root,
  signedAs,
  sigstore,
  withSpec,
} from './attempt.ts';

describe('a hostile bundle takes less than a second of CPU', () => {
  const PROOFS = 32;
  test.each<[string, Attempt]>([
    ['with names that are regular expressions', { change: signedAs('(.*)*x') }],
    [
      'with a million digits',
      {
        change: inEntry(({ inclusionProof }) => {
          inclusionProof.treeSize = '9'.repeat(1_000_000);
        }),
      },
    ],
    [
      'with 32 timestamps that do not hold',
      {
        change: async ({ verificationMaterial: material }) => {
          const stamp = (await other.stamp(Buffer.from('x'))).toString('base64');
          material.timestampVerificationData.rfc3161Timestamps = Array.from({ length: PROOFS }, () => ({
            signedTimestamp: stamp,
          }));
        },
      },
    ],
    [
      'with 32 timestamps of 64 KB',
      {
        change: ({ verificationMaterial: material }) => {
          const stamp = Buffer.alloc(65_000, Buffer.from([0x30, 0x80])).toString('base64');
          material.timestampVerificationData.rfc3161Timestamps = Array.from({ length: PROOFS }, () => ({
            signedTimestamp: stamp,
          }));
        },
      },
    ],
    [
      'with an entry of 2 MB',
      { entry: withSpec((spec) => ({ ...spec, more: Array(100_000).fill('x'.repeat(14)) })) },
    ],
    [
      'with a checkpoint of dashes',
      {
        change: inEntry(({ inclusionProof: { checkpoint } }) => {
          checkpoint.envelope = `a\n\n${'\u2014 \u2014 '.repeat(4000)}`;
        }),
      },
    ],
    [
      'with a certificate of octet strings in octet strings',
      {
        change: ({ verificationMaterial }) => {
          verificationMaterial.certificate = { rawBytes: nested(3000).toString('base64') };
        },
      },
    ],
  ])('%s', async (_what, attempt) => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    const { change, ...faults } = attempt;
    const { bundle } = await sigstore.sign(signStatementOf(manifest), faults);
    await change?.(bundle as unknown as Parts);
    attachBundle(source, manifest, bundle);
    await judge({}); // what is loaded once is not the bundle's
    const before = process.cpuUsage();
    await collectEvidence(source, [manifest], keylessSigner(root), DEFAULT_LIMITS);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(1_000_000);
  });
});

/** The value of a JSON text; `undefined` for what is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nested(depth: number): Buffer {
  let der = Buffer.from([5, 0]);
  for (let level = 0; level < depth && der.length < 16_000; level += 1)
    der = Buffer.concat([Buffer.from([4, 0x82, der.length >> 8, der.length & 0xff]), der]);
  return der;
}

test('a bundle with any one character changed is rejected, or still by the same signer: nothing is thrown', async () => {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  const { bundle } = await sigstore.sign(signStatementOf(manifest), { timestamp: true });
  const text = JSON.stringify(bundle);
  const letters = fc.constantFrom(...'Aa0/+="-. é');
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), letters, async (at, letter) => {
      const read = parsed(`${text.slice(0, at)}${letter}${text.slice(at + 1)}`);
      fc.pre(read !== undefined);
      const changed = new MemorySource();
      attachBundle(changed, manifest, read);
      const evidence = await collectEvidence(changed, [manifest], keylessSigner(root), DEFAULT_LIMITS);
      expect(evidence).toHaveLength(1);
      for (const one of evidence) if (one.state === 'verified') expect(one).toMatchObject({ signer: 'ci' });
    }),
    { numRuns: 100 },
  );
});
