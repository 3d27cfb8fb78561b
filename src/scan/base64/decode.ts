const VALUES = new Uint8Array(256);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
for (const [value, byte] of Buffer.from(`${ALPHABET}+/`).entries()) VALUES[byte] = value;
for (const [value, byte] of Buffer.from(`${ALPHABET}-_`).entries()) VALUES[byte] = value;

/**
 * Decodes letters of either alphabet; nothing else may be among them.
 * @param into room for three bytes for every four letters
 * @returns how many bytes that made
 * @see RFC 4648, sections 4 and 5
 */
export function decodeBase64(letters: Uint8Array, into: Uint8Array): number {
  const whole = letters.length - (letters.length % 4);
  let out = 0;
  for (let at = 0; at < whole; at += 4) {
    const bits =
      (value(letters, at) << 18) |
      (value(letters, at + 1) << 12) |
      (value(letters, at + 2) << 6) |
      value(letters, at + 3);
    into[out++] = bits >>> 16;
    into[out++] = bits >>> 8;
    into[out++] = bits;
  }
  const left = letters.length - whole;
  if (left < 2) return out;
  const bits = (value(letters, whole) << 12) | (value(letters, whole + 1) << 6);
  into[out++] = bits >>> 10;
  if (left === 3) into[out++] = (bits | value(letters, whole + 2)) >>> 2;
  return out;
}

function value(letters: Uint8Array, at: number): number {
  return VALUES[letters[at] as number] as number;
}
