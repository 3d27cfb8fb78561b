import { PratiqueError } from '../errors.ts';
import { severalAtOnce } from '../io/several-at-once.ts';
import type { Digest } from '../model/digest.ts';
import { companionState } from './companion.ts';
import { type Copying, readList } from './execute-plan.ts';
import type { Stage, Step } from './plan.ts';

/**
 * Asks the target once more for every piece of a plan, after the last was written: each manifest is read and its
 * digest computed, each blob is asked for by digest and size, each signature must be found where verifiers look.
 * What a registry answered to a write is not taken for what it has.
 * @throws {PratiqueError} `NOT_FOUND`, `DIGEST_MISMATCH`, `SIZE_MISMATCH`, or a transport fault
 */
export async function verifyTarget(plan: readonly Stage[], copying: Copying): Promise<void> {
  const lists = new Map<Digest, ReadonlySet<Digest>>();
  for (const step of plan.flat())
    if (step.kind === 'referrer' && !lists.has(step.about.digest))
      lists.set(step.about.digest, await readList(copying.target, step.about));
  await severalAtOnce(plan.flat(), copying.jobs, async (step) => {
    if (!(await isThere(step, copying, lists))) throw missing(step, copying.target.name);
  });
}

async function isThere(
  step: Step,
  { source, target, limits }: Copying,
  lists: ReadonlyMap<Digest, ReadonlySet<Digest>>,
): Promise<boolean> {
  if (step.kind === 'blob') return target.hasBlob(step.what);
  if (step.kind === 'companion') return (await companionState(source, target, step, limits)) === 'holds';
  await target.manifest(step.what);
  return step.kind === 'manifest' || lists.get(step.about.digest)?.has(step.what.digest) === true;
}

function missing({ kind, what }: Step, name: string): PratiqueError {
  return new PratiqueError('NOT_FOUND', {
    what: `the target took a ${kind} and does not have it`,
    where: `${what.digest} in ${name}`,
    why: 'no tag was moved',
    next: 'run the same again; what is there already is not sent twice',
  });
}
