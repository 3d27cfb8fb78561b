const VALUES = new Uint8Array(256);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
for (const [value, byte] of Buffer.from(`${ALPHABET}+/`).entries()) VALUES[byte] = value;
for (const [value, byte] of Buffer.from(`${ALPHABET}-_`).entries()) VALUES[byte] = value;

/**
 * Decodes the letters of either alphabet between two places; nothing else may be among them.
 * @param into room for three bytes for every four letters, from `place` on
 * @returns the place behind the last byte that was made
 * @see RFC 4648, sections 4 and 5
 */
export function decodeBase64(
  letters: Uint8Array,
  from: number,
  to: number,
  into: Uint8Array,
  place: number,
): number {
  const left = (to - from) % 4;
  const whole = to - left;
  let out = place;
  for (let at = from; at < whole; at += 4) {
    const bits =
      (value(letters, at) << 18) |
      (value(letters, at + 1) << 12) |
      (value(letters, at + 2) << 6) |
      value(letters, at + 3);
    into[out++] = bits >>> 16;
    into[out++] = bits >>> 8;
    into[out++] = bits;
  }
  if (left < 2) return out;
  const bits = (value(letters, whole) << 12) | (value(letters, whole + 1) << 6);
  into[out++] = bits >>> 10;
  if (left === 3) into[out++] = (bits | value(letters, whole + 2)) >>> 2;
  return out;
}

function value(letters: Uint8Array, at: number): number {
  return VALUES[letters[at] as number] as number;
}
