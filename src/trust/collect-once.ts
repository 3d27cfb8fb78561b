import type { Limits } from '../io/limits.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Digest } from '../model/digest.ts';
import type { ImageSource } from '../model/image-source.ts';
import type { Evidence, Signer } from '../model/trusted.ts';
import { collectEvidence } from './collect-evidence.ts';
import type { TrustMeans } from './keyring.ts';

/** Everything beside some digests; throws as `collectEvidence` does. */
export type CollectEvidence = (about: readonly Descriptor[]) => Promise<readonly Evidence[]>;

/**
 * Makes a collector that looks beside each digest once: platforms share the index above them.
 * @param signersNow has the policy's signers with their trust roots; asked once, when the first evidence is looked for
 */
export function makeCollector(
  source: ImageSource,
  signersNow: () => Promise<ReadonlyMap<string, Signer>>,
  limits: Limits,
  means: TrustMeans,
): CollectEvidence {
  const collected = new Map<Digest, Promise<readonly Evidence[]>>();
  let known: ReturnType<typeof signersNow> | undefined;
  return async (about) => {
    known ??= signersNow();
    const signers = await known;
    const all: Evidence[] = [];
    for (const one of about) {
      const found = collected.get(one.digest) ?? collectEvidence(source, [one], signers, limits, means);
      collected.set(one.digest, found);
      all.push(...(await found));
    }
    return all;
  };
}
