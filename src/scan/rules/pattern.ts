/** Where a token may begin: where a word does, behind an escaped line end in a program text, or a percent-escape. */
export const START = String.raw`(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))`;

/** The same for base64, where a slash or a plus goes on with what came before. */
const START_BASE64 = String.raw`(?:(?<![A-Za-z0-9+/_-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))`;

/** Letters that would go on with a token of letters and digits. */
export const ALNUM = '[A-Za-z0-9]';
/** Letters that would go on with a token of base64url. */
export const URL64 = '[A-Za-z0-9_-]';
/** Letters that would go on with base64 of either alphabet, padding left aside. */
export const ANY64 = '[A-Za-z0-9+/_-]';
/** Letters that would go on with base64. */
export const BASE64 = '[A-Za-z0-9+/=]';

/**
 * A token that stands alone.
 * @param body source of the expression for the token itself
 * @param tail what must not follow it
 */
export function token(body: string, tail: string = ALNUM, flags = ''): RegExp {
  const start = tail === BASE64 || tail === ANY64 ? START_BASE64 : START;
  return new RegExp(`${start}(?<secret>${body})(?!${tail})`, flags);
}

/**
 * A value given to a name, in any of the ways of shells, properties, JSON, YAML and program texts.
 * The name must begin with a keyword of the rule. Without case.
 * @param names source of the expression for the beginning of the name
 * @param value source of the expression for the value
 * @param tail what must not follow the value
 */
export function assigned(names: string, value: string, tail: string = ALNUM): RegExp {
  const rest = String.raw`[\w.-]{0,24}\\{0,3}["']?\]?`;
  const gap = String.raw`[ \t]{0,8}(?:=>|:=|[=:,(]|[ \t]is[ \t])[ \t]{0,8}(?:\\{0,3}["'\x60]|@["'])?`;
  return new RegExp(`(?:${names})${rest}${gap}(?<secret>${value})(?!${tail})`, 'i');
}

/** Keywords for a prefix that is too short for one: with each letter that may come next. */
export function withEach(prefix: string, letters: string): readonly string[] {
  return [...letters].map((letter) => `${prefix}${letter}`);
}
