import type { NameCheck } from '../checks/check.ts';
import { PratiqueError } from '../errors.ts';
import { NAME_CHECKS } from '../judge-references.ts';
import { formatImagePattern } from '../model/image-pattern.ts';
import { printable, quoted } from '../model/printable.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import { parseTarget } from '../model/target.ts';
import { CHECK_NAMES, checkOf } from '../policy/check-names.ts';
import type { ImageRule, Policy } from '../policy/policy.ts';
import type { PolicyLines } from '../policy/policy-lines.ts';
import { levelOf, ruleFor, settingOf } from '../policy/settings.ts';
import { foreign } from '../report/foreign.ts';
import { pad } from '../report/terminal/columns.ts';
import { painter } from '../report/terminal/paint.ts';
import { linesOf } from './explain-lines.ts';
import { type Terminal, wantsColour } from './terminal.ts';

/**
 * What the policy says of an image, by its name alone: which of its rules fits, how the name is judged, and where the level of
 * each check comes from.
 * @throws {PratiqueError} `USAGE` for a folder or archive, `REFERENCE_INVALID`
 */
export async function explainImage(text: string, policy: Policy, terminal: Terminal): Promise<string> {
  const reference = requireReference(text);
  const rule = ruleFor(policy, reference);
  const index = rule === undefined ? undefined : policy.images.indexOf(rule);
  const lines = await linesOf(policy, terminal);
  const paint = painter(wantsColour(terminal.out, terminal.env));
  const { origin, name } = policy.stamp;
  const head = [
    ['policy', name === undefined ? origin : `${origin} (${name})`],
    ['image rule', ruleWords(rule, index, lines)],
    ...NAME_CHECKS.map((check) => [check.id, judged(check, reference, policy, rule, terminal.now())]),
  ];
  const rows = CHECK_NAMES.flatMap(({ id }) => [
    [settingOf(policy, rule, id).level, id, reasonOf(id, index, policy, lines)],
    ...rulesBelow(id, policy, rule).map((below) => [
      levelOf(policy, rule, below),
      below,
      lines.ofLevel(below, index) ?? '',
    ]),
  ]);
  const widest = Math.max(...rows.map(([, id = '']) => id.length));
  return [
    paint('strong', foreign(formatReference(reference))),
    ...head.map(([what = '', said = '']) => `  ${paint('dim', pad(what, 24))}  ${foreign(said)}`),
    '',
    paint('dim', `  LEVEL  ${pad('CHECK', widest)}  DECIDED BY`),
    ...rows.map(
      ([level = '', id = '', why = '']) => `  ${pad(level, 5)}  ${pad(id, widest)}  ${foreign(why)}`,
    ),
    '',
    '  Nothing was sent anywhere: what the image holds, and who signed it, only pratique check finds out.',
    '',
  ].join('\n');
}

function requireReference(text: string): Reference {
  const target = parseTarget(text);
  if (target.kind === 'registry') return target.reference;
  throw new PratiqueError('USAGE', {
    what: `${quoted(text)} is no name in a registry`,
    why: 'a policy speaks of names',
    next: 'name the image as it will be called',
  });
}

function ruleWords(rule: ImageRule | undefined, index: number | undefined, lines: PolicyLines): string {
  if (rule === undefined || index === undefined) return 'none fits: only what holds for all images counts';
  const pattern = formatImagePattern(rule.match);
  return `${lines.ofRule(index) ?? `images.${index}`} (${pattern})`;
}

/** How a check of names judges it, at the level that it has here. */
function judged(
  check: NameCheck,
  reference: Reference,
  policy: Policy,
  rule: ImageRule | undefined,
  now: Date,
): string {
  const setting = settingOf(policy, rule, check.id);
  const context = { policy, setting, now, ...(rule && { rule }) };
  if (setting.level === 'off') return 'off';
  const [finding] = check.run(reference, context);
  if (finding === undefined) return `passes: ${check.note?.(reference, context) ?? 'nothing against it'}`;
  const isWarned = levelOf(policy, rule, finding.rule, check.id) === 'warn' || finding.confidence === 'low';
  return `${isWarned ? 'warns' : 'fails'}: ${printable(finding.message)} (${finding.rule})`;
}

/** What has to be demanded before a check has anything to judge: a key of the image's rule, or of the policy. */
const DEMANDS: Readonly<Record<string, { readonly rule?: string; readonly policy?: string }>> = {
  'name.allowed': { policy: 'sources' },
  signature: { rule: 'signed-by' },
  provenance: { rule: 'provenance' },
  attestations: { rule: 'attestations' },
  'base.approved': { policy: 'bases' },
  'base.age': { rule: 'base-max-age' },
  'freshness.max-age': { rule: 'max-age' },
  yara: { policy: 'yara' },
};

function reasonOf(id: string, index: number | undefined, policy: Policy, lines: PolicyLines): string {
  const level = lines.ofLevel(id, index) ?? 'default level';
  const demand = DEMANDS[id];
  if (demand === undefined) return level;
  const inRule =
    demand.rule !== undefined && index !== undefined ? lines.ofDemand(index, demand.rule) : undefined;
  const whole = demand.policy === undefined ? undefined : lines.ofKey([demand.policy]);
  const asked = inRule ?? whole;
  if (asked !== undefined) return `${level}; demanded by ${asked}`;
  const key = demand.rule === undefined ? demand.policy : `images[].${demand.rule}`;
  return policy.stamp.origin === 'built-in'
    ? `${level}; nothing is demanded`
    : `${level}; nothing is demanded: no ${key}`;
}

/** Rules of a check that the policy names for themselves. */
function rulesBelow(id: string, policy: Policy, rule: ImageRule | undefined): readonly string[] {
  const named = [...policy.checks.keys(), ...(rule?.checks.keys() ?? [])];
  return [...new Set(named)].filter((key) => key !== id && checkOf(key)?.id === id).sort();
}
