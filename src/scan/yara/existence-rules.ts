import { rulesIn, tokensOf, type YaraRuleText, type YaraToken } from './yara-tokens.ts';

const MODIFIERS = new Set(['ascii', 'wide', 'nocase', 'fullword', 'private']);
const WORDS = new Set(['and', 'or', 'any', 'all', 'of', 'them']);
const SIGNS = new Set(['(', ')', ',']);
/** bytes between two parts of a pattern, from which on the engine may look for them one by one; it does at 200 */
const MOST_GAP = 100;
/** A letter of a regular expression, an escaped one, or a class that does not stand for every byte. */
const PLAIN_LETTER = String.raw`[\w\s"'~!@#%&=:;<>,-]|\\[dwstrn./\-_:=?+*()[\]{}|"'@#$^\\]|\[[\w\s.:=+/@#%&,;<>!~-]+\]`;
/**
 * Regular expressions whose match hangs on nothing but its own bytes: no anchors and no word borders, and nothing
 * without a bound but plain letters.
 */
const PLAIN_REGEX = new RegExp(
  String.raw`^/(?:(?:${PLAIN_LETTER})(?:[*+?]\??|\{\d{1,2}(?:,\d{1,2})?\})?|\.(?:\?|\{\d{1,2}(?:,\d{1,2})?\})?|\)\??|\((?!\?)|\|)+/i?$`,
);

/**
 * Whether every rule of a file asks only whether patterns are there, so that it is true of bytes with other bytes
 * around them if it is true of these bytes alone. Only such rules are run on many files at once. Whatever is not
 * surely so is not: rules that count, that look at places, sizes or lengths, that deny, that ask modules or other
 * rules; a global rule, and all beside it; patterns that are read with what stands next to them (`xor`, `base64`,
 * anchors).
 * @param text of rules that the engine has compiled
 */
export function asksOnlyForExistence(text: string): boolean {
  const { rules, imports } = rulesIn(tokensOf(text));
  return !imports && rules.length > 0 && rules.every(isExistenceRule);
}

function isExistenceRule({ isGlobal, strings, condition }: YaraRuleText): boolean {
  return !isGlobal && arePlain(strings) && isMonotone(condition);
}

/** `$a = "x" wide $b = { 61 ?? 62 } $c = /x/i` */
function arePlain(strings: readonly YaraToken[]): boolean {
  let at = 0;
  while (at < strings.length) {
    if (strings[at]?.kind !== 'pattern' || strings[at + 1]?.text !== '=') return false;
    const end = endOfValue(strings, at + 2);
    if (end === undefined) return false;
    const value = strings[at + 2];
    at = end;
    for (; MODIFIERS.has(strings[at]?.text ?? ''); at++)
      if (strings[at]?.text === 'fullword' && value !== undefined && reachesOn(value)) return false;
  }
  return strings.length > 0;
}

/** Whether the longest match may end in what comes behind: whether a word ends with it would hang on that. */
function reachesOn({ kind, text }: YaraToken): boolean {
  return kind === 'regex' && text.replace(/\\./g, '').includes('.');
}

/** Behind the value of a pattern; `undefined` where it is not plain. */
function endOfValue(strings: readonly YaraToken[], at: number): number | undefined {
  const token = strings[at];
  if (token?.kind === 'string') return at + 1;
  if (token?.kind === 'regex') return PLAIN_REGEX.test(token.text) ? at + 1 : undefined;
  if (token?.text !== '{') return undefined;
  const end = strings.findIndex(({ text }, index) => index > at && text === '}');
  if (end < 0) return undefined;
  return hasWideGap(strings.slice(at, end)) ? undefined : end + 1;
}

/** Jumps and wild bytes count together, as the engine joins what adjoins; `[-]` and `[10-]` have no end. */
function hasWideGap(hex: readonly YaraToken[]): boolean {
  const text = hex.map((token) => token.text).join(' ');
  const jumps = [...text.matchAll(/\[([^\]]*)\]/g)].map(
    ([, gap = '']) => /^(?: \d+ -)? (\d+) $/.exec(gap)?.[1],
  );
  const wild = hex.filter((token) => token.text === '?').length / 2;
  const total = jumps.reduce(
    (sum, most) => sum + (most === undefined ? Number.POSITIVE_INFINITY : Number(most)),
    wild,
  );
  return total > MOST_GAP;
}

/** Made of patterns that are there, `and`, `or` and `… of`: more bytes can make it true, and never untrue. */
function isMonotone(condition: readonly YaraToken[]): boolean {
  return (
    condition.length > 0 &&
    condition.every(({ kind, text }, index) => {
      if (kind === 'pattern') return text.startsWith('$');
      if (kind === 'word') return WORDS.has(text);
      if (kind === 'number') return /^[1-9]\d*$/.test(text) && condition[index + 1]?.text === 'of';
      return kind === 'sign' && SIGNS.has(text);
    })
  );
}
