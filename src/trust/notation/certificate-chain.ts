import {
  bitsOf,
  booleanOf,
  DER,
  DerItems,
  eachOf,
  numberOf,
  oidOf,
  readDer,
  sameBytes,
} from '../../io/der.ts';
import { quoted } from '../../model/printable.ts';
import { formatSubject } from '../../model/subject-pattern.ts';
import type { RejectionReason } from '../../model/trusted.ts';
import { NotationFault, readingAs } from './notation-fault.ts';
import { type Certificate, EXTENSION, isIssuedBy } from './x509/certificate.ts';
import { isAcceptable, isKnownWay } from './x509/signed.ts';
import { readSubject } from './x509/subject.ts';

/** What the first certificate of a chain is for. */
export type Purpose = 'code-signing' | 'timestamping';

/** Numbers of the bits. See RFC 5280, section 4.2.1.3. */
const USAGE = { digitalSignature: 0, nonRepudiation: 1, keyCertSign: 5, crlSign: 6 } as const;
const PURPOSES: Readonly<Record<Purpose, string>> = {
  'code-signing': '1.3.6.1.5.5.7.3.3',
  timestamping: '1.3.6.1.5.5.7.3.8',
};
const ANY_PURPOSE = '2.5.29.37.0';
/** any, servers, clients, mail, timestamps, OCSP: a key for one of these signs what nobody meant as an image's signature */
const FORBIDDEN = [
  ANY_PURPOSE,
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.5.5.7.3.2',
  '1.3.6.1.5.5.7.3.4',
  PURPOSES.timestamping,
  '1.3.6.1.5.5.7.3.9',
];
const UNDERSTOOD: ReadonlySet<string> = new Set([
  EXTENSION.keyUsage,
  EXTENSION.basicConstraints,
  EXTENSION.extendedKeyUsage,
]);
/** certificates; real chains have two to four */
export const CHAIN_LIMIT = 10;

/**
 * Makes sure that certificates are one chain, complete from the one that signed to the root, and each of them fit for its
 * place. Whether the root is trusted, and when they were valid, is asked elsewhere.
 * Stricter than the specification, which leaves out every other extension: one that is critical and not understood is refused;
 * a purpose that is written has to be the right one, of issuers too.
 * @throws {NotationFault} `bad-certificate`, or `bad-timestamp` for the chain of a timestamp
 * @see Notary Project, signature-specification.md, "Certificate Requirements"; RFC 5280, section 6.1
 */
export function requireChain(chain: readonly Certificate[], purpose: Purpose): void {
  const reason = reasonFor(purpose);
  // Before their signatures, which do not hold by such a key: that they are forged would be the wrong reason.
  const weak = chain.find(({ key }) => !isAcceptable(key));
  if (weak !== undefined)
    throw bad(weak, 'has a key that is too short, or of a kind that does not count', reason);
  readingAs(reason, 'a certificate', () => {
    for (const [index, certificate] of chain.entries()) {
      requireLink(certificate, chain[index + 1], reason);
      requireUnderstood(certificate, reason);
      if (index === 0) requireLeaf(certificate, purpose);
      else requireAuthority(certificate, index - 1, purpose);
    }
  });
}

/**
 * Makes sure that every certificate was valid in all of a span of time.
 * @throws {NotationFault}
 */
export function requireValid(
  chain: readonly Certificate[],
  { from, to }: Span,
  when: string,
  purpose: Purpose = 'code-signing',
): void {
  for (const certificate of chain) {
    const { notBefore, notAfter } = certificate;
    if (from < notBefore)
      throw bad(
        certificate,
        `was not valid ${when}: only since ${notBefore.toISOString()}`,
        reasonFor(purpose),
      );
    if (to > notAfter)
      throw bad(
        certificate,
        `was not valid ${when}: it expired at ${notAfter.toISOString()}`,
        reasonFor(purpose),
      );
  }
}

/** From the earliest moment at which something can have been to the latest. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** Whether a key may sign lists of revocations. */
export function signsLists({ extensions }: Certificate): boolean {
  const usage = extensions.get(EXTENSION.keyUsage);
  return usage === undefined || bitsOf(readDer(usage.value)).has(USAGE.crlSign);
}

/** The purposes that a certificate names; `undefined` where it names none. */
export function purposesOf({ extensions }: Certificate): readonly string[] | undefined {
  const extension = extensions.get(EXTENSION.extendedKeyUsage);
  return extension && [...eachOf(readDer(extension.value))].map(oidOf);
}

/** A certificate's subject, for messages. */
export function nameOf({ subject }: Certificate): string {
  try {
    return quoted(formatSubject(readSubject(subject)));
  } catch {
    return 'with an unreadable name';
  }
}

