import type { MinerSign, RuleSet, SecretRule } from '../src/scan/rule.ts';

/** A text made to be slow: `unit` again and again. */
export interface WorstText {
  readonly of: 'secret' | 'sign';
  /** id of the rule or sign that it is meant for; all of them read it */
  readonly rule: string;
  readonly unit: string;
  /** in words */
  readonly how: string;
}

/** What patterns like between a keyword and the next. */
const FILLERS = ['', 'a', 'A1', '0', ' ', '-', '.', '{"', 'a:', '=', '/', 'eyJ', 'aB3_', ';a=', '@', '\n'];
const GAPS = [1, 20, 200];
/** Letters of an example behind its keyword: a good beginning, of which nothing comes. */
const BEGINNINGS = [9, 33];

/**
 * For each rule and sign its first keyword with something between; for each rule also its first example, whole and cut
 * short, so that what begins well is refuted or found at every turn.
 */
export function worstTextsOf({ secrets, minerSigns }: RuleSet): readonly WorstText[] {
  return [
    ...secrets.flatMap((rule) => [...around('secret', rule.id, rule.keywords[0] ?? ''), ...ofExample(rule)]),
    ...minerSigns.flatMap(({ id, keyword }: MinerSign) => around('sign', id, keyword)),
  ];
}

/** A text of so many bytes, in Latin-1. */
export function writeOut({ unit }: WorstText, size: number): Buffer {
  return Buffer.from(unit.repeat(Math.ceil(size / unit.length)).slice(0, size), 'latin1');
}

function around(of: WorstText['of'], rule: string, keyword: string): readonly WorstText[] {
  return FILLERS.flatMap((filler) =>
    GAPS.map((gap) => {
      const how = `${JSON.stringify(keyword)}, ${JSON.stringify(filler)} × ${gap}`;
      return { of, rule, unit: `${keyword}${filler.repeat(gap)}`, how };
    }),
  );
}

function ofExample(rule: SecretRule): readonly WorstText[] {
  const text = rule.examples[0]?.() ?? '';
  const small = text.toLowerCase();
  const keyword = rule.keywords.find((word) => small.includes(word.toLowerCase()));
  if (keyword === undefined) return [];
  const at = small.indexOf(keyword.toLowerCase());
  const from = Math.max(0, at - (rule.before ?? 0));
  const ends = [...BEGINNINGS.map((more) => at + keyword.length + more), text.length];
  return ends.flatMap((end) =>
    [' ', '\n'].map((between) => ({
      of: 'secret' as const,
      rule: rule.id,
      unit: `${text.slice(from, end)}${between}`,
      how: `its example, ${Math.min(end, text.length) - from} letters and ${JSON.stringify(between)}`,
    })),
  );
}
