import type { PratiqueError } from '../errors.ts';
import { adviceOn } from './advice.ts';
import { foreign, foreignLines } from './foreign.ts';
import { pad } from './terminal/columns.ts';
import { painter } from './terminal/paint.ts';

/**
 * A fault for a person at a terminal, of any kind, usage faults too: what, where, why, what to do next, and its
 * code. Ends with a newline; no line starts with foreign text.
 */
export function renderProblem(error: PratiqueError, { colour }: { readonly colour: boolean }): string {
  const paint = painter(colour);
  const { what, where, why } = error.problem;
  const lines = [`${paint('badTitle', '✖')} ${paint('strong', foreign(what, 1024))}`];
  const parts = [
    ['where', where, 'plain'],
    ['why', why, 'plain'],
    ['next', adviceOn(error), 'accent'],
    ['code', error.code, 'dim'],
  ] as const;
  for (const [label, text, style] of parts) {
    if (text === undefined) continue;
    for (const [index, line] of foreignLines(text).entries()) {
      lines.push(`  ${paint('dim', index === 0 ? pad(label, 5) : '    │')}  ${paint(style, line)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
