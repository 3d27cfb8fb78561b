import type { KeyInFile } from '../rule.ts';

const LEAST_KEY_BYTES = 8;

/**
 * The keys in a Kerberos keytab: every entry must be in its place, up to the end of the file or a length of zero.
 * @see MIT Kerberos, "The keytab file format", version 0x0502
 */
export function readKeytab(file: Buffer, isWhole: boolean): KeyInFile | undefined {
  if (!isWhole) return undefined;
  const keys: Buffer[] = [];
  try {
    for (let at = 2; at < file.length; ) {
      const length = file.readInt32BE(at);
      const end = at + 4 + Math.abs(length); // below zero: a gap where an entry was
      if (length === 0) break; // the end: what follows is left over from before
      if (end > file.length) return undefined;
      if (length > 0) keys.push(keyOf(file.subarray(at + 4, end)));
      at = end;
    }
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
  return keys.length === 0
    ? undefined
    : { secret: Buffer.concat(keys), isVerified: true, details: { keys: keys.length } };
}

/** @throws {RangeError} where the entry is none */
function keyOf(entry: Buffer): Buffer {
  const components = entry.readUInt16BE(0);
  let at = 2;
  for (let part = 0; part <= components; part++) at += 2 + entry.readUInt16BE(at); // the realm, then the components
  at += 4 + 4 + 1 + 2; // type of the name, time, version, type of the key
  const length = entry.readUInt16BE(at);
  const key = entry.subarray(at + 2, at + 2 + length);
  if (key.length !== length || length < LEAST_KEY_BYTES || new Set(key).size < 4)
    throw new RangeError('no key');
  return key;
}
