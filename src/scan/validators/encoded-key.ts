import type { Judgement } from '../rule.ts';
import { readDerKey } from '../whole-file/der-key.ts';
import { readStore } from '../whole-file/keystore-kinds.ts';

/** A private key in DER in base64, over lines or not, without the lines of PEM around it: verified, or none. */
export function checkEncodedKey(secret: string): Judgement {
  return readDerKey(bytesOf(secret), true) === undefined ? 'refuted' : 'verified';
}

/** The kind of the key: `rsa 2048`. */
export function detailsOfEncodedKey(secret: string): Readonly<Record<string, string | number>> {
  return readDerKey(bytesOf(secret), true)?.details ?? {};
}

/** A keystore in base64, or the first part of one: whether a private key is in it. */
export function checkEncodedStore(secret: string): Judgement {
  return readStore(bytesOf(secret), true) === undefined ? 'refuted' : 'verified';
}

/** What protects its keys. */
export function detailsOfEncodedStore(secret: string): Readonly<Record<string, string>> {
  const protection = readStore(bytesOf(secret), true)?.protection;
  return protection === undefined ? {} : { protection };
}

/** Line ends, real or escaped, and quotes around lines are no letters. */
function bytesOf(secret: string): Buffer {
  return Buffer.from(secret.replace(/\\{1,2}[rn]|[^A-Za-z0-9+/=]/g, ''), 'base64');
}
