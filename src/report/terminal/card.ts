import { cellsOf, pad, wrap } from './columns.ts';
import type { Paint, Style } from './paint.ts';

/** Text and what it means. */
export interface Piece {
  readonly text: string;
  readonly style?: Style;
}

export interface RowOptions {
  /** blanks before the label */
  readonly indent?: number;
  /** cells of the label's column; the label's own width where absent */
  readonly labelCells?: number;
  /** blanks before every line of the text but the first */
  readonly hang?: number;
  /** never wrapped: for what people copy */
  readonly whole?: boolean;
}

/**
 * A block of lines with a rule down its left edge. Every line starts with a character of that rule, so that no
 * foreign text can start a line, whatever is wrapped where. All texts must be safe already (see `foreign`).
 */
export interface Card {
  /** opens the card, or a new part of it */
  heading(label: Piece, body?: Piece): void;
  /** a label in its column, and a text beside it that is wrapped under itself */
  row(label: Piece, body: Piece, options?: RowOptions): void;
  blank(): void;
  /** closes the card; not wrapped, so that it can be copied */
  end(label: Piece, body: Piece): void;
  lines(): readonly string[];
  /** cells for the text of a row beside a label column of so many */
  roomBeside(labelCells: number): number;
}

const NARROWEST = 40; // cells; below it, lines are left to the terminal to break
const WIDEST = 110; // cells; longer lines tire the eye

/** An empty card for a terminal of `width` cells. */
export function makeCard(paint: Paint, width: number): Card {
  const cells = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(width) || NARROWEST));
  const lines: string[] = [];

  function put(
    edge: string,
    label: Piece,
    body: Piece,
    { indent = 0, labelCells, hang = 0, whole = false }: RowOptions = {},
  ): void {
    const gap = label.text === '' && labelCells === undefined ? 0 : 2;
    const column = labelCells ?? cellsOf(label.text);
    const before = 3 + indent + column + gap;
    const texts = whole ? [body.text] : wrap(body.text, cells - before - hang);
    for (const [index, text] of texts.entries()) {
      const first = index === 0;
      const start = paint('dim', first ? edge : '│');
      const gutter = first && edge !== '│' ? ' ' : '  ';
      const name = first ? paintPiece({ ...label, text: pad(label.text, column) }) : ' '.repeat(column);
      const line = `${start}${gutter}${' '.repeat(indent)}${name}${' '.repeat(gap + (first ? 0 : hang))}`;
      lines.push((text === '' ? line : `${line}${paintPiece({ ...body, text })}`).trimEnd());
    }
  }

  function paintPiece({ text, style = 'plain' }: Piece): string {
    return paint(style, text);
  }

  return {
    heading(label, body = { text: '' }) {
      put(lines.length === 0 ? '╭─' : '├─', label, body);
    },
    row(label, body, options) {
      put('│', label, body, options);
    },
    blank() {
      lines.push(paint('dim', '│'));
    },
    end(label, body) {
      put('╰─', label, body, { whole: true });
    },
    lines: () => lines,
    roomBeside: (labelCells) => Math.max(2, cells - 3 - labelCells - 2),
  };
}
