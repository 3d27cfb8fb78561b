import type { Judgement, SecretRule } from '../../rule.ts';
import { checkTokenBody } from '../../validators/token-body.ts';
import type { Shape } from '../named/named-token.ts';
import { ALNUM, ANY64, token, withEach } from '../pattern.ts';
import { HEX, sample } from '../sample.ts';

/** A token that its own form gives away: a prefix or a mark inside, a length, an alphabet. */
interface FormToken {
  /** without `secrets.` */
  readonly id: string;
  readonly provider: string;
  /** what the provider calls it; `API key` where absent */
  readonly kind?: string;
  readonly keywords: readonly string[];
  /** each of the forms that it has or had */
  readonly forms: readonly Shape[];
  /** bytes of the token that may stand before the keyword; 0 where absent */
  readonly before?: number;
  /** what must not follow; letters and digits where absent */
  readonly tail?: string;
  readonly severity?: SecretRule['severity'];
  readonly confidence?: SecretRule['confidence'];
  /** `checkTokenBody` where absent */
  readonly check?: (secret: string) => Judgement;
  readonly remedy?: string;
  readonly source: string;
}

/** Makes whole rules of rows. */
export function formTokens(rows: readonly FormToken[]): readonly SecretRule[] {
  return rows.map(ruleOf);
}

function ruleOf(row: FormToken): SecretRule {
  return {
    id: `secrets.${row.id}`,
    provider: row.provider,
    what: `${row.provider} ${row.kind ?? 'API key'}`,
    keywords: row.keywords,
    pattern: token(`(?:${row.forms.map(({ source }) => source).join('|')})`, tailOf(row)),
    ...(row.before === undefined ? {} : { before: row.before }),
    severity: row.severity ?? 'high',
    confidence: row.confidence ?? 'high',
    check: row.check ?? checkTokenBody,
    checkDecides: true,
    remedy:
      row.remedy ?? `Revoke it in the account with ${row.provider} and hand the next one in at run time`,
    source: row.source,
    examples: row.forms.map(
      ({ make }, index) =>
        () =>
          `value: "${make(`${row.id} ${index}`)}"`,
    ),
    counterExamples: counterExamplesOf(row),
  };
}

/** What begins with few letters and nothing else stands in base64 of anything, now and then; a sign of it tells. */
function tailOf({ keywords, tail = ALNUM }: FormToken): string {
  return keywords.some((keyword) => /^[A-Za-z0-9]{1,4}$/.test(keyword)) ? ANY64 : tail;
}

/** The first form as documentation blanks it out, and without what its own letters announce. */
function counterExamplesOf({ id, forms, keywords }: FormToken): readonly (() => string)[] {
  const parts = () => {
    const text = (forms[0] as Shape).make(`${id} 0`);
    const keyword = keywords.find((one) => text.includes(one)) ?? '';
    const start = text.indexOf(keyword);
    return [text.slice(0, start), keyword, text.slice(start + keyword.length)] as const;
  };
  const blank = (text: string) => text.replace(/[A-Za-z0-9]/g, 'x');
  return [
    () =>
      parts()
        .map((part, index) => (index === 1 ? part : blank(part)))
        .join(''),
    () => `${parts()[1]}${parts()[0] === '' ? parts()[2].slice(0, 2) : parts()[2]}`,
  ];
}

/** One of several texts. */
export function either(...texts: readonly string[]): Shape {
  return { source: `(?:${texts.join('|')})`, make: (seed) => texts[seed.length % texts.length] as string };
}

/** Letters of any alphabet; `letters` as in a class of an expression. */
export function some(letters: string, alphabet: string, least: number, most = least): Shape {
  const length = least === most ? `${least}` : `${least},${most}`;
  return { source: `[${letters}]{${length}}`, make: (seed) => sample(alphabet, least, seed) };
}

/** That none of these letters stands before: what a token may hold would else begin it again and again. */
export function apart(letters: string): Shape {
  return { source: `(?<![${letters}])`, make: () => '' };
}

/** There or not; in examples it is not. */
export function maybe({ source }: Shape): Shape {
  return { source: `(?:${source})?`, make: () => '' };
}

/** Keywords for tokens of hexadecimal digits behind a prefix that words have as well. */
export function withHexDigit(prefix: string): readonly string[] {
  return withEach(prefix, HEX);
}

/** A token whose form is its own only behind what announces it: an address, a header, a setting. */
interface AnnouncedToken extends Omit<FormToken, 'before' | 'check'> {
  /** source of the expression for what stands before it, from the keyword on; without case */
  readonly lead: string;
  /** such a text, for examples */
  readonly shown: string;
}

/** Makes whole rules of rows. */
export function announcedTokens(rows: readonly AnnouncedToken[]): readonly SecretRule[] {
  return rows.map((row) => {
    const [form] = row.forms as [Shape];
    const bodies = row.forms.map(({ source }) => source).join('|');
    return {
      ...ruleOf(row),
      pattern: new RegExp(`(?:${row.lead})(?<secret>${bodies})(?!${row.tail ?? ALNUM})`, 'i'),
      examples: row.forms.map(
        ({ make }, index) =>
          () =>
            `${row.shown}${make(`${row.id} ${index}`)}"`,
      ),
      counterExamples: [
        () => `${row.shown}${form.make(row.id).replace(/[A-Za-z0-9]/g, 'x')}`,
        () => `${row.shown}${form.make(row.id).slice(0, 4)}`,
      ],
    };
  });
}
