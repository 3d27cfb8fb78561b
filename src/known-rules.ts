import { PratiqueError } from './errors.ts';
import { printable, quoted } from './model/printable.ts';
import type { Policy } from './policy/policy.ts';
import { contentRulesNamed } from './policy/rules-named.ts';
import { MINER_RULES } from './scan/miners/judgements.ts';
import { RULE_SET } from './scan/rule-set.ts';
import { UNSCANNED_RULE } from './scan/unpack/unscanned.ts';
import { YARA_UNSCANNED_RULE } from './scan/yara/yara-hit.ts';
import type { YaraRules } from './scan/yara/yara-rules.ts';

/**
 * The policy's reader knows the checks, and not the rules that are data: these are held against it here.
 * @param yara the policy's YARA rules; absent where nothing is judged by them, and then their ids are not held
 * @throws {PratiqueError} `POLICY_INVALID` for a rule of contents that there is not: its level would change nothing
 */
export function requireKnownRules(policy: Policy, yara: YaraRules | undefined): void {
  const isYaraKnown = yara !== undefined || policy.yara === undefined;
  const known = new Set([
    ...[...RULE_SET.secrets, ...RULE_SET.files, ...policy.rules].map(({ id }) => id),
    ...MINER_RULES,
    UNSCANNED_RULE,
    ...(yara === undefined ? [] : ['yara', YARA_UNSCANNED_RULE, ...yara.ids]),
  ]);
  const wrong = contentRulesNamed(policy, isYaraKnown).filter((id) => !known.has(id));
  if (wrong.length === 0) return;
  throw new PratiqueError('POLICY_INVALID', {
    what: `the policy speaks of rules that there are not: ${[...new Set(wrong)].map((id) => quoted(id)).join(', ')}`,
    where: printable(policy.stamp.origin),
    next: 'take the id from a finding, or name the whole check',
  });
}
