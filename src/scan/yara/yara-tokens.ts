/** A piece of the text of YARA rules. `text` is as it stands, with the quotes of strings and the slashes of patterns. */
export interface YaraToken {
  readonly kind: 'word' | 'pattern' | 'number' | 'string' | 'regex' | 'sign';
  readonly text: string;
}

const TOKEN = new RegExp(
  [
    String.raw`(?<gap>\s+|//[^\n]*|/\*[\s\S]*?\*/)`,
    String.raw`(?<string>"(?:\\[\s\S]|[^"\\\n])*")`,
    String.raw`(?<regex>/(?:\\[^\n]|[^/\\\n])+/[a-z]*)`,
    String.raw`(?<pattern>[$#@!]\w*\*?)`,
    String.raw`(?<word>[A-Za-z_]\w*)`,
    String.raw`(?<number>\d\w*)`,
    String.raw`(?<sign>[\s\S])`,
  ].join('|'),
  'gy',
);
const KINDS = ['string', 'regex', 'pattern', 'word', 'number', 'sign'] as const;

/**
 * Takes the text of YARA rules apart, without comments and blanks. It is for rules that the engine has compiled: of
 * others it makes something, too. A slash that begins no comment begins a regular expression: the language divides by
 * `\`.
 * @see the grammar of YARA-X, "Lexical structure"
 */
export function tokensOf(text: string): readonly YaraToken[] {
  const tokens: YaraToken[] = [];
  for (const { groups = {} } of text.matchAll(TOKEN)) {
    const kind = KINDS.find((one) => groups[one] !== undefined);
    if (kind !== undefined) tokens.push({ kind, text: groups[kind] ?? '' });
  }
  return tokens;
}

/** The tokens of one rule. */
export interface YaraRuleText {
  readonly name: string;
  readonly isGlobal: boolean;
  /** of the section `strings`; empty where there is none */
  readonly strings: readonly YaraToken[];
  readonly condition: readonly YaraToken[];
}

/** The rules of a file, in order, and whether it imports modules. */
export function rulesIn(tokens: readonly YaraToken[]): {
  readonly rules: readonly YaraRuleText[];
  readonly imports: boolean;
} {
  const rules: YaraRuleText[] = [];
  let imports = false;
  for (let at = 0; at < tokens.length; at++) {
    const { kind, text } = tokens[at] as YaraToken;
    if (kind !== 'word') continue;
    if (text === 'import') imports = true;
    if (text !== 'rule') continue;
    const before = [tokens[at - 1]?.text, tokens[at - 2]?.text];
    let open = at;
    while (open < tokens.length && tokens[open]?.text !== '{') open++;
    const end = endOf(tokens, open);
    rules.push({
      name: tokens[at + 1]?.text ?? '',
      isGlobal: before[0] === 'global' || (before[0] === 'private' && before[1] === 'global'),
      ...sectionsOf(tokens.slice(open + 1, end)),
    });
    at = end;
  }
  return { rules, imports };
}

/** Where the brace that is opened at `open` is closed. */
function endOf(tokens: readonly YaraToken[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (tokens[at]?.text === '{') depth++;
    if (tokens[at]?.text === '}' && --depth === 0) return at;
  }
  return tokens.length;
}

function sectionsOf(body: readonly YaraToken[]): Pick<YaraRuleText, 'strings' | 'condition'> {
  const at = (name: string) =>
    body.findIndex(
      ({ kind, text }, index) => kind === 'word' && text === name && body[index + 1]?.text === ':',
    );
  const [strings, condition] = [at('strings'), at('condition')];
  return {
    strings: strings < 0 ? [] : body.slice(strings + 2, Math.max(strings + 2, condition)),
    condition: condition < 0 ? [] : body.slice(condition + 2),
  };
}
