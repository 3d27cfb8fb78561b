const ZEROS = new Uint8Array(64 * 1024);

/** Whether all bytes are zero: the first is, and each is equal to the one before. */
export function isZeros(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0 || bytes.at(-1) !== 0) return false;
  return Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
}

/** Hands on so many zeros, in pieces. */
export function inZeros(length: number, take: (part: Uint8Array) => void): void {
  for (let left = length; left > 0; left -= ZEROS.length) take(ZEROS.subarray(0, left));
}
