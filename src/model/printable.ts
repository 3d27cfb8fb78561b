// C0, DEL, C1, line and paragraph separators, bidi controls, zero-width and tag characters, lone surrogates.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/**
 * Makes foreign text safe for a terminal, a log line or a report: what could move the cursor, start a
 * line, reorder letters or hide is shown as `\u{…}`; a backslash is left alone, so the text stays readable.
 * @param limit characters kept; the cut is shown as `…`
 */
export function printable(text: string, limit = 512): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return cut.replace(UNSAFE, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** `printable`, in quotes: for names inside a sentence. */
export function quoted(text: string, limit = 200): string {
  return `"${printable(text, limit)}"`;
}
