import { isMap, isSeq, parseDocument, stringify } from 'yaml';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';

/** A line to be added to an allow-list. */
export interface NewAllowEntry {
  /** a pattern for images, without a tag where `tags` is given */
  readonly image: string;
  /** a tag with stars, or a range of versions */
  readonly tags?: string;
  readonly reason: string;
  /** last day on which it counts, `YYYY-MM-DD` */
  readonly until?: string;
}

/**
 * Adds an entry at the end of an allow-list in YAML. It is put in as text, so that every other character stays: printed anew, the
 * file would have other blanks, and its history would name another author for each line.
 * @param text of the file; `undefined` where there is none yet
 * @param owner of a new file
 * @throws {PratiqueError} `USAGE` where the list is not written as `entries:` with a dash for each, or a new one has no owner
 */
export function addAllowEntry(
  shown: string,
  text: string | undefined,
  entry: NewAllowEntry,
  owner: string | undefined,
): string {
  if (text === undefined) {
    if (owner === undefined)
      throw new PratiqueError('USAGE', {
        what: 'a new allow-list needs an owner',
        next: 'give --owner NAME',
      });
    return `${stringify({ owner })}entries:\n${linesOf(entry, '  ')}`;
  }
  const { end, indent } = endOfEntries(shown, text);
  const before = text.slice(0, end);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lead = before.endsWith('\n') ? '' : newline;
  return `${before}${lead}${linesOf(entry, indent).replaceAll('\n', newline)}${text.slice(end)}`;
}

/** Where the last entry ends, and how far entries stand in. */
function endOfEntries(shown: string, text: string): { end: number; indent: string } {
  const document = parseDocument(text, { keepSourceTokens: true });
  const root = document.contents;
  const entries = isMap(root) ? root.get('entries', true) : undefined;
  const last = isSeq(entries) && entries.flow !== true ? entries.items.at(-1) : undefined;
  const range = isMap(last) ? last.range : undefined;
  if (document.errors.length > 0 || !isSeq(entries) || last === undefined || !range)
    throw new PratiqueError('USAGE', {
      what: 'nothing can be added to this list',
      where: printable(shown),
      why: 'its entries are not written one below the other, each behind a dash',
      next: 'add the entry by hand, or name another file',
    });
  const dash = text.lastIndexOf('-', range[0]);
  const indent = text.slice(text.lastIndexOf('\n', dash) + 1, dash);
  return { end: endOfLine(text, range[1]), indent: /^ *$/.test(indent) ? indent : '  ' };
}

/** A remark behind the last entry stays with it. */
function endOfLine(text: string, from: number): number {
  if (text[from - 1] === '\n') return from;
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : newline + 1;
}

function linesOf({ image, tags, reason, until }: NewAllowEntry, indent: string): string {
  const written = stringify(
    { image, ...(tags === undefined ? {} : { tags }), reason, ...(until === undefined ? {} : { until }) },
    { lineWidth: 0 },
  );
  return written
    .trimEnd()
    .split('\n')
    .map((line, index) => `${indent}${index === 0 ? '- ' : '  '}${line}\n`)
    .join('');
}

/**
 * Adds a line at the end of an allow-list of plain text.
 * @throws {PratiqueError} `USAGE` for what such a list cannot say
 */
export function addAllowLine(
  text: string | undefined,
  { image, tags, reason, until }: NewAllowEntry,
): string {
  if (tags !== undefined)
    throw new PratiqueError('USAGE', { what: 'a list of plain text has no tags', next: 'name a .yaml file' });
  const before = text === undefined || text === '' || text.endsWith('\n') ? (text ?? '') : `${text}\n`;
  const remark = reason.replace(/\s+/g, ' ').trim();
  return `${before}${image}${until === undefined ? '' : ` until=${until}`} # ${remark}\n`;
}
