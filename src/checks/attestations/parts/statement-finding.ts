import type { PratiqueError } from '../../../errors.ts';
import { formatPlatform } from '../../../model/descriptor.ts';
import type { Finding, Severity } from '../../../model/finding.ts';
import type { Image } from '../../../model/image.ts';
import type { AnyEvidence } from '../../../model/trusted.ts';
import { makeFinding } from '../../make-finding.ts';

const SHOWN = 5; // details of one finding

interface Told {
  readonly rule: string;
  readonly severity?: Severity;
  /** printable */
  readonly message: string;
  readonly remedy: string;
  /** names of the signers, any of whom would do */
  readonly demanded: readonly string[];
  readonly details: readonly string[];
  /** what else tells it from another finding of the rule */
  readonly same?: readonly string[];
}

/** A finding about what is stated of an image. */
export function aboutStatements(image: Image, told: Told): Finding {
  const { rule, severity = 'high', message, remedy, demanded, same = [] } = told;
  const details = [...new Set(told.details)].slice(0, SHOWN);
  const where = { image: image.manifest.digest, platform: formatPlatform(image.platform) };
  return makeFinding(
    { rule, severity, confidence: 'verified', message, remedy, where, args: { demanded, details } },
    [image.manifest.digest, ...same],
  );
}

/**
 * Why it is not known whether documents in the index are a demanded signer's: their list is signed, and whether that holds could not
 * be found out. A signature of the image itself states nothing, and is not asked here.
 */
export function unsettledList(
  evidence: readonly AnyEvidence[],
  signedBy: readonly { readonly name: string }[],
): PratiqueError | undefined {
  const demanded = new Set(signedBy.map(({ name }) => name));
  const lists = evidence.flatMap((one) => (one.state === 'rejected' && one.form === 'buildkit' ? [one] : []));
  return lists.find(({ unsettled }) => unsettled && demanded.has(unsettled.signer))?.unsettled?.fault;
}

/** Why what lies beside an image counts for nothing. Bare signatures and attestations alike: what it was, only its content says. */
export function rejectedDetails(evidence: readonly AnyEvidence[]): readonly string[] {
  return evidence.flatMap((one) => (one.state === 'rejected' ? [one.detail] : []));
}
