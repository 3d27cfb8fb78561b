import { matchesEverything, matchesImage } from '../model/image-pattern.ts';
import type { Reference } from '../model/reference.ts';
import type { Level } from '../model/verdict.ts';
import { checkNamed, checkOf } from './check-names.ts';
import type { CheckSetting, ImageRule, Policy } from './policy.ts';

const LEVELS: readonly Level[] = ['off', 'warn', 'fail'];

/**
 * The rule of the policy that fits a name: the first in its order. An image without a name (a folder, an archive)
 * fits only a rule for everything, and only if no rule before it hangs on the name (see `hangsOnName`).
 */
export function ruleFor(policy: Policy, reference: Reference | undefined): ImageRule | undefined {
  if (reference !== undefined) return policy.images.find(({ match }) => matchesImage(match, reference));
  const [first] = policy.images;
  return first !== undefined && matchesEverything(first.match) ? first : undefined;
}

/** Whether the policy's demands differ by name, so that an image without a name cannot be judged. */
export function hangsOnName({ sources, images }: Policy): boolean {
  const [first] = images;
  return sources !== undefined || (first !== undefined && !matchesEverything(first.match));
}

/** Where levels are set: the policy as a whole, and the rule for the image. */
type Settings = Pick<Policy, 'checks'>;

/**
 * What the policy says about an id, of a check (`secrets`) or of a rule (`secrets.github-token`). The image's rule is asked
 * first and the policy as a whole after it; in each the id itself, then its check. Said nowhere: the check's
 * default; for an id of no known check `fail`.
 * @param check the check that `id` is a rule of; found by `id` where absent
 */
export function levelOf(policy: Settings, rule: Settings | undefined, id: string, check?: string): Level {
  const parent = check ?? checkOf(id)?.id ?? id;
  const said =
    rule?.checks.get(id) ?? rule?.checks.get(parent) ?? policy.checks.get(id) ?? policy.checks.get(parent);
  return said?.level ?? checkNamed(parent)?.level ?? 'fail';
}

/** Whether the policy speaks of this very rule, not only of the check it belongs to. */
export function isNamed(policy: Settings, rule: Settings | undefined, id: string, check: string): boolean {
  return id !== check && (rule?.checks.has(id) === true || policy.checks.has(id));
}

/**
 * The setting that a check runs with. Its level is the strictest of the check's own and of the levels of its rules: a check
 * that is off but for one rule still has to run, and that it could not run is as grave as its gravest rule.
 * Options that the image's rule does not name are those of the policy as a whole.
 */
export function settingOf(policy: Settings, rule: Settings | undefined, id: string): CheckSetting {
  const [wide, near] = [policy.checks.get(id), rule?.checks.get(id)];
  const ids = [...policy.checks.keys(), ...(rule?.checks.keys() ?? [])];
  const below = ids.filter((key) => key !== id && checkOf(key)?.id === id);
  const failFrom = near?.failFrom ?? wide?.failFrom ?? checkNamed(id)?.failFrom;
  return {
    level: strictest([id, ...below].map((key) => levelOf(policy, rule, key, id))),
    ...(failFrom === undefined ? {} : { failFrom }),
    options: { ...wide?.options, ...near?.options },
  };
}

/** The strictest of some levels; `off` for none. */
function strictest(levels: readonly Level[]): Level {
  return LEVELS[Math.max(0, ...levels.map((level) => LEVELS.indexOf(level)))] ?? 'fail';
}

/** Whether one level demands no less than another. */
export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}
