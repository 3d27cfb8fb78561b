import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import {
  booleanOf,
  DER,
  type Der,
  DerFault,
  DerItems,
  eachOf,
  integerOf,
  numberOf,
  oidOf,
  onlyIn,
  readDer,
  sameBytes,
  timeOf,
} from '../../../io/der.ts';
import { isSignedBy, readSigned, type Signed } from './signed.ts';

/** An X.509 certificate of version 3. Read here to the byte, so that no two readers can see different ones. */
export interface Certificate {
  readonly der: Uint8Array;
  /** contents of the serial number, as they are */
  readonly serial: Uint8Array;
  /** a Name */
  readonly issuer: Der;
  /** a Name */
  readonly subject: Der;
  /** the first and the last moment of its validity */
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo */
  readonly keyInfo: Der;
  readonly key: KeyObject;
  readonly extensions: Extensions;
  readonly signed: Signed;
}

/** One extension: whether it must be understood, and what it says. */
export interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** By OID. */
export type Extensions = ReadonlyMap<string, Extension>;

export const EXTENSION = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  distributionPoints: '2.5.29.31',
  extendedKeyUsage: '2.5.29.37',
  freshestList: '2.5.29.46',
  authorityAccess: '1.3.6.1.5.5.7.1.1',
} as const;

/** bytes; real ones have 1 to 2 KiB */
const LIMIT = 16_384;
const MOST_EXTENSIONS = 64;
const VERSION_3 = 2;

/**
 * Reads one certificate that fills the bytes.
 * @throws {DerFault}
 * @see RFC 5280, section 4.1
 */
export function readCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > LIMIT) throw new DerFault(`it has more than ${LIMIT} bytes`);
  const { signed, more } = readSigned(readDer(bytes), 'a certificate');
  more.end();
  const items = new DerItems(signed.content, 'a certificate');
  const version = items.takeIf(0xa0);
  if (version === undefined || numberOf(onlyIn(version)) !== VERSION_3)
    throw new DerFault('it is not of version 3');
  const serial = integerOf(items.take(DER.integer));
  // The one inside is signed, the one outside is not: a reader that takes either must find the same.
  if (!sameBytes(items.take(DER.sequence).raw, signed.algorithm.raw))
    throw new DerFault('its two signature algorithms differ');
  const issuer = items.take(DER.sequence);
  const validity = new DerItems(items.take(DER.sequence), 'the validity of a certificate');
  const [notBefore, notAfter] = [timeOf(validity.takeAny()), timeOf(validity.takeAny())];
  validity.end();
  const subject = items.take(DER.sequence);
  const keyInfo = items.take(DER.sequence);
  items.takeIf(0x81);
  items.takeIf(0x82);
  const wrapped = items.takeIf(0xa3);
  const extensions = readExtensions(wrapped && onlyIn(wrapped));
  items.end();
  const key = keyOf(keyInfo);
  return { der: bytes, serial, issuer, subject, notBefore, notAfter, keyInfo, key, extensions, signed };
}

/**
 * Reads extensions, of a certificate, a list or an answer.
 * @param list of extensions; absent: there are none
 * @throws {DerFault}
 */
export function readExtensions(list: Der | undefined): Extensions {
  const byOid = new Map<string, Extension>();
  if (list === undefined) return byOid;
  for (const der of eachOf(list)) {
    const items = new DerItems(der, 'an extension');
    const oid = oidOf(items.take(DER.oid));
    const critical = items.takeIf(DER.boolean);
    const value = items.take(DER.octets).value;
    items.end();
    // The first of two that are the same would hide the second, or the other way round.
    if (byOid.has(oid)) throw new DerFault('it has an extension twice');
    byOid.set(oid, { critical: critical !== undefined && booleanOf(critical), value });
    if (byOid.size > MOST_EXTENSIONS) throw new DerFault('it has too many extensions');
  }
  return byOid;
}

/** Whether a certificate is by this issuer: the name and the signature. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return sameBytes(certificate.issuer.raw, issuer.subject.raw) && isSignedBy(certificate.signed, issuer.key);
}

/** sha256 over the DER form, 64 hex digits. */
export function thumbprintOf({ der }: Certificate): string {
  return createHash('sha256').update(der).digest('hex');
}

function keyOf({ raw }: Der): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(raw), format: 'der', type: 'spki' });
  } catch {
    throw new DerFault('its key cannot be read');
  }
}
