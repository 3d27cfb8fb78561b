import type { Finding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import { printable } from '../model/printable.ts';
import {
  type AnyEvidence,
  isSignature,
  type RejectedEvidence,
  type RejectionReason,
  type Signer,
  type VerifiedEvidence,
} from '../model/trusted.ts';
import type { ImageRule } from '../policy/policy.ts';
import type { CheckContext, StatementCheck } from './check.ts';
import { atField, makeFinding } from './make-finding.ts';

const SHOWN = 5; // details of one finding
/** Sound signatures, as far as can be told, by somebody whom nobody asked for. */
const STRANGE: ReadonlySet<RejectionReason> = new Set(['other-key', 'other-identity', 'no-known-key']);

/**
 * Demands a signature by one of the signers of `signed-by`. What only attests something about the image is no signature
 * (see `isSignature`). Without `signed-by` nothing is demanded.
 */
export const signature: StatementCheck = {
  id: 'signature',
  reads: 'statements',
  run(evidence, image, { rule }: CheckContext) {
    if (rule === undefined) return [];
    if (rule.signedBy.length === 0) return [];
    const demanded = new Set(rule.signedBy.map(({ name }) => name));
    if (evidence.some((one) => isSignature(one) && demanded.has(one.signer))) return [];
    requireSettled(evidence, demanded);
    return [explain(evidence, image, rule.signedBy)];
  },
  demands: ({ rule }) => rule !== undefined && rule.signedBy.length > 0,
  note(evidence, context) {
    const signers = [...new Set(evidence.filter(isSignature).map(nameWithRest))];
    if (signers.length > 0) return `signed by ${signers.join(', ')}`;
    if (this.demands(context)) return undefined;
    const [open] = evidence.flatMap((one) => (one.state === 'rejected' && one.unsettled) || []);
    if (open !== undefined)
      return `signed by ${printable(open.signer)}, as far as could be found out; not demanded`;
    return evidence.every(isAttestation)
      ? 'not signed, and not demanded'
      : `signed, by nobody the policy knows; not demanded`;
  },
};

/** One that counts for nothing is no signature that fails: cosign keeps the two under tags of their own. */
function isAttestation({ form }: AnyEvidence): boolean {
  return form === 'cosign-attestation';
}

/** A demanded signature may hold: "could not find out" is not "does not". */
function requireSettled(evidence: readonly AnyEvidence[], demanded: ReadonlySet<string>): void {
  for (const one of evidence) {
    if (one.state === 'rejected' && one.unsettled && demanded.has(one.unsettled.signer))
      throw one.unsettled.fault;
  }
}

/** A signer, and what was not found out of its signature. */
function nameWithRest({ signer, unchecked }: VerifiedEvidence): string {
  return unchecked === undefined ? printable(signer) : `${printable(signer)} (${unchecked})`;
}

function isKeyless({ kind }: Signer): boolean {
  return kind === 'keyless';
}

function explain(evidence: readonly AnyEvidence[], image: Image, signedBy: ImageRule['signedBy']): Finding {
  const demanded = signedBy.map(({ name }) => name);
  const wanted = demanded.map((name) => printable(name)).join(' or ');
  const others = [...new Set(evidence.filter(isSignature).map(({ signer }) => printable(signer)))];
  const rejected = evidence.filter((one) => one.state === 'rejected').filter((one) => !isAttestation(one));
  const strange = rejected.filter(({ reason }) => STRANGE.has(reason));
  const broken = rejected.filter((one) => !strange.includes(one));
  if (others.length > 0)
    return about(image, 'signature.other-signer', {
      message: `it is signed by ${others.join(', ')}, and ${wanted} is demanded`,
      remedy: 'Have it signed by a signer that the policy demands',
      demanded,
      details: others,
    });
  if (broken.length > 0)
    return about(image, 'signature.invalid', {
      message: `it has no valid signature by ${wanted}: ${broken[0]?.detail ?? ''}`,
      remedy: 'Sign it again; a signature that does not hold can also mean that someone put it there',
      demanded,
      details: detailsOf(broken),
    });
  if (strange.length > 0)
    return about(image, 'signature.other-signer', {
      message: `it is signed, but not by ${wanted}`,
      remedy: 'Have it signed by a signer that the policy demands',
      demanded,
      details: detailsOf(strange),
    });
  return about(image, 'signature.missing', {
    message: `it is not signed, and the policy demands ${wanted}`,
    remedy: `Sign the image by its digest: ${commandFor(signedBy)} IMAGE@sha256:…`,
    demanded,
    details: [],
  });
}

function commandFor(signedBy: ImageRule['signedBy']): string {
  if (signedBy.every(({ kind }) => kind === 'notation')) return 'notation sign';
  return signedBy.every(isKeyless) ? 'cosign sign' : 'cosign sign --key KEY';
}

function detailsOf(rejected: readonly RejectedEvidence[]): readonly string[] {
  return [...new Set(rejected.map(({ detail }) => detail))].slice(0, SHOWN);
}

function about(
  image: Image,
  rule: string,
  {
    message,
    remedy,
    demanded,
    details,
  }: { message: string; remedy: string; demanded: readonly string[]; details: readonly string[] },
): Finding {
  const { image: digest, platform } = atField(image, '');
  const where = { ...(digest && { image: digest }), ...(platform !== undefined && { platform }) };
  return makeFinding(
    { rule, severity: 'high', confidence: 'verified', message, remedy, where, args: { demanded, details } },
    [image.manifest.digest],
  );
}
