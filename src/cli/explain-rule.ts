import { CHECK_WORDS } from '../checks/check-words.ts';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { checkOf } from '../policy/check-names.ts';
import type { Policy } from '../policy/policy.ts';
import { levelOf } from '../policy/settings.ts';
import { foreign } from '../report/foreign.ts';
import { pad, wrap } from '../report/terminal/columns.ts';
import { painter } from '../report/terminal/paint.ts';
import type { FileRule, SecretRule } from '../scan/rule.ts';
import { linesOf } from './explain-lines.ts';
import { knownIds } from './known-ids.ts';
import { nearestOf } from './nearest.ts';
import { type Terminal, wantsColour } from './terminal.ts';

/** Widest text that is easily read, in cells. */
const WIDEST = 100;
const LONGEST = 8192; // characters of one point

/**
 * What a check or one of its rules looks for, why that matters, how to mend it, and what the policy here says of it.
 * @throws {PratiqueError} `USAGE` for a rule that its check does not have
 */
export async function explainRule(id: string, policy: Policy, terminal: Terminal): Promise<string> {
  const check = checkOf(id);
  const words = check && CHECK_WORDS[check.id];
  if (check === undefined || words === undefined) throw unknown(id, []);
  const rule = id === check.id ? undefined : await ruleOf(id, policy);
  const line = (await linesOf(policy, terminal)).ofLevel(id, undefined);
  const level = levelOf(policy, undefined, id);
  const told: (readonly [string, string])[] = [
    ...(rule ?? []),
    ['what', words.what],
    ['why', words.why],
    ['found by', words.evidence],
    ['to mend it', words.remedy],
    ['settings', words.settings],
    ['level here', `${level}: ${line ?? 'as it is where no policy says anything else'}`],
    ['more', `docs/checks.md#${check.id.replaceAll('.', '')}`],
  ];
  return render(id === check.id ? id : `${id}, a rule of ${check.id}`, told, terminal);
}

async function ruleOf(id: string, { rules }: Policy): Promise<readonly (readonly [string, string])[]> {
  const { SECRET_RULES } = await import('../scan/rules/all.ts');
  const { FILE_RULES } = await import('../scan/whole-file/all.ts');
  const { JUDGEMENTS } = await import('../scan/miners/judgements.ts');
  const secret = [...SECRET_RULES, ...FILE_RULES].find((rule) => rule.id === id);
  if (secret !== undefined) return wordsOf(secret);
  const own = rules.find((rule) => rule.id === id);
  if (own !== undefined) return [['rule', 'a rule of this policy']];
  const miner = Object.values(JUDGEMENTS).find(({ rule }) => rule === id);
  if (miner !== undefined)
    return [['rule', `${miner.message} (${miner.severity}, confidence ${miner.confidence})`]];
  const known = await knownIds();
  if (known.includes(id) || id.startsWith('yara.')) return [];
  throw unknown(id, known);
}

function wordsOf({ what, provider, severity, confidence, remedy, source }: SecretRule | FileRule) {
  return [
    ['rule', `${what}, of ${provider} (${severity}, confidence ${confidence})`],
    ['remedy', remedy],
    ['source', source],
  ] as const;
}

function unknown(id: string, known: readonly string[]): PratiqueError {
  const near = nearestOf(id, known);
  return new PratiqueError('USAGE', {
    what: `there is no rule ${quoted(id)}`,
    next: near === undefined ? 'see docs/checks.md for their names' : `try pratique explain ${near}`,
  });
}

/** Points under a heading, each beside its name; Markdown's marks are left out. */
function render(
  title: string,
  points: readonly (readonly [string, string])[],
  { out, env }: Terminal,
): string {
  const paint = painter(wantsColour(out, env));
  const names = Math.max(...points.map(([name]) => name.length));
  const lines = points.flatMap(([name, text]) =>
    wrap(plain(text), Math.min(out.columns, WIDEST) - names - 4).map(
      (line, index) => `  ${paint('dim', pad(index === 0 ? name : '', names))}  ${line}`,
    ),
  );
  return `${[paint('strong', title), '', ...lines].join('\n')}\n`;
}

function plain(markdown: string): string {
  return foreign(markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', ''), LONGEST);
}
