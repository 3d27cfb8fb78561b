const WORDS =
  /example|change[_-]?me|placeholder|redacted|replace[_-]?(?:me|this|with)|insert[_-]|dummy|notreal|invalid|fake[_-]|^fake|^your|[_-]your[_-]|xxxx|\*\*\*|\.\.\.\.|^todo|deadbeef/i;
/** `${VAR}`, `$(cmd)`, `$VAR`, `{{ x }}`, `<x>`, `%(x)s`, `%s`, `#{x}`, `@x@`, `[x]` */
const TEMPLATES =
  /\$\{|\$\(|^\$[A-Za-z_]|\{\{|^<.{0,60}>$|<[A-Za-z_-]{2,40}>|%\(|^%[sdv@]$|#\{|^@.{0,60}@$|^\[.{0,60}\]$|^\{.{0,60}\}$/;
const ROWS = ['0123456789', '1234567890', 'abcdefghij', 'qwertyuiop', '9876543210', '0987654321'];

const TOKEN_LENGTH = 20;

/** Whether a value only stands where a secret would: an example, a template, all the same letter, a keyboard row. */
export function isPlaceholder(value: string): boolean {
  return WORDS.test(value) || TEMPLATES.test(value) || isMonotonous(value) || isRow(value);
}

/** One character fills more than half of it, or it has hardly any. */
function isMonotonous(value: string): boolean {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return (value.length >= 8 && counts.size <= 3) || (value.length >= 12 && most * 2 > value.length);
}

/** Only of tokens: a short password may well hold a row of digits. */
function isRow(value: string): boolean {
  if (value.length < TOKEN_LENGTH) return false;
  const lower = value.toLowerCase();
  return ROWS.some((row) => lower.includes(row));
}
