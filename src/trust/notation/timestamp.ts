import { createHash } from 'node:crypto';
import {
  DER,
  type Der,
  DerItems,
  eachOf,
  numberOf,
  oidOf,
  onlyIn,
  readDer,
  sameBytes,
  timeOf,
} from '../../io/der.ts';
import { CHAIN_LIMIT, requireChain, requireValid, type Span } from './certificate-chain.ts';
import { NotationFault, readingAs } from './notation-fault.ts';
import { type Certificate, isIssuedBy, readCertificate, readExtensions } from './x509/certificate.ts';
import { hashOf, isSignedBy } from './x509/signed.ts';

/** A timestamp that holds: between which moments it was made, and the chain of whoever made it. */
export interface ProvedTime {
  readonly span: Span;
  readonly chain: readonly Certificate[];
}

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.47',
  /** ETSI's baseline policy, which promises a second. RFC 3628, section 5.2 */
  baseline: '0.4.0.2023.1.1',
} as const;
/** bytes; real ones have up to 8 KiB */
const LIMIT = 65_536;
const CERTIFICATES = 0xa0;
const REVOCATIONS = 0xa1;

/**
 * Verifies a TimeStampToken over a signature: who made it, up to one of the policy's roots, for what bytes and when. Each
 * certificate of its chain must have been valid at that moment; that it has expired since takes nothing from it.
 * @param over the raw signature
 * @param roots of the policy
 * @throws {NotationFault} `bad-timestamp`
 * @see RFC 3161, section 2.4.2; RFC 5652, section 5; RFC 5816; Notary Project, trust-store-trust-policy.md, "Steps"
 */
export function verifyTimestamp(
  token: Uint8Array,
  over: Uint8Array,
  roots: readonly Certificate[],
): ProvedTime {
  if (token.length > LIMIT) throw bad(`it has more than ${LIMIT} bytes`);
  return readingAs('bad-timestamp', 'its timestamp', () => {
    const { info, certificates, signer } = readToken(token);
    const hash = hashOf(signer.digestAlgorithm);
    if (hash === undefined) throw bad('its hash does not count');
    const leaf = findLeaf(certificates, signer);
    requireSigner(signer, leaf, { info, hash });
    const span = readInfo(info, over);
    const chain = chainOf(leaf, certificates, roots);
    requireChain(chain, 'timestamping');
    requireValid(chain, span, 'when it made the timestamp', 'timestamping');
    return { span, chain };
  });
}

interface SignerInfo {
  readonly issuer: Der;
  readonly serial: Uint8Array;
  readonly digestAlgorithm: Der;
  /** with the tag of a field, not of a set */
  readonly attributes: Der;
  readonly algorithm: Der;
  readonly signature: Uint8Array;
}

/** RFC 5652, section 5.1: one signer, over a TSTInfo. */
function readToken(token: Uint8Array) {
  const content = new DerItems(readDer(token), 'a timestamp');
  if (oidOf(content.take(DER.oid)) !== OID.signedData) throw bad('it is no signed data');
  const data = new DerItems(onlyIn(content.take(0xa0)), 'signed data');
  content.end();
  data.take(DER.integer);
  data.take(DER.set);
  const inner = new DerItems(data.take(DER.sequence), 'what a timestamp signs');
  if (oidOf(inner.take(DER.oid)) !== OID.timestampInfo) throw bad('it signs something else');
  const wrapped = new DerItems(inner.take(0xa0), 'what a timestamp signs', 0xa0);
  const info = wrapped.take(DER.octets);
  wrapped.end();
  inner.end();
  const list = data.takeIf(CERTIFICATES);
  data.takeIf(REVOCATIONS);
  const signer = readSigner(onlyIn(data.take(DER.set)));
  data.end();
  const all = list === undefined ? [] : [...eachOf(list)];
  if (all.length > CHAIN_LIMIT) throw bad(`it carries more than ${CHAIN_LIMIT} certificates`);
  return { info: info.value, certificates: all.map(({ raw }) => readCertificate(raw)), signer };
}

function readSigner(der: Der): SignerInfo {
  const items = new DerItems(der, 'a signer');
  items.take(DER.integer);
  const id = new DerItems(items.take(DER.sequence), 'the name of a signer');
  const [issuer, serial] = [id.take(DER.sequence), id.take(DER.integer).value];
  id.end();
  const digestAlgorithm = items.take(DER.sequence);
  const attributes = items.take(0xa0);
  const algorithm = items.take(DER.sequence);
  const signature = items.take(DER.octets).value;
  items.takeIf(0xa1);
  items.end();
  return { issuer, serial, digestAlgorithm, attributes, algorithm, signature };
}

function findLeaf(certificates: readonly Certificate[], { issuer, serial }: SignerInfo): Certificate {
  const leaf = certificates.find(
    (one) => sameBytes(one.issuer.raw, issuer.raw) && sameBytes(one.serial, serial),
  );
  if (leaf === undefined) throw bad('it does not carry the certificate of its signer');
  return leaf;
}

/** That this certificate's key made it, that it says so itself (CVE-2026-39984), and over this very content. */
function requireSigner(
  signer: SignerInfo,
  leaf: Certificate,
  { info, hash }: { info: Uint8Array; hash: string },
): void {
  const attributes = readAttributes(signer.attributes);
  if (oidOf(attributeOf(attributes, OID.contentType)) !== OID.timestampInfo)
    throw bad('it says that it signs something else');
  if (!sameBytes(attributeOf(attributes, OID.messageDigest).value, digest(hash, info)))
    throw bad('it is over other content');
  requireNamed(attributeOf(attributes, OID.signingCertificate), leaf, signer);
  const raw = Uint8Array.from(signer.attributes.raw);
  raw[0] = DER.set; // RFC 5652, section 5.4: signed is the set, not the field
  const { algorithm, signature } = signer;
  const content = { ...signer.attributes, raw };
  if (!isSignedBy({ content, algorithm, signature }, leaf.key, hash))
    throw bad('its signature does not hold');
}

