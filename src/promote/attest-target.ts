import type { SignedBundle } from '../attest/bundle.ts';
import type { Seal } from '../attest/seal.ts';
import { PratiqueError } from '../errors.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { ImageSource } from '../model/image-source.ts';
import type { ImageTarget } from '../model/image-target.ts';
import type { Reference } from '../model/reference.ts';
import { PREDICATE } from '../model/statement.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { readList } from './execute-plan.ts';

/** The place that is attested: the target, by digest, and what it is attested with. */
export interface Attesting {
  readonly seal: Seal;
  readonly reference: Reference;
  readonly policy: Policy;
}

/**
 * Signs the verdict for the target.
 * @returns the bundles that are to be pushed; none where the same is attached there already, and not more than half of its time is
 *   over. So a second run attaches nothing, and a late one renews
 * @throws {PratiqueError} `NOT_ATTESTABLE`, `SIGNING_FAILED`; what kept it from being found out
 */
export async function signFor(
  source: ImageSource,
  verdict: Verdict,
  { seal, reference, policy: { attest, limits } }: Attesting,
  now: Date,
): Promise<readonly SignedBundle[]> {
  const { statementsOf } = await import('../attest/attest-verdict.ts'); // seldom asked for
  const { areAttached } = await import('../attest/attached.ts');
  const { validForSeconds } = attest;
  const unsigned = statementsOf(verdict, reference, { validForSeconds });
  const { bundles, signer } = await seal(unsigned);
  return (await areAttached(source, unsigned, { signer, limits, now })) ? [] : bundles;
}

/** A referrer that was pushed, and what it is about. */
export interface Attached {
  readonly about: Descriptor;
  readonly what: Descriptor;
}

/**
 * Pushes the bundles beside what each is about; summaries last, since whoever finds one takes it that
 * what lies behind it is there too.
 * @throws {PratiqueError} a fault of the registry
 */
export async function attachAll(
  source: ImageSource,
  bundles: readonly SignedBundle[],
): Promise<readonly Attached[]> {
  const { attachVerdict } = await import('../attest/attach.ts');
  const isSummary = ({ predicateType }: SignedBundle) => predicateType === PREDICATE.vsa;
  const ordered = [...bundles.filter((bundle) => !isSummary(bundle)), ...bundles.filter(isSummary)];
  const attached: Attached[] = [];
  for (const bundle of ordered)
    attached.push({ about: bundle.about, what: await attachVerdict(source, bundle.about, bundle) });
  return attached;
}

/**
 * Looks whether verifiers will find what was attached. What a registry answered to a write is not what it has.
 * @throws {PratiqueError} `ATTACH_FAILED` where it is not listed; a fault of the target
 */
export async function requireListed(target: ImageTarget, attached: readonly Attached[]): Promise<void> {
  for (const { about, what } of attached) {
    await target.manifest(what);
    if ((await readList(target, about)).has(what.digest)) continue;
    throw new PratiqueError('ATTACH_FAILED', {
      what: 'the target took our attestation and does not list it',
      where: `${what.digest}, beside ${about.digest} in ${target.name}`,
      why: 'no tag was moved',
      next: 'run the same again; what is there already is not sent twice',
    });
  }
}
