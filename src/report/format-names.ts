/** The names of the views of verdicts that `-o` takes, in the order in which help lists them. */
export const FORMAT_NAMES = ['text', 'json', 'sarif', 'junit', 'gitlab', 'markdown', 'html'] as const;

/** Those of the names that files hold, as `pratique refs` tells them. */
export const REFERENCES_FORMAT_NAMES = ['text', 'json', 'sarif'] as const;

/** The name of a view of verdicts. */
export type Format = (typeof FORMAT_NAMES)[number];

/** The name of a view of references. */
export type ReferencesFormat = (typeof REFERENCES_FORMAT_NAMES)[number];

/** Whether there is a view of verdicts of this name. */
export function isFormat(text: string): text is Format {
  return FORMAT_NAMES.some((name) => name === text);
}
