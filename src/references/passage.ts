import type { Spot } from './sighting.ts';

/** A text inside a file, that knows where its pieces stand there. */
export interface Passage {
  readonly text: string;
  /** the piece from `start` to `end` of this text, as a spot of the file */
  spotOf(start: number, end: number): Spot;
}

/** A file's whole text. */
export function wholeText(text: string): Passage {
  return { text, spotOf: (start, end) => ({ text: text.slice(start, end), start, end }) };
}

/**
 * The text of a YAML block scalar (`|`), whose lines stand in the file without their indent.
 * @param file the whole file
 * @param block from the `|` to the end of the scalar
 * @param text what the scalar reads as
 */
export function blockPassage(file: string, block: { start: number; end: number }, text: string): Passage {
  const offsets = lineOffsets(file, block, text);
  return {
    text,
    spotOf(start, end) {
      const piece = text.slice(start, end);
      const line = text.slice(0, start).split('\n').length - 1;
      const offset = offsets?.[line];
      const at =
        offset === undefined ? block.start : offset + start - (text.lastIndexOf('\n', start - 1) + 1);
      const isThere = offset !== undefined && file.startsWith(piece, at);
      return { text: piece, start: isThere ? at : block.start, ...(isThere && { end: at + piece.length }) };
    },
  };
}

/** Offset of each line of the scalar in the file; `undefined` where the lines are not those of the file (folded, CRLF). */
function lineOffsets(
  file: string,
  { start, end }: { start: number; end: number },
  text: string,
): readonly number[] | undefined {
  const offsets: number[] = [];
  let at = file.indexOf('\n', start) + 1;
  for (const line of text.split('\n')) {
    if (at === 0 || at > end) return offsets;
    const next = file.indexOf('\n', at);
    const written = file.slice(at, next < 0 ? file.length : next).replace(/\r$/, '');
    if (!written.endsWith(line)) return undefined;
    offsets.push(at + written.length - line.length);
    at = next + 1;
  }
  return offsets;
}

/** A text that stands in a file in another form (quoted, folded): all of it is where that begins. */
export function passageAt(text: string, start: number): Passage {
  return { text, spotOf: (from, to) => ({ text: text.slice(from, to), start }) };
}
