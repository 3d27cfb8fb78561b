// Two cells wide in a terminal. Unicode 16, EastAsianWidth.txt (W and F), and emoji shown as pictures.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NARROW_NONE = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** Cells that a text takes in a terminal. The text has no control characters. */
export function cellsOf(text: string): number {
  let cells = 0;
  for (const c of text) cells += cellsOfOne(c);
  return cells;
}

function cellsOfOne(c: string): number {
  if (c <= '\u007e') return 1;
  return NARROW_NONE.test(c) ? 0 : WIDE.test(c) ? 2 : 1;
}

/** Cuts a text to `width` cells; the cut is shown as `…`. */
export function clip(text: string, width: number): string {
  if (cellsOf(text) <= width) return text;
  return `${takeCells(text, Math.max(0, width - 1))}…`;
}

/** Fills a text up with blanks to `width` cells. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellsOf(text)));
}

/**
 * Breaks a text into lines of at most `width` cells: between words, and inside a word only where it is longer
 * than a whole line, if possible after a slash. An empty text is one empty line.
 */
export function wrap(text: string, width: number): readonly string[] {
  const room = Math.max(2, width); // one wide character must fit, or nothing would ever
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (cellsOf(joined) <= room) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (cellsOf(line) > room) {
      const head = headOf(line, room);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  lines.push(line);
  return lines;
}

/** As much of a long word as fits, up to a slash or the like in its second half where there is one. */
function headOf(word: string, room: number): string {
  const head = takeCells(word, room);
  const cut = Math.max(...['/', '@', ':', '?', '&', ','].map((c) => head.lastIndexOf(c))) + 1;
  return cut > head.length / 2 ? head.slice(0, cut) : head;
}

function takeCells(text: string, width: number): string {
  let cells = 0;
  let taken = '';
  for (const c of text) {
    cells += cellsOfOne(c);
    if (cells > width) break;
    taken += c;
  }
  return taken;
}
