import type { ImageRule, Policy } from '../policy/policy.ts';
import { settingOf } from '../policy/settings.ts';
import type { Check, ConfigCheck, FileCheck, NameCheck, StatementCheck } from './check.ts';
import { CHECKS } from './list.ts';

/** The checks that a policy asks for of one image, by what they read. */
export interface ActiveChecks {
  readonly all: readonly Check[];
  readonly ofName: readonly NameCheck[];
  readonly ofConfig: readonly ConfigCheck[];
  readonly ofStatements: readonly StatementCheck[];
  readonly ofFiles: readonly FileCheck[];
}

/** @param rule the rule of the policy that fits the image's name */
export function activeChecks(policy: Policy, rule: ImageRule | undefined): ActiveChecks {
  const all = CHECKS.filter(
    (check) => isDemanded(check, policy) && settingOf(policy, rule, check.id).level !== 'off',
  );
  return {
    all,
    ofName: all.filter((check) => check.reads === 'name'),
    ofConfig: all.filter((check) => check.reads === 'config'),
    ofStatements: all.filter((check) => check.reads === 'statements'),
    ofFiles: all.filter((check) => check.reads === 'files'),
  };
}

/** Whether the policy asks for a check at all: one that asks nothing neither passes nor is missed. */
function isDemanded(check: Check, policy: Policy): boolean {
  return !('isDemanded' in check) || check.isDemanded?.(policy) !== false;
}
