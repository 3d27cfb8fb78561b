import { PratiqueError, toPratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { quoted } from '../../model/printable.ts';
import { matchesSubject } from '../../model/subject-pattern.ts';
import type { NotationSigner, TrustMeans } from '../keyring.ts';
import { nameOf, requireValid } from './certificate-chain.ts';
import { NotationFault, readingAs } from './notation-fault.ts';
import { type AskRevocation, openRevocation, requireNotRevoked } from './revocation/revocation.ts';
import { type ProvedTime, verifyTimestamp } from './timestamp.ts';
import { isAmong, type NotationSignature, requireTarget, verifyNotation } from './verify-notation.ts';
import { type Certificate, readCertificate } from './x509/certificate.ts';
import { readSubject } from './x509/subject.ts';

/** Who of the policy's signers made a signature, and what they wrote beside it. */
export interface NotationFound {
  readonly signers: readonly { readonly name: string; readonly unchecked?: string }[];
  /** who made it but for what could not be found out, and the policy demands to know */
  readonly unsettled: readonly { readonly name: string; readonly fault: PratiqueError }[];
  readonly annotations: ReadonlyMap<string, string>;
}

/**
 * Finds who made a signature over `about`.
 * @throws {NotationFault} why it counts for nothing
 */
export type FindNotation = (
  bytes: Uint8Array,
  mediaType: string,
  about: Descriptor,
) => Promise<NotationFound>;

/** One signer of the policy, with its certificates read. */
interface Trust {
  readonly signer: NotationSigner;
  readonly authorities: readonly Certificate[];
  readonly timestampAuthorities: readonly Certificate[];
}

/** A clock may be this much ahead of ours, milliseconds. */
const SKEW = 300_000;

/**
 * Opens the signers' certificates.
 * @throws {PratiqueError} `KEY_INVALID` for one that cannot be read; `INTERNAL` where nobody said what time it is: certificates
 *   that have expired would count
 */
export function openNotation(
  signers: readonly NotationSigner[],
  { now, fetchUrl }: TrustMeans,
): FindNotation {
  if (now === undefined)
    throw new PratiqueError('INTERNAL', { what: 'certificates were to be checked without a clock' });
  const trusts = signers.map(openTrust);
  const askRevocation = fetchUrl && openRevocation(fetchUrl, now);
  const isRoot = (root: Certificate) => trusts.some(({ authorities }) => isAmong(authorities, root));
  return async (bytes, mediaType, about) => {
    const signature = judging(() => verifyNotation(bytes, mediaType, isRoot));
    requireTarget(signature.target, about);
    const { expiry } = signature.envelope;
    if (expiry !== undefined && expiry <= now)
      throw new NotationFault('expired', `it counts until ${expiry.toISOString()} only, as its signer says`);
    const found: NotationFound['signers'][number][] = [];
    const unsettled: NotationFound['unsettled'][number][] = [];
    const faults: NotationFault[] = [];
    for (const trust of trusts) {
      try {
        const chains = judging(() => requireBy(trust, signature, now));
        const unchecked = await requireCurrent(trust, chains, askRevocation);
        found.push({ name: trust.signer.name, ...(unchecked !== undefined && { unchecked }) });
      } catch (thrown) {
        if (thrown instanceof PratiqueError) unsettled.push({ name: trust.signer.name, fault: thrown });
        else if (thrown instanceof NotationFault) faults.push(thrown);
        else throw thrown;
      }
    }
    if (found.length + unsettled.length === 0) throw graveOf(faults);
    return { signers: found, unsettled, annotations: signature.target.annotations };
  };
}

/** Whatever is thrown over content that is here is a fault of the content: a crash must never look like a signature. */
function judging<T>(judge: () => T): T {
  try {
    return judge();
  } catch (thrown) {
    if (thrown instanceof NotationFault) throw thrown;
    throw new NotationFault('malformed', toPratiqueError(thrown).message);
  }
}

/**
 * Makes sure that a signature is by this signer, and was made while its certificates were valid.
 * @returns the chains whose revocation is to be asked for
 */
function requireBy(
  { signer, authorities, timestampAuthorities }: Trust,
  { envelope, chain }: NotationSignature,
  now: Date,
): readonly (readonly Certificate[])[] {
  const root = chain.at(-1);
  if (root === undefined || !isAmong(authorities, root))
    throw new NotationFault(
      'other-key',
      `signed under another authority than those of ${quoted(signer.name)}`,
    );
  // A root that is trusted to issue is not thereby trusted to say when something was signed.
  const store = envelope.scheme === 'notary.x509' ? 'ca' : 'signing-authority';
  if (store !== signer.store)
    throw new NotationFault(
      'other-key',
      `its scheme is ${envelope.scheme}, and the policy trusts its root for the other one`,
    );
  requireIdentity(signer, chain);
  if (envelope.scheme === 'notary.x509.signingAuthority') {
    const span = { from: envelope.signingTime, to: envelope.signingTime };
    if (envelope.signingTime.getTime() - now.getTime() > SKEW)
      throw new NotationFault('bad-timestamp', 'it says that it was made in the future');
    requireValid(chain, span, 'when it was signed');
    return [chain];
  }
  const proved = provedTime(signer, timestampAuthorities, { envelope, chain }, now);
  if (proved === undefined) {
    requireValid(chain, { from: now, to: now }, 'today, and nothing proves when it was signed');
    return [chain];
  }
  if (proved.span.from.getTime() - now.getTime() > SKEW)
    throw new NotationFault('bad-timestamp', 'its timestamp is of the future');
  requireValid(chain, proved.span, 'when it was stamped');
  return [chain, proved.chain];
}

/** @see Notary Project, trust-store-trust-policy.md, "Timestamp Countersignature Verification details" */
function provedTime(
  { timestamp }: NotationSigner,
  roots: readonly Certificate[],
  { envelope, chain }: Pick<NotationSignature, 'envelope' | 'chain'>,
  now: Date,
): ProvedTime | undefined {
  if (roots.length === 0) return undefined;
  if (timestamp === 'after-expiry' && chain.every(({ notAfter }) => now <= notAfter)) return undefined;
  if (envelope.timestamp === undefined)
    throw new NotationFault('bad-timestamp', 'it carries no timestamp, and the policy demands one');
  return verifyTimestamp(envelope.timestamp, envelope.signature, roots);
}

function requireIdentity({ identities }: NotationSigner, [leaf]: readonly Certificate[]): void {
  if (identities === 'any') return;
  const subject =
    leaf && readingAs('bad-certificate', 'the subject of its certificate', () => readSubject(leaf.subject));
  if (subject !== undefined && identities.some((pattern) => matchesSubject(pattern, subject))) return;
  const who = leaf === undefined ? '' : nameOf(leaf);
  throw new NotationFault('other-identity', `signed by ${who}, whom the policy does not name`);
}

/**
 * What could not be found out of revocations, as a clause.
 * @throws {NotationFault} `revoked`; {PratiqueError} `NETWORK` where the policy demands to know, and nobody answers
 */
async function requireCurrent(
  { signer: { name, revocation } }: Trust,
  chains: readonly (readonly Certificate[])[],
  askRevocation: AskRevocation | undefined,
): Promise<string | undefined> {
  if (revocation === 'skip') return 'whether its certificates are revoked was not asked';
  const unknown: string[] = [];
  if (askRevocation === undefined) unknown.push('no server can be asked from here');
  else for (const chain of chains) unknown.push(...(await requireNotRevoked(chain, askRevocation)));
  if (unknown.length === 0) return undefined;
  const why = unknown.join('; ');
  if (revocation === 'best-effort')
    return `whether its certificates are revoked could not be found out: ${why}`;
  throw new PratiqueError('NETWORK', {
    what: 'whether a certificate is revoked could not be found out',
    where: `signer ${quoted(name)}`,
    why,
    next: 'try again, or say revocation: best-effort in the policy',
  });
}

/** The one that says most: what another signer is missing says nothing of this signature. */
function graveOf(faults: readonly NotationFault[]): NotationFault {
  const isStrange = ({ reason }: NotationFault) => reason === 'other-key' || reason === 'other-identity';
  return (
    faults.find((one) => !isStrange(one)) ??
    faults.find(({ reason }) => reason === 'other-identity') ??
    faults[0] ??
    new NotationFault('other-key', 'signed with Notation, and the policy names no such signer')
  );
}

function openTrust(signer: NotationSigner): Trust {
  const read = (text: string) => readCertificate(Buffer.from(text, 'base64'));
  try {
    return {
      signer,
      authorities: signer.authorities.map(read),
      timestampAuthorities: signer.timestampAuthorities.map(read),
    };
  } catch (thrown) {
    throw new PratiqueError('KEY_INVALID', {
      what: `a certificate of the signer ${quoted(signer.name)} cannot be used`,
      why: thrown instanceof Error ? thrown.message : String(thrown),
    });
  }
}