function readAttributes(field: Der): ReadonlyMap<string, Der> {
  const attributes = new Map<string, Der>();
  for (const der of eachOf(field)) {
    const items = new DerItems(der, 'an attribute');
    const oid = oidOf(items.take(DER.oid));
    const values = items.take(DER.set);
    items.end();
    if (attributes.has(oid)) throw bad('it has an attribute twice');
    attributes.set(oid, values);
  }
  return attributes;
}

function attributeOf(attributes: ReadonlyMap<string, Der>, oid: string): Der {
  const values = attributes.get(oid);
  if (values === undefined) throw bad(`it lacks the attribute ${oid}`);
  return onlyIn(values);
}

/** `signing-certificate-v2`: RFC 5035, section 3. */
function requireNamed(attribute: Der, leaf: Certificate, { issuer, serial }: SignerInfo): void {
  const list = new DerItems(attribute, 'the attribute of the signing certificate').take(DER.sequence);
  const id = new DerItems(new DerItems(list, 'a list of certificates').takeAny(), 'a certificate of a list');
  const algorithm = id.takeIf(DER.sequence);
  const hash = algorithm === undefined ? 'sha256' : hashOf(algorithm);
  const named = id.take(DER.octets).value;
  if (hash === undefined || !sameBytes(named, digest(hash, leaf.der)))
    throw bad('it names another certificate than that of its signer');
  const place = id.takeIf(DER.sequence);
  id.end();
  if (place === undefined) return;
  const parts = new DerItems(place, 'the issuer of a certificate');
  const name = onlyIn(onlyIn(parts.take(DER.sequence)));
  if (!sameBytes(name.raw, issuer.raw) || !sameBytes(parts.take(DER.integer).value, serial))
    throw bad('it names another certificate than that of its signer');
}

/** RFC 3161, section 2.4.2. */
function readInfo(bytes: Uint8Array, over: Uint8Array): Span {
  const info = new DerItems(readDer(bytes), 'the content of a timestamp');
  if (numberOf(info.take(DER.integer)) !== 1) throw bad('it is of another version');
  const policy = oidOf(info.take(DER.oid));
  requireImprint(info.take(DER.sequence), over);
  info.take(DER.integer);
  const time = info.take(DER.time);
  const accuracy = info.takeIf(DER.sequence);
  info.takeIf(DER.boolean);
  info.takeIf(DER.integer);
  info.takeIf(0xa0);
  const more = info.takeIf(0xa1);
  info.end();
  if ([...readExtensions(more).values()].some(({ critical }) => critical))
    throw bad('it has a critical extension, which is not understood');
  return spanOf(timeOf(time), accuracy === undefined ? defaultAccuracy(policy) : readAccuracy(accuracy));
}

function requireImprint(imprint: Der, over: Uint8Array): void {
  const items = new DerItems(imprint, 'the imprint of a timestamp');
  const hash = hashOf(items.take(DER.sequence));
  const value = items.take(DER.octets).value;
  items.end();
  if (hash === undefined || !sameBytes(value, digest(hash, over))) throw bad('it is over another signature');
}

/** milliseconds */
function defaultAccuracy(policy: string): number {
  return policy === OID.baseline ? 1000 : 0;
}

/** Milliseconds, rounded up. */
function readAccuracy(der: Der): number {
  const items = new DerItems(der, 'the accuracy of a timestamp');
  const [seconds, millis, micros] = [items.takeIf(DER.integer), items.takeIf(0x80), items.takeIf(0x81)];
  items.end();
  const [s, ms, us] = [seconds, millis, micros].map((one) => (one === undefined ? 0 : numberOf(one)));
  return (s ?? 0) * 1000 + (ms ?? 0) + Math.ceil((us ?? 0) / 1000);
}

function spanOf(time: Date, accuracyMilliseconds: number): Span {
  const [from, to] = [time.getTime() - accuracyMilliseconds, time.getTime() + accuracyMilliseconds];
  if (accuracyMilliseconds > DAY) throw bad('it is accurate to days only');
  return { from: new Date(from), to: new Date(to) };
}

const DAY = 86_400_000; // milliseconds

/** From the signer upwards, the policy's roots first; the token need not carry the root, and rarely does. */
function chainOf(
  leaf: Certificate,
  certificates: readonly Certificate[],
  roots: readonly Certificate[],
): readonly Certificate[] {
  const isRoot = (one: Certificate) => roots.some(({ der }) => sameBytes(der, one.der));
  const chain = [leaf];
  for (let last = leaf; !isRoot(last); ) {
    const issuer = [...roots, ...certificates].find((one) => !chain.includes(one) && isIssuedBy(last, one));
    if (issuer === undefined || chain.length === CHAIN_LIMIT)
      throw bad('it is by no timestamp authority of the policy');
    chain.push(issuer);
    last = issuer;
  }
  return chain;
}

function digest(hash: string, bytes: Uint8Array): Uint8Array {
  return createHash(hash).update(bytes).digest();
}

function bad(detail: string): NotationFault {
  return new NotationFault('bad-timestamp', `its timestamp does not hold: ${detail}`);
}
