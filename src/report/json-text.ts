import { printable } from '../model/printable.ts';

/**
 * A value as JSON text with two blanks of indent and a final newline. Foreign text stays exactly as it was for
 * whoever parses it, but whatever a terminal, an editor or a CI log could obey is written as `\uXXXX`.
 */
export function toJsonText(value: unknown): string {
  return `${toJsonLine(value, 2)}\n`;
}

/** As `toJsonText`, without the newline; in one line where no indent is given. */
export function toJsonLine(value: unknown, indent = 0): string {
  return JSON.stringify(value, undefined, indent)
    .replace(/[^\n\u0020-\u007e]/gu, (c) => (printable(c) === c ? c : escaped(c)))
    .replace(/##(?=\w*\[)/g, '\\u0023\\u0023'); // a runner command, see foreign.ts
}

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, i) => hex(text.charCodeAt(i))).join('');
}

function hex(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** A record with its keys in code-unit order, so that the same verdict is always the same text. */
export function inKeyOrder<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
