import { createGate } from '../../src/gate.ts';
import { parseReference } from '../../src/model/reference.ts';
import { parseTarget } from '../../src/model/target.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { PromotionGate, PromotionRequest } from '../../src/promote/promote-image.ts';
import { openSource } from '../../src/sources/open.ts';
import type { RegistryOptions } from '../../src/sources/registry/registry-options.ts';
import { openRegistryTarget } from '../../src/sources/registry/registry-target.ts';
import type { Docks } from './docks.ts';

/** What a test does to a gate. */
export interface GateChanges {
  readonly env?: RegistryOptions['env'];
  /** called when the verdict is there, and nothing was copied yet */
  readonly afterCheck?: () => void;
  /** a verdict from before, so that the image is not read again */
  readonly verdict?: Verdict;
  /** bytes of the chunks that large blobs are sent in */
  readonly chunkBytes?: number;
}

/** A real gate with the policy of the docks, which does not really wait before it tries again. */
export async function promotionGate({ stage }: Docks, changes: GateChanges = {}): Promise<PromotionGate> {
  const { env = {}, afterCheck, verdict, chunkBytes } = changes;
  const policy = await loadPolicy({ cwd: stage.folder, env: {}, now: new Date() });
  const gate = createGate({ policy, env });
  const options = { env, limits: policy.limits, now: Date.now, warn: () => {}, sleep: async () => {} };
  return {
    policy,
    async check(target) {
      const judged = verdict ?? (await gate.check(target));
      afterCheck?.();
      return judged;
    },
    open: (target) => openSource(target, options),
    collector: gate.collector,
    openTarget: (reference) =>
      openRegistryTarget(reference, { ...options, ...(chunkBytes !== undefined && { chunkBytes }) }),
  };
}

/** From a name to a repository of the harbour. */
export function requestOf(
  { harbour }: Docks,
  name: string,
  repository: string,
  ...tags: string[]
): PromotionRequest {
  return { source: parseTarget(name), target: parseReference(`${harbour.host}/${repository}`), tags };
}
