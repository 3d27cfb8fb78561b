import type { YaraMatch } from './yara-messages.ts';

/** A part of what is looked at. */
type Span = readonly [start: number, end: number];
/** Runs rules on bytes. */
type Look = (bytes: Uint8Array) => readonly YaraMatch[];

/** Zeros between two files that are looked at together: no word goes on across them, in UTF-16 neither. */
export const GAP_BYTES = 16;

/**
 * Runs rules on many files at once, which takes as long as on one: each look costs some milliseconds, whatever there
 * is to see. What is true of a file is true of all of them together (`asksOnlyForExistence`), and the patterns that
 * make it true stand in that file; so only files in which some stand are looked at by themselves, and that look alone
 * counts.
 * @param look absent: there are no such rules
 * @param enough matches of one pattern after which `look` tells no more
 * @param at told before each look, with the number of the file, or -1
 * @returns by file
 */
export function joinedMatches(
  bytes: Uint8Array,
  spans: readonly Span[],
  look: Look | undefined,
  enough: number,
  at: (file: number) => void,
): readonly (readonly YaraMatch[])[] {
  if (look === undefined) return [];
  const one = (file: number) => {
    const [from, to] = spans[file] as Span;
    at(file);
    return look(bytes.subarray(from, to));
  };
  if (spans.length === 1) return [one(0)];
  at(-1);
  const files = filesIn(look(bytes), spans, enough);
  return spans.map((_, file) => (files.has(file) ? one(file) : []));
}

/** The files in which anything stands that made a rule true. */
function filesIn(matches: readonly YaraMatch[], spans: readonly Span[], enough: number): ReadonlySet<number> {
  const patterns = matches.flatMap((match) => match.patterns);
  // There may be more behind those that were told.
  if (patterns.some(({ count }) => count >= enough)) return new Set(spans.keys());
  return new Set(patterns.flatMap(({ offsets }) => offsets.map((offset) => fileAt(offset, spans))));
}

/** The last that begins at or before this place: a match that begins in a gap before a file cannot be in it alone. */
function fileAt(offset: number, spans: readonly Span[]): number {
  let low = 0;
  for (let high = spans.length; high - low > 1; ) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Span)[0] <= offset) low = middle;
    else high = middle;
  }
  return low;
}
