import {
  booleanOf,
  DER,
  type Der,
  DerFault,
  DerItems,
  eachOf,
  onlyIn,
  readDer,
  sameBytes,
  timeOf,
} from '../../../io/der.ts';
import { signsLists } from '../certificate-chain.ts';
import {
  type Certificate,
  EXTENSION,
  type Extension,
  type Extensions,
  readExtensions,
} from '../x509/certificate.ts';
import { isSignedBy, readSigned } from '../x509/signed.ts';
import { urlsIn } from './places.ts';

const OID = {
  delta: '2.5.29.27',
  scope: '2.5.29.28',
} as const;
const SKEW = 300; // seconds that a clock may be off

/** What a list is held against. */
export interface ListQuestion {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  /** whether it is the certificate of an authority */
  readonly isAuthority: boolean;
  /** where the list was fetched */
  readonly url: string;
  readonly now: Date;
}

/**
 * Whether a certificate stands in a list of revocations, whatever the reason and since whenever. The list has to be the issuer's own.
 * That a certificate is not in it counts only where it is complete, about such certificates and of today; that it is, always. Delta
 * lists are not read, and of indirect ones only entries of the issuer itself.
 * @throws {DerFault} where it cannot answer
 * @see RFC 5280, sections 5.1 and 6.3
 */
export function isListed(bytes: Uint8Array, question: ListQuestion): boolean {
  const { certificate, issuer, now } = question;
  const { signed, more } = readSigned(readDer(bytes), 'a list of revocations');
  more.end();
  if (!signsLists(issuer) || !isSignedBy(signed, issuer.key))
    throw new DerFault('it is not signed by the issuer');
  const list = readList(signed.content);
  if (!sameBytes(list.algorithm.raw, signed.algorithm.raw))
    throw new DerFault('its two signature algorithms differ');
  if (!sameBytes(list.issuer.raw, issuer.subject.raw)) throw new DerFault('it is by another issuer');
  if (list.thisUpdate.getTime() - now.getTime() > SKEW * 1000) throw new DerFault('it is of the future');
  requireUnderstood(list.extensions);
  if (list.revoked !== undefined && hasEntry(list.revoked, certificate.serial)) return true;
  if (list.nextUpdate < now) throw new DerFault('it is out of date');
  requireWhole(list.extensions, question);
  return false;
}

/** Looks at all of them: one behind the certificate's own may have to be understood. */
function hasEntry(revoked: Der, serial: Uint8Array): boolean {
  let found = false;
  for (const entry of eachOf(revoked)) {
    if (readEntry(entry, serial)) found = true;
  }
  return found;
}

function readList(content: Der) {
  const items = new DerItems(content, 'a list of revocations');
  const version = items.takeIf(DER.integer);
  if (version?.value.length !== 1 || version.value[0] !== 1) throw new DerFault('it is not of version 2');
  const algorithm = items.take(DER.sequence);
  const issuer = items.take(DER.sequence);
  const thisUpdate = timeOf(items.takeAny());
  const next = items.takeIf(DER.utcTime) ?? items.takeIf(DER.time);
  // Without it an old list could be shown for ever.
  if (next === undefined) throw new DerFault('it does not say until when it counts');
  const revoked = items.takeIf(DER.sequence);
  const wrapped = items.takeIf(0xa0);
  items.end();
  const extensions = readExtensions(wrapped && onlyIn(wrapped));
  return { algorithm, issuer, thisUpdate, nextUpdate: timeOf(next), revoked, extensions };
}

/** Whether an entry is this certificate's. An entry that must be understood and is not may change all that follow. */
function readEntry(entry: Der, serial: Uint8Array): boolean {
  const items = new DerItems(entry, 'an entry');
  const isOwn = sameBytes(items.take(DER.integer).value, serial);
  items.takeAny();
  const extensions = items.takeIf(DER.sequence);
  items.end();
  if (extensions !== undefined && [...readExtensions(extensions).values()].some(({ critical }) => critical))
    throw new DerFault('an entry has a critical extension, which is not understood');
  return isOwn;
}

/** A delta list also says what is no longer revoked. */
function requireUnderstood(extensions: Extensions): void {
  if (extensions.has(OID.delta)) throw new DerFault('it is not complete without another list');
  const strange = [...extensions].find(([oid, { critical }]) => critical && oid !== OID.scope);
  if (strange !== undefined) throw new DerFault(`it has the critical extension ${strange[0]}`);
}

function requireWhole(extensions: Extensions, question: ListQuestion): void {
  if (extensions.has(EXTENSION.freshestList)) throw new DerFault('it is not complete without another list');
  const scope = extensions.get(OID.scope);
  if (scope !== undefined) requireScope(scope, question);
}

/**
 * A list of a part of an issuer's certificates is true, and says nothing of the others: shown in place of the right one, it would
 * hide a revocation. RFC 5280, section 5.2.5.
 */
function requireScope({ value }: Extension, { isAuthority, url }: ListQuestion): void {
  const items = new DerItems(readDer(value), 'the scope of a list');
  const point = items.takeIf(0xa0);
  const [users, authorities] = [items.takeIf(0x81), items.takeIf(0x82)].map(isTrue);
  items.end(); // only some reasons, indirect, or attributes
  const name = point && onlyIn(point);
  const urls = name?.tag === 0xa0 ? urlsIn(eachOf(name)) : [];
  if (point !== undefined && !urls.includes(url)) throw new DerFault('it is the list of another place');
  if ((users === true && isAuthority) || (authorities === true && !isAuthority))
    throw new DerFault('it is about certificates of another kind');
}

function isTrue(der: Der | undefined): boolean {
  return der !== undefined && booleanOf({ ...der, tag: DER.boolean });
}
