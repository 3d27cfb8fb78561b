import { constants, type KeyObject, verify } from 'node:crypto';
import {
  bytesOf,
  DER,
  type Der,
  DerFault,
  DerItems,
  numberOf,
  oidOf,
  onlyIn,
  sameBytes,
} from '../../../io/der.ts';

/** What X.509 signs: a certificate, a list of revocations, an answer of OCSP. */
export interface Signed {
  /** what is signed, with its tag */
  readonly content: Der;
  /** AlgorithmIdentifier */
  readonly algorithm: Der;
  readonly signature: Uint8Array;
}

/** Hash algorithms that count; SHA-1 does not. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);
const RSA: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
]);
const ECDSA: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
]);
const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
/** CMS may name the key's kind only; the hash then stands elsewhere */
const RSA_KEY = '1.2.840.113549.1.1.1';
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const RSA_BITS = { least: 2048, most: 8192 };
/** Under 1 everybody can sign: a signature is what it is over, padded. A huge one makes each check take minutes. */
const RSA_EXPONENT = { least: 3n, most: 2n ** 33n };

/**
 * Reads the outer form that all of them have.
 * @throws {DerFault}
 * @see RFC 5280, section 4.1.1
 */
export function readSigned(der: Der, what: string): { readonly signed: Signed; readonly more: DerItems } {
  const items = new DerItems(der, what);
  const content = items.take(DER.sequence);
  const algorithm = items.take(DER.sequence);
  return { signed: { content, algorithm, signature: bytesOf(items.take(DER.bits)) }, more: items };
}

/**
 * Whether a signature is by this key. What has another algorithm than the few that count, or a key of another kind, is not.
 * @param hash of the digest algorithm beside it, where there is one (CMS)
 */
export function isSignedBy(
  { content, algorithm, signature }: Signed,
  key: KeyObject,
  hash?: string,
): boolean {
  const way = wayOf(algorithm, hash);
  if (way === undefined || way.type !== key.asymmetricKeyType || !isAcceptable(key)) return false;
  try {
    return verify(way.hash, content.raw, { key, ...way.options }, signature);
  } catch {
    return false;
  }
}

/** Whether what a signature says to be made with counts, whoever made it. */
export function isKnownWay({ algorithm }: Signed): boolean {
  return wayOf(algorithm, undefined) !== undefined;
}

/** Whether a key is of a kind and length that is accepted anywhere in a chain. */
export function isAcceptable(key: KeyObject): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ec') return CURVES.has(details?.namedCurve ?? '');
  const { modulusLength: bits = 0, publicExponent: exponent = 0n } = details ?? {};
  return (
    type === 'rsa' &&
    bits >= RSA_BITS.least &&
    bits <= RSA_BITS.most &&
    exponent >= RSA_EXPONENT.least &&
    exponent < RSA_EXPONENT.most
  );
}

/**
 * Node's name of the hash in an AlgorithmIdentifier; `undefined` where it does not count.
 * @throws {DerFault}
 */
export function hashOf(algorithm: Der): string | undefined {
  const items = new DerItems(algorithm, 'a hash algorithm');
  const hash = HASHES.get(oidOf(items.take(DER.oid)));
  requireNoParameters(items);
  return hash;
}

interface Way {
  readonly type: 'rsa' | 'ec';
  readonly hash: string;
  readonly options?: { readonly padding: number; readonly saltLength: number };
}

function wayOf(algorithm: Der, beside: string | undefined): Way | undefined {
  const items = new DerItems(algorithm, 'a signature algorithm');
  const oid = oidOf(items.take(DER.oid));
  if (oid === RSA_PSS) return pssOf(items.takeAny());
  requireNoParameters(items);
  const rsa = RSA.get(oid) ?? (oid === RSA_KEY ? beside : undefined);
  if (rsa !== undefined) return { type: 'rsa', hash: rsa };
  const ecdsa = ECDSA.get(oid);
  return ecdsa === undefined ? undefined : { type: 'ec', hash: ecdsa };
}

/** Both hashes have to be the same, and named: where absent they are SHA-1. See RFC 4055, section 3.1. */
function pssOf(parameters: Der): Way | undefined {
  const items = new DerItems(parameters, 'the parameters of RSASSA-PSS');
  const [hash, mask, salt] = [items.takeIf(0xa0), items.takeIf(0xa1), items.takeIf(0xa2)];
  const trailer = items.takeIf(0xa3);
  items.end();
  if (hash === undefined || mask === undefined || salt === undefined) return undefined;
  if (trailer !== undefined && numberOf(onlyIn(trailer)) !== 1) return undefined;
  const maskItems = new DerItems(onlyIn(mask), 'a mask generation function');
  const isMgf1 = oidOf(maskItems.take(DER.oid)) === MGF1;
  const name = hashOf(onlyIn(hash));
  if (name === undefined || !isMgf1 || hashOf(maskItems.take(DER.sequence)) !== name) return undefined;
  const saltLength = numberOf(onlyIn(salt));
  return { type: 'rsa', hash: name, options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } };
}

const NULL = Uint8Array.from([5, 0]);

function requireNoParameters(items: DerItems): void {
  if (items.isEmpty) return;
  if (!sameBytes(items.takeAny().raw, NULL)) throw new DerFault('an algorithm has strange parameters');
  items.end();
}
