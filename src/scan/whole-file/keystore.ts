import { createHash } from 'node:crypto';

/** What protects the keys of a store from whoever has the file. */
export type Protection = 'password' | 'well-known password' | 'nothing';

/** Passwords that stand in manuals, and with which most stores are made. */
const WELL_KNOWN = ['changeit', 'changeme', 'password', 'secret', 'keystore', 'storepass', '123456', ''];
/** With which the Android SDK makes the key for debugging. */
const ANDROID = 'android';

const PRIVATE_KEY = 1;
const CERTIFICATE = 2;
const SECRET_KEY = 3;
/** sha1 over password, a phrase and the store */
const DIGEST_BYTES = 20;

/**
 * The first key in a Java keystore (JKS or JCEKS) and what protects it; `undefined` where it holds certificates only,
 * as a truststore does, or is none.
 * @see OpenJDK, sun.security.provider.JavaKeyStore, `engineStore`; com.sun.crypto.provider.JceKeyStore
 */
export function readJavaKeystore(
  file: Buffer,
  isWhole: boolean,
): { readonly key: Buffer; readonly protection: Protection; readonly isForDebugging: boolean } | undefined {
  try {
    const key = firstKey(file);
    if (key === undefined) return undefined;
    const password = isWhole ? [...WELL_KNOWN, ANDROID].find((word) => opens(file, word)) : undefined;
    const protection = password === undefined ? 'password' : 'well-known password';
    return { key, protection, isForDebugging: password === ANDROID };
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined; // it ends in the middle of a field
    throw thrown;
  }
}

/** @throws {RangeError} where a field goes past the end */
function firstKey(file: Buffer): Buffer | undefined {
  const version = file.readUInt32BE(4);
  const count = file.readUInt32BE(8);
  if (version < 1 || version > 2 || count > file.length) return undefined;
  let at = 12;
  for (let entry = 0; entry < count; entry++) {
    const tag = file.readUInt32BE(at);
    at += 4 + 2 + file.readUInt16BE(at + 4) + 8; // alias and date
    if (tag === SECRET_KEY) return file.subarray(at);
    if (tag === PRIVATE_KEY) return partAt(file, at + 4, file.readUInt32BE(at));
    if (tag !== CERTIFICATE) return undefined;
    if (version === 2) at += 2 + file.readUInt16BE(at);
    at += 4 + file.readUInt32BE(at);
  }
  return undefined;
}

/** @throws {RangeError} */
function partAt(file: Buffer, start: number, length: number): Buffer | undefined {
  if (start + length > file.length) throw new RangeError('past the end');
  return length < 32 ? undefined : file.subarray(start, start + length);
}

function opens(file: Buffer, password: string): boolean {
  const hash = createHash('sha1')
    .update(Buffer.from(password, 'utf16le').swap16())
    .update('Mighty Aphrodite');
  return hash.update(file.subarray(0, -DIGEST_BYTES)).digest().equals(file.subarray(-DIGEST_BYTES));
}
