import type { Finding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import { printable } from '../model/printable.ts';
import {
  type AnyEvidence,
  isSignature,
  type RejectedEvidence,
  type RejectionReason,
  type Signer,
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
    return [explain(evidence, image, rule.signedBy)];
  },
  demands: ({ rule }) => rule !== undefined && rule.signedBy.length > 0,
  note(evidence, context) {
    const signers = [...new Set(evidence.filter(isSignature).map(({ signer }) => printable(signer)))];
    if (signers.length > 0) return `signed by ${signers.join(', ')}`;
    if (this.demands(context)) return undefined;
    return evidence.every(isAttestation)
      ? 'not signed, and not demanded'
      : `signed, by nobody the policy knows; not demanded`;
  },
};

/** One that counts for nothing is no signature that fails: cosign keeps the two under tags of their own. */
function isAttestation({ form }: AnyEvidence): boolean {
  return form === 'cosign-attestation';
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
    remedy: `Sign the image by its digest: cosign sign ${signedBy.every(isKeyless) ? '' : '--key KEY '}IMAGE@sha256:…`,
    demanded,
    details: [],
  });
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
