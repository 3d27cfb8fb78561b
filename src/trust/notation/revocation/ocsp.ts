import { createHash } from 'node:crypto';
import {
  bytesOf,
  DER,
  type Der,
  DerFault,
  DerItems,
  eachOf,
  numberOf,
  oidOf,
  onlyIn,
  readDer,
  sameBytes,
  timeOf,
} from '../../../io/der.ts';
import { purposesOf } from '../certificate-chain.ts';
import {
  type Certificate,
  type Extensions,
  isIssuedBy,
  readCertificate,
  readExtensions,
} from '../x509/certificate.ts';
import { isSignedBy, readSigned } from '../x509/signed.ts';

const OID = {
  basic: '1.3.6.1.5.5.7.48.1.1',
  signing: '1.3.6.1.5.5.7.3.9',
  noCheck: '1.3.6.1.5.5.7.48.1.5',
} as const;
/** Only names the certificate that is meant; SHA-1 is what every responder understands. RFC 6960, section 4.1.1 */
const ID_HASHES: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
]);
const SHA1 = Buffer.from('300906052b0e03021a0500', 'hex');
/** seconds that a clock may be off */
const SKEW = 300;
/** seconds that an answer counts which does not say how long; without a nonce an old one could be sent again */
const UNBOUNDED = 86_400;
const MOST = 10; // answers, and certificates, in one response

/** The answer for one certificate. */
export type OcspStatus = 'good' | 'revoked';

/**
 * The question whether a certificate is revoked, for its issuer's responder; DER.
 * @see RFC 6960, section 4.1.1
 */
export function ocspRequest(certificate: Certificate, issuer: Certificate): Uint8Array {
  const id = sequence(
    SHA1,
    tlv(DER.octets, digest('sha1', issuer.subject.raw)),
    tlv(DER.octets, digest('sha1', keyBytes(issuer))),
    tlv(DER.integer, certificate.serial),
  );
  return sequence(sequence(sequence(sequence(id))));
}

/**
 * Reads a responder's answer: by the issuer or by whom it has given a certificate for answering, about this certificate, and
 * of today.
 * @throws {DerFault} for everything that is no such answer, `unknown` among it
 * @see RFC 6960, sections 3.2 and 4.2
 */
export function readOcsp(
  bytes: Uint8Array,
  { certificate, issuer, now }: { certificate: Certificate; issuer: Certificate; now: Date },
): OcspStatus {
  const { signed, more } = readSigned(readBasic(bytes), 'an OCSP answer');
  const list = more.takeIf(0xa0);
  more.end();
  const carried = list === undefined ? [] : [...eachOf(onlyIn(list))];
  if (carried.length > MOST) throw new DerFault('it carries too many certificates');
  const delegates = carried.map(({ raw }) => readCertificate(raw));
  const responders = [issuer, ...delegates.filter((one) => isDelegate(one, issuer, now))];
  if (!responders.some(({ key }) => isSignedBy(signed, key)))
    throw new DerFault('it is signed neither by the issuer nor by a responder of the issuer');
  const data = new DerItems(signed.content, 'an OCSP answer');
  data.takeIf(0xa0);
  data.takeAny(); // which responder: the signature says it
  data.take(DER.time);
  const answers = [...eachOf(data.take(DER.sequence))];
  const extensions = data.takeIf(0xa1);
  data.end();
  requireKnown(readExtensions(extensions && onlyIn(extensions)));
  if (answers.length > MOST) throw new DerFault('it has too many answers');
  const own = answers
    .map((answer) => readAnswer(answer, certificate, issuer))
    .find((answer) => answer !== undefined);
  if (own === undefined) throw new DerFault('it is about another certificate');
  requireCurrent(own, now);
  return own.status;
}

/** RFC 6960, section 4.2.1: the outer form, which says whether there is an answer at all. */
function readBasic(bytes: Uint8Array): Der {
  const response = new DerItems(readDer(bytes), 'an OCSP response');
  const status = numberOf(response.take(DER.enumerated));
  if (status !== 0) throw new DerFault(`the responder does not answer: status ${status}`);
  const inner = new DerItems(onlyIn(response.take(0xa0)), 'an OCSP response');
  if (oidOf(inner.take(DER.oid)) !== OID.basic) throw new DerFault('it is of another type');
  return readDer(inner.take(DER.octets).value);
}

/**
 * Whether the issuer itself has made this one a responder. One whose own revocation would have to be asked for is none: who holds its
 * key would answer for itself.
 */
function isDelegate(one: Certificate, issuer: Certificate, now: Date): boolean {
  return (
    isIssuedBy(one, issuer) &&
    purposesOf(one)?.includes(OID.signing) === true &&
    one.extensions.has(OID.noCheck) &&
    one.notBefore <= now &&
    now <= one.notAfter
  );
}

interface Answer {
  readonly status: OcspStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
}

function readAnswer(der: Der, certificate: Certificate, issuer: Certificate): Answer | undefined {
  const items = new DerItems(der, 'an answer');
  const isOwn = isAbout(items.take(DER.sequence), certificate, issuer);
  const status = items.takeAny();
  const thisUpdate = timeOf(items.take(DER.time));
  const next = items.takeIf(0xa0);
  const extensions = items.takeIf(0xa1);
  items.end();
  if (!isOwn) return undefined;
  requireKnown(readExtensions(extensions && onlyIn(extensions)));
  if (status.tag !== 0x80 && status.tag !== 0xa1)
    throw new DerFault('the responder does not know the certificate');
  return {
    status: status.tag === 0x80 ? 'good' : 'revoked',
    thisUpdate,
    ...(next && { nextUpdate: timeOf(onlyIn(next)) }),
  };
}

function isAbout(id: Der, { serial }: Certificate, issuer: Certificate): boolean {
  const items = new DerItems(id, 'the name of a certificate');
  const hash = ID_HASHES.get(oidOf(new DerItems(items.take(DER.sequence), 'a hash algorithm').take(DER.oid)));
  const [name, key] = [items.take(DER.octets).value, items.take(DER.octets).value];
  const number = items.take(DER.integer).value;
  items.end();
  return (
    hash !== undefined &&
    sameBytes(number, serial) &&
    sameBytes(name, digest(hash, issuer.subject.raw)) &&
    sameBytes(key, digest(hash, keyBytes(issuer)))
  );
}

function requireCurrent({ thisUpdate, nextUpdate }: Answer, now: Date): void {
  const seconds = (now.getTime() - thisUpdate.getTime()) / 1000;
  if (seconds < -SKEW) throw new DerFault('it is of the future');
  const isOver = nextUpdate === undefined ? seconds > UNBOUNDED : nextUpdate < now;
  if (isOver) throw new DerFault('it is out of date');
}

function requireKnown(extensions: Extensions): void {
  if ([...extensions.values()].some(({ critical }) => critical))
    throw new DerFault('it has a critical extension, which is not understood');
}

function keyBytes({ keyInfo }: Certificate): Uint8Array {
  const items = new DerItems(keyInfo, 'a key');
  items.take(DER.sequence);
  return bytesOf(items.take(DER.bits));
}

function digest(hash: string, bytes: Uint8Array): Uint8Array {
  return createHash(hash).update(bytes).digest();
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tlv(DER.sequence, Buffer.concat(parts));
}

function tlv(tag: number, value: Uint8Array): Uint8Array {
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
