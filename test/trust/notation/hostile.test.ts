import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDigest } from '../../../src/model/digest.ts';
import { openNotation } from '../../../src/trust/notation/find-notation.ts';
import { NotationFault } from '../../../src/trust/notation/notation-fault.ts';
import { days, NOW, stamp } from '../../support/notation/pki.ts';
import { COSE, JWS, notationSigner, STAMPED, signNotation, tsa } from '../../support/notation/sign.ts';

const about = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: parseDigest(`sha256:${'ab'.repeat(32)}`),
  size: 7,
};
const find = openNotation([notationSigner()], { now: NOW });
const findStamped = openNotation([notationSigner(STAMPED)], { now: NOW });
const FORMATS = [
  ['jws', JWS],
  ['cose', COSE],
] as const;

async function outcome(bytes: Uint8Array, type: string, by = find): Promise<unknown> {
  return by(bytes, type, about).then(
    () => 'accepted',
    (thrown: unknown) => thrown,
  );
}

test.each(FORMATS)(
  'whatever bytes there are as %s, they are rejected with a reason',
  async (_format, type) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await outcome(bytes, type)).toBeInstanceOf(NotationFault);
      }),
    );
  },
);

test.each(FORMATS)(
  'a good one as %s with one byte changed is rejected, or says the same',
  async (format, type) => {
    const good = signNotation(about, { format, expiry: days(1) });
    expect(await outcome(good, type)).toBe('accepted');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const result = await outcome(bytes, type);
        // What is not signed and says nothing may differ: who made it, and the name of a field that nobody looks for.
        if (result !== 'accepted') expect(result).toBeInstanceOf(NotationFault);
        else expect(isLoose(good, at)).toBe(true);
      }),
      { numRuns: 300 },
    );
  },
);

test.each(FORMATS)(
  'a timestamp with one byte changed in a good one as %s is rejected, or is not looked at there',
  async (format, type) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const timestamp = (signature: Buffer) => {
          const token = stamp(tsa, signature);
          const index = at % token.length;
          token[index] = (token[index] ?? 0) ^ change;
          return token;
        };
        const result = await outcome(signNotation(about, { format, timestamp }), type, findStamped);
        if (result !== 'accepted') expect(result).toMatchObject({ reason: 'bad-timestamp' });
      }),
      { numRuns: 100 },
    );
  },
);

/** Whether a byte belongs to the name of the program that signed, which is not signed. */
function isLoose(good: Buffer, at: number): boolean {
  const from = good.indexOf('io.cncf.notary.signingAgent');
  return at >= from - 3 && at <= from + 'io.cncf.notary.signingAgent":"a test"'.length + 3;
}

test('an envelope of another type is not read', async () => {
  expect(await outcome(signNotation(about), 'text/plain')).toMatchObject({ reason: 'unsupported' });
});
