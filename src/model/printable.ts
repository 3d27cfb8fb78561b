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

/** Characters left out beside a cut: more than there are in most secrets with a slash in them. */
const TORN = 64;

/**
 * `printable`, for texts that are looked through for secrets only afterwards: a cut leaves no part of a word. Half a
 * token is no longer known as one, and it is half of what somebody needs.
 * @param limit characters kept at most; of a longer text at least 64 fewer, back to a blank or slash
 */
export function excerpt(text: string, limit = 512): string {
  if (text.length <= limit) return printable(text, limit);
  const kept = text.slice(0, Math.max(0, limit - TORN)).replace(/[^\s/]*$/, '');
  return `${printable(kept, limit)}…`;
}

/** `excerpt`, in quotes: for names inside a sentence. */
export function quoted(text: string, limit = 200): string {
  return `"${excerpt(text, limit)}"`;
}
