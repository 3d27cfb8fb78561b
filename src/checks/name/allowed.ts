import { PratiqueError } from '../../errors.ts';
import type { Finding } from '../../model/finding.ts';
import { formatImagePattern, matchesImage } from '../../model/image-pattern.ts';
import { printable, quoted } from '../../model/printable.ts';
import { formatReference, type Reference } from '../../model/reference.ts';
import { allowsImage, formatAllowEntry, seemsToAllow } from '../../policy/allow-entry.ts';
import type { AllowEntry, Sources } from '../../policy/policy.ts';
import type { CheckContext, NameCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';

/** Holds the name against `sources`: deny beats allow, and what nothing allows is refused. Without sources any name passes. */
export const nameAllowed: NameCheck = {
  id: 'name.allowed',
  reads: 'name',
  run(reference, { policy: { sources }, now }: CheckContext) {
    if (sources === undefined) return [];
    if (reference === undefined) throw nameless();
    const day = dayOf(now);
    return [
      ...denied(reference, sources),
      ...notAllowed(reference, sources, day),
      ...undigested(reference, sources),
    ];
  },
  note(reference, { policy: { sources }, now }) {
    if (sources === undefined) return 'any source is allowed';
    const fitting = reference === undefined ? [] : allowing(reference, sources);
    const entry = fitting.find((one) => isInForce(one, dayOf(now)));
    return entry === undefined ? undefined : `allowed by ${printable(entry.origin)}`;
  },
};

function denied(reference: Reference, { deny }: Sources): readonly Finding[] {
  const pattern = deny.find((one) => matchesImage(one, reference));
  if (pattern === undefined) return [];
  const line = formatImagePattern(pattern);
  return [
    finding('name.denied', reference, {
      message: `the policy denies ${quoted(line)}`,
      remedy: 'Use an image that the policy allows',
      pattern: line,
    }),
  ];
}

function notAllowed(reference: Reference, sources: Sources, day: string): readonly Finding[] {
  const fitting = allowing(reference, sources);
  if (fitting.some((entry) => isInForce(entry, day))) return [];
  const [late] = fitting;
  const words = late === undefined ? strange(reference, sources) : expired(late);
  return [finding('name.not-allowed', reference, { ...words, ...patternOf(late) })];
}

type Words = { readonly message: string; readonly remedy: string };

function expired({ until, origin }: AllowEntry): Words {
  return {
    message: `it was allowed until ${until} (${printable(origin)})`,
    remedy: 'Have the owner of the allow-list look at it again and set another day',
  };
}

function strange(reference: Reference, { allow }: Sources): Words {
  const name = quoted(formatReference(reference));
  const claimed = allow.find((entry) => seemsToAllow(entry, reference));
  if (claimed === undefined)
    return {
      message: `no line of the policy allows ${name}`,
      remedy: 'Use an image that the policy allows, or have its name added to an allow-list',
    };
  return {
    message: `${printable(claimed.origin)} allows ${name} by its tag, and beside a digest a tag is only a claim`,
    remedy: 'Name the image by its tag alone, or have its digest or its repository allowed',
  };
}

function allowing(reference: Reference, { allow }: Sources): readonly AllowEntry[] {
  return allow.filter((entry) => allowsImage(entry, reference));
}

/** An entry counts until its last day is over. */
function isInForce({ until }: AllowEntry, day: string): boolean {
  return until === undefined || day <= until;
}

function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}

function patternOf(entry: AllowEntry | undefined): { pattern?: string } {
  return entry === undefined ? {} : { pattern: formatAllowEntry(entry) };
}

/** `deploy` is the business of `pratique admit`. */
function undigested(reference: Reference, { requireDigest }: Sources): readonly Finding[] {
  if (requireDigest !== 'always' || reference.digest !== undefined) return [];
  return [
    finding('name.undigested', reference, {
      message: 'the name has no digest, and a tag can be moved to another image',
      remedy: 'Name the image with its digest: repository@sha256:…',
    }),
  ];
}

function finding(
  rule: string,
  reference: Reference,
  { message, remedy, ...args }: { message: string; remedy: string; pattern?: string },
): Finding {
  const name = formatReference(reference);
  return makeFinding(
    { rule, severity: 'high', confidence: 'verified', message, remedy, where: {}, args: { name, ...args } },
    [name],
  );
}

function nameless(): PratiqueError {
  return new PratiqueError('NAME_UNKNOWN', {
    what: 'the image has no name to hold against the sources of the policy',
    why: 'a folder or archive has none of its own',
    next: 'say which name it will have: --as NAME',
  });
}
