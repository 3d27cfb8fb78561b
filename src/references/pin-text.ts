import { PratiqueError } from '../errors.ts';
import type { Digest } from '../model/digest.ts';
import { printable } from '../model/printable.ts';

/** A name in a text, and the digest that it is to be used by. */
export interface Pin {
  /** offsets in UTF-16 units */
  readonly start: number;
  readonly end: number;
  /** what stands there */
  readonly text: string;
  readonly digest: Digest;
}

/**
 * Appends `@digest` to names in a text; every other character stays.
 * @param file for messages
 * @throws {PratiqueError} `WRITE_FAILED` where the text is not the one that was read, or two names overlap
 */
export function pinText(file: string, text: string, pins: readonly Pin[]): string {
  let made = '';
  let at = 0;
  for (const { start, end, text: name, digest } of [...pins].sort((a, b) => a.start - b.start)) {
    if (start < at || text.slice(start, end) !== name || name.includes('@')) throw changed(file);
    made += `${text.slice(at, end)}@${digest}`;
    at = end;
  }
  return made + text.slice(at);
}

function changed(file: string): PratiqueError {
  return new PratiqueError('WRITE_FAILED', {
    what: 'the file is not as it was when it was read',
    where: printable(file),
    next: 'run pratique again',
  });
}
