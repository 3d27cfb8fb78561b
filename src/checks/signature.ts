import { PratiqueError } from '../errors.ts';
import type { Finding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import { printable } from '../model/printable.ts';
import { type Evidence, isSignature, type RejectedEvidence } from '../model/trusted.ts';
import type { ImageRule } from '../policy/policy.ts';
import type { CheckContext, StatementCheck } from './check.ts';
import { atField, makeFinding } from './make-finding.ts';

const SHOWN = 5; // details of one finding

/**
 * Demands a signature by one of the signers of `signed-by`. What only attests something about the image is no signature
 * (see `isSignature`). Without `signed-by` nothing is demanded.
 */
export const signature: StatementCheck = {
  id: 'signature',
  reads: 'statements',
  run(evidence, image, { rule }: CheckContext) {
    if (rule === undefined) return [];
    if (rule.unsupported.length > 0)
      throw unsupported(`${rule.unsupported.map((one) => printable(one)).join(', ')} cannot be verified yet`);
    if (rule.signedBy.length === 0) return [];
    const demanded = new Set(rule.signedBy.map(({ name }) => name));
    if (evidence.some((one) => isSignature(one) && demanded.has(one.signer))) return [];
    requireKeys(rule, evidence);
    return [explain(evidence, image, [...demanded])];
  },
  demands: ({ rule }) => rule !== undefined && (rule.signedBy.length > 0 || rule.unsupported.length > 0),
  note(evidence, context) {
    const signers = [...new Set(evidence.filter(isSignature).map(({ signer }) => printable(signer)))];
    if (signers.length > 0) return `signed by ${signers.join(', ')}`;
    if (this.demands(context)) return undefined;
    return evidence.length === 0
      ? 'not signed, and not demanded'
      : `signed, by nobody the policy knows; not demanded`;
  },
};

/** Where a keyless signer is demanded, and it may be theirs, "no signature by a key" does not mean unsigned. */
function requireKeys({ signedBy }: ImageRule, evidence: readonly Evidence[]): void {
  const keyless = signedBy.filter(({ kind }) => kind === 'keyless');
  if (keyless.length === 0) return;
  const open = evidence.some((one) => one.state === 'rejected' && one.reason === 'keyless-unsupported');
  if (keyless.length === signedBy.length || open)
    throw unsupported('keyless signatures cannot be verified yet, and only one could meet the demand');
}

function unsupported(why: string): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', {
    what: 'the policy demands what this version cannot verify',
    why,
    next: 'name a signer with a key in signed-by, or use a version that can',
  });
}

function explain(evidence: readonly Evidence[], image: Image, demanded: readonly string[]): Finding {
  const wanted = demanded.map((name) => printable(name)).join(' or ');
  const others = [...new Set(evidence.filter(isSignature).map(({ signer }) => printable(signer)))];
  const rejected = evidence.filter((one) => one.state === 'rejected');
  const strange = rejected.filter(({ reason }) => reason === 'other-key' || reason === 'no-known-key');
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
    remedy: 'Sign the image by its digest: cosign sign --key KEY IMAGE@sha256:…',
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
