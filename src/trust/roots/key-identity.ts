import { createPublicKey } from 'node:crypto';

const PEM = /^-----BEGIN /;
const POINTS_WITH_Y: ReadonlySet<number | undefined> = new Set([4, 6, 7]);
const POINTS_WITHOUT_Y: ReadonlySet<number | undefined> = new Set([2, 3]);

/**
 * What is the same for all spellings of one public key: PEM with and without a line's end, hex in both cases, a point of a curve
 * whole or compressed. Of a point it is the first coordinate, which a key shares with none but its negative.
 * @param text `keyval.public` of TUF metadata: PEM, or hex of a point (ECDSA) or of a key (Ed25519)
 * @see TUF specification 1.0, section 4.2; SEC 1, section 2.3.3, for the forms of a point
 */
export function identifyKey(text: string): string {
  if (!PEM.test(text)) return identifyPoint(Buffer.from(text, 'hex'));
  try {
    const { x, n } = createPublicKey(text).export({ format: 'jwk' });
    return Buffer.from(x ?? n ?? text, 'base64url').toString('hex');
  } catch {
    return text; // what cannot be opened signs nothing
  }
}

function identifyPoint(bytes: Buffer): string {
  const isOdd = bytes.length % 2 === 1;
  const [form] = bytes;
  if (isOdd && POINTS_WITH_Y.has(form)) return bytes.subarray(1, (bytes.length + 1) / 2).toString('hex');
  if (isOdd && POINTS_WITHOUT_Y.has(form)) return bytes.subarray(1).toString('hex');
  return bytes.toString('hex');
}
