import { quoted } from '../../model/printable.ts';
import type { Reference } from '../../model/reference.ts';
import type { Policy } from '../../policy/policy.ts';
import { ruleFor, settingOf } from '../../policy/settings.ts';
import { judgeHost } from './likeness/judge-host.ts';
import { knownNamesOf } from './lookalike.ts';

/** What a host imitates that a registry names, and whether the policy only warns of that. */
export interface ImitatedHost {
  /** printable clause */
  readonly why: string;
  readonly isOnlyTold: boolean;
}

/**
 * Judges a host that a registry sends us to, a token server or the target of a redirect, as `name.lookalike` judges the host of a
 * name: `https://ghrc.io/token` is there to be given what is meant for ghcr.io.
 * @param host as in a URL, with its port
 * @param reference the image that is asked for; its rule of the policy says how grave an imitation is
 */
export function imitatedHost(
  host: string,
  reference: Reference | undefined,
  policy: Policy,
): ImitatedHost | undefined {
  const { level } = settingOf(policy, ruleFor(policy, reference), 'name.lookalike');
  if (level === 'off') return undefined;
  const found = judgeHost(host, knownNamesOf(policy).hosts, policy.lookalikes.maxDistance);
  if (found === undefined) return undefined;
  return {
    why: `${quoted(host)} could be taken for ${found.host}: ${found.why}`,
    isOnlyTold: level === 'warn',
  };
}
