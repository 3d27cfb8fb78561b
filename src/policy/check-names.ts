import type { Severity } from '../model/finding.ts';
import type { Level } from '../model/verdict.ts';

/** What the policy knows of a check without the check: its id, its default level, the rules it finds by. */
export interface CheckName {
  readonly id: string;
  /** one noun phrase, for messages and the published schema */
  readonly about: string;
  readonly level: Level;
  /** least severity that fails; findings below it only warn */
  readonly failFrom: Severity;
  /** ids of its rules; `any` where they are data: every id below the check's own */
  readonly rules: readonly string[] | 'any';
}

/**
 * Every check, in the order in which they run. `checks/list.ts` holds the checks themselves; a test proves that both
 * agree. It stands here so that a policy with a mistyped name is refused, instead of enforcing nothing.
 */
export const CHECK_NAMES: readonly CheckName[] = [
  {
    id: 'name.allowed',
    about: 'image names against `sources`',
    level: 'fail',
    failFrom: 'low',
    rules: ['name.denied', 'name.not-allowed', 'name.undigested'],
  },
  {
    id: 'name.lookalike',
    about: 'image names that imitate a known one',
    level: 'fail',
    failFrom: 'low',
    rules: ['name.lookalike-hint'],
  },
  {
    id: 'signature',
    about: 'signatures that `signed-by` demands',
    level: 'fail',
    failFrom: 'low',
    rules: ['signature.missing', 'signature.other-signer', 'signature.invalid'],
  },
  {
    id: 'hygiene.root-user',
    about: 'images that run as root',
    level: 'warn',
    failFrom: 'low',
    rules: ['hygiene.named-user'],
  },
  {
    id: 'hygiene.admin-ports',
    about: 'ports of administration interfaces',
    level: 'fail',
    failFrom: 'high',
    rules: [],
  },
  {
    id: 'freshness.max-age',
    about: 'images older than `max-age`',
    level: 'fail',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'secrets',
    about: 'secrets in layers and configuration',
    level: 'fail',
    failFrom: 'low',
    rules: 'any',
  },
  {
    id: 'miners',
    about: 'cryptocurrency miners in layers and configuration',
    level: 'fail',
    failFrom: 'low',
    rules: 'any',
  },
];

const BY_ID = new Map(CHECK_NAMES.map((check) => [check.id, check]));
const RULE_PART = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** The check of this id; `undefined` where there is none. */
export function checkNamed(id: string): CheckName | undefined {
  return BY_ID.get(id);
}

/** The check that an id speaks of: a check's own id, or that of one of its rules; `undefined` where no check can. */
export function checkOf(id: string): CheckName | undefined {
  return BY_ID.get(id) ?? CHECK_NAMES.find((check) => isRuleOf(check, id));
}

function isRuleOf({ id: check, rules }: CheckName, id: string): boolean {
  if (rules !== 'any') return rules.includes(id);
  return id.startsWith(`${check}.`) && RULE_PART.test(id.slice(check.length + 1));
}