/** Each by the next, and the last by itself; one in between that is its own issuer would be a second root. */
function requireLink(
  certificate: Certificate,
  issuer: Certificate | undefined,
  reason: RejectionReason,
): void {
  const isOwn = sameBytes(certificate.issuer.raw, certificate.subject.raw);
  // Some authorities still have such a root: whoever trusts it has to be told the reason.
  if (!isKnownWay(certificate.signed))
    throw bad(certificate, 'is signed in a way that does not count, such as with SHA-1', reason);
  if (issuer === undefined) {
    if (!isIssuedBy(certificate, certificate))
      throw bad(certificate, 'ends the chain and is no root: it is not signed by itself', reason);
    return;
  }
  if (isOwn && isIssuedBy(certificate, certificate))
    throw bad(certificate, 'is signed by itself and does not end the chain', reason);
  if (!isIssuedBy(certificate, issuer)) throw bad(certificate, `is not issued by ${nameOf(issuer)}`, reason);
}

function requireUnderstood(certificate: Certificate, reason: RejectionReason): void {
  const strange = [...certificate.extensions].find(([oid, { critical }]) => critical && !UNDERSTOOD.has(oid));
  if (strange !== undefined)
    throw bad(certificate, `has the critical extension ${strange[0]}, which is not understood`, reason);
}

function requireLeaf(certificate: Certificate, purpose: Purpose): void {
  const reason = reasonFor(purpose);
  if (constraintsOf(certificate)?.isAuthority === true)
    throw bad(certificate, 'is the certificate of an authority, and signed itself', reason);
  const usage = usageOf(certificate, purpose);
  if (!usage.has(USAGE.digitalSignature))
    throw bad(certificate, 'has a key that is not for signatures', reason);
  const others = [...usage].filter((bit) => bit !== USAGE.digitalSignature && bit !== USAGE.nonRepudiation);
  if (others.length > 0) throw bad(certificate, 'has a key that is for more than signatures', reason);
  requirePurpose(certificate, purpose);
}

function requirePurpose(certificate: Certificate, purpose: Purpose): void {
  const purposes = purposesOf(certificate);
  if (purpose === 'timestamping') {
    const isAlone = purposes?.length === 1 && purposes[0] === PURPOSES.timestamping;
    const isCritical = certificate.extensions.get(EXTENSION.extendedKeyUsage)?.critical === true;
    // RFC 3161, section 2.3.
    if (!isAlone || !isCritical)
      throw bad(certificate, 'is not for timestamps alone, critically', reasonFor(purpose));
    return;
  }
  if (purposes === undefined) return;
  const wrong = FORBIDDEN.find((oid) => purposes.includes(oid));
  if (wrong !== undefined)
    throw bad(certificate, `is for the purpose ${wrong}, which signing code excludes`, reasonFor(purpose));
  if (!purposes.includes(PURPOSES[purpose]))
    throw bad(certificate, 'is not for signing code', reasonFor(purpose));
}

/** @param below authorities between this one and the first certificate */
function requireAuthority(certificate: Certificate, below: number, purpose: Purpose): void {
  const reason = reasonFor(purpose);
  const constraints = constraintsOf(certificate);
  if (constraints?.isAuthority !== true || !constraints.critical)
    throw bad(certificate, 'issued another one and is no authority', reason);
  if (constraints.below !== undefined && constraints.below < below)
    throw bad(
      certificate,
      `allows ${constraints.below} authorities below it, and there are ${below}`,
      reason,
    );
  if (!usageOf(certificate, purpose).has(USAGE.keyCertSign))
    throw bad(certificate, 'has a key that is not for certificates', reason);
  const purposes = purposesOf(certificate);
  if (purposes !== undefined && !purposes.includes(PURPOSES[purpose]) && !purposes.includes(ANY_PURPOSE))
    throw bad(certificate, 'is an authority for other purposes', reason);
}

function constraintsOf({ extensions }: Certificate) {
  const extension = extensions.get(EXTENSION.basicConstraints);
  if (extension === undefined) return undefined;
  const items = new DerItems(readDer(extension.value), 'basic constraints');
  const isAuthority = items.takeIf(DER.boolean);
  const below = items.takeIf(DER.integer);
  items.end();
  return {
    critical: extension.critical,
    isAuthority: isAuthority !== undefined && booleanOf(isAuthority),
    below: below && numberOf(below),
  };
}

/** The specification only asks that it be critical where code is signed. */
function usageOf(certificate: Certificate, purpose: Purpose): ReadonlySet<number> {
  const extension = certificate.extensions.get(EXTENSION.keyUsage);
  if (extension === undefined || (purpose === 'code-signing' && !extension.critical))
    throw bad(certificate, 'does not say critically what its key is for', reasonFor(purpose));
  return bitsOf(readDer(extension.value));
}

function reasonFor(purpose: Purpose): RejectionReason {
  return purpose === 'code-signing' ? 'bad-certificate' : 'bad-timestamp';
}

function bad(certificate: Certificate, why: string, reason: RejectionReason): NotationFault {
  return new NotationFault(reason, `the certificate ${nameOf(certificate)} ${why}`);
}
