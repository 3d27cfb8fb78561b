import { PratiqueError } from '../errors.ts';
import type { Descriptor } from '../model/descriptor.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import type { Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';

const REASONS_TOLD = 3;

/**
 * Judges the copy under the names that it will have at the target. A policy demands by name: what it lets in from
 * staging says nothing of production, and an attestation that names the target would say it.
 * @param check the gate's; layers that it has scanned once it does not scan again
 * @param tags at least one
 * @returns the verdict under the first of them
 * @throws {PratiqueError} `NOT_ATTESTABLE` where one of the names is not admitted
 */
export async function judgeAtTarget(
  check: (target: Target) => Promise<Verdict>,
  { registry, repository }: Reference,
  tags: readonly string[],
  { digest }: Descriptor,
): Promise<Verdict> {
  const verdicts: Verdict[] = [];
  for (const tag of tags) {
    const reference = { registry, repository, tag, digest };
    const text = formatReference(reference);
    const verdict = await check({ kind: 'registry', text, reference });
    if (verdict.result !== 'admitted' || verdict.subject?.digest !== digest) throw notAdmitted(text, verdict);
    verdicts.push(verdict);
  }
  const [first] = verdicts;
  if (first === undefined)
    throw new PratiqueError('INTERNAL', { what: 'there is no name to judge it under' });
  return first;
}

function notAdmitted(where: string, verdict: Verdict): PratiqueError {
  return new PratiqueError('NOT_ATTESTABLE', {
    what: 'the image is not admitted under the name that it would be attested for',
    where,
    why: `${verdict.result}: ${reasonsOf(verdict).join('; ')}`,
    next: 'let the policy admit it there as well (sources.allow, images), or promote it without a key',
  });
}

function reasonsOf({ faults, images }: Verdict): readonly string[] {
  const findings = images.flatMap(({ ruled }) => ruled.flatMap((one) => one.findings));
  const counting = findings.filter(({ level, excepted }) => level === 'fail' && excepted === undefined);
  const texts = [...faults.map(({ message }) => message), ...counting.map(({ finding }) => finding.message)];
  return [...new Set(texts)].slice(0, REASONS_TOLD);
}
