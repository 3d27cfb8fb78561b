import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { DER, readDer, readDerParts } from './der.ts';
import type { Protection } from './keystore.ts';

/** Object identifiers of what a store may hold. @see RFC 7292, section 4.2 */
const KEY_BAG = Buffer.from('060b2a864886f70d010c0a0101', 'hex');
const SHROUDED_KEY_BAG = Buffer.from('060b2a864886f70d010c0a0102', 'hex');

/** Passwords that are tried: those in manuals. */
const WELL_KNOWN = ['', 'changeit', 'changeme', 'password'];
/** Rounds up to which they are tried: keytool's number. Each takes a microsecond, for each of the passwords. */
const MOST_ROUNDS = 10_000;
const HASHES: ReadonlyMap<string, 'sha1' | 'sha256'> = new Map([
  ['2b0e03021a', 'sha1'],
  ['608648016503040201', 'sha256'],
]);
/** Bytes of a block of either hash. */
const BLOCK = 64;

/**
 * The key in a PKCS #12 file and what protects it; `undefined` where none is to be seen. What kind of thing a bag holds
 * stands in clear for keys; certificates are often encrypted as a whole.
 * @see RFC 7292, section 4
 */
export function readPkcs12(
  file: Buffer,
): { readonly key: Buffer; readonly protection: Protection } | undefined {
  const open = file.indexOf(KEY_BAG);
  if (open >= 0) return { key: file.subarray(open), protection: 'nothing' };
  const shrouded = file.indexOf(SHROUDED_KEY_BAG);
  if (shrouded < 0) return undefined;
  const protection = hasWellKnownPassword(file) ? 'well-known password' : 'password';
  return { key: file.subarray(shrouded), protection };
}

interface Mac {
  readonly content: Buffer;
  readonly algorithm: 'sha1' | 'sha256';
  readonly expected: Buffer;
  readonly salt: Buffer;
  readonly rounds: number;
}

function hasWellKnownPassword(file: Buffer): boolean {
  const mac = readMac(file);
  if (mac === undefined || mac.rounds > MOST_ROUNDS || mac.salt.length > BLOCK) return false;
  return WELL_KNOWN.some((password) => opens(mac, password));
}

/** What tells whether a password is right. @see RFC 7292, section 4, `PFX` and `MacData` */
function readMac(file: Buffer): Mac | undefined {
  const [, safe, mac] = partsOf(readDer(file)) ?? [];
  const [, wrapped] = partsOf(safe) ?? [];
  const [content] = partsOf(wrapped) ?? [];
  const [sum, salt, rounds] = partsOf(mac) ?? [];
  const [how, expected] = partsOf(sum) ?? [];
  const [oid] = partsOf(how) ?? [];
  const algorithm = HASHES.get(oid?.content.toString('hex') ?? '');
  if (content?.tag !== DER.octets || expected?.tag !== DER.octets || salt?.tag !== DER.octets)
    return undefined;
  if (algorithm === undefined || (rounds !== undefined && rounds.content.length > 4)) return undefined;
  return {
    content: content.content,
    algorithm,
    expected: expected.content,
    salt: salt.content,
    rounds: rounds === undefined ? 1 : rounds.content.readUIntBE(0, rounds.content.length),
  };
}

function partsOf(value: ReturnType<typeof readDer>) {
  if (value?.tag !== DER.sequence && value?.tag !== DER.first) return undefined;
  return readDerParts(value);
}

/** @see RFC 7292, appendix B.2: the key is as long as the hash, so one block of it will do */
function opens({ content, algorithm, expected, salt, rounds }: Mac, password: string): boolean {
  const letters = Buffer.from(`${password}\0`, 'utf16le').swap16();
  let key = Buffer.concat([Buffer.alloc(BLOCK, 3), filled(salt), filled(letters)]);
  for (let round = 0; round < rounds; round++) key = hash(algorithm, key, 'buffer');
  const sum = createHmac(algorithm, key).update(content).digest();
  return sum.length === expected.length && timingSafeEqual(sum, expected);
}

/** As often one after another as it takes to fill whole blocks. */
function filled(bytes: Buffer): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / BLOCK) * BLOCK, bytes);
}
