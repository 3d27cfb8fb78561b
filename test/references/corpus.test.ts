import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatReference } from '../../src/model/reference.ts';
import { readReferences } from '../../src/references/read-references.ts';

const CORPUS = fileURLToPath(new URL('../../testdata/references', import.meta.url));
const EXPECTED = 'expected.txt';

/** Every file of the corpus, with slashes. */
const files = readdirSync(CORPUS, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== EXPECTED)
  .map((entry) => join(entry.parentPath, entry.name).slice(CORPUS.length + 1))
  .sort();

const textOf = (file: string) => readFileSync(join(CORPUS, file), 'utf8');

/** What a file names, as a line each: `FILE:LINE:COLUMN TEXT → REFERENCE`, or why not. */
function linesOf(file: string): readonly string[] {
  const { references, unread, elsewhere, isRead } = readReferences(file, textOf(file));
  return [
    ...references.map(({ line, column, kind, text, reference, why, known, range }) => {
      const told = reference === undefined ? `? ${why}` : `→ ${formatReference(reference)}`;
      const part = known === undefined ? '' : `, but for ${formatReference(known)}`;
      return `${file}:${line}:${column} ${kind} ${text} ${told}${part}${range === undefined ? '' : ' (plain)'}`;
    }),
    ...unread.map(({ line, column, text }) => `${file}:${line}:${column} unread: ${text}`),
    ...elsewhere.map(({ line, column, text }) => `${file}:${line}:${column} elsewhere: ${text}`),
    ...(isRead ? [] : [`${file} names no images`]),
  ];
}

describe('the corpus of files that name images', () => {
  test('has exactly the references that are expected of it, no more and no fewer', () => {
    const expected = textOf(EXPECTED).trim().split('\n');
    expect(files.flatMap(linesOf)).toEqual(expected);
  });

  test.each(files)('has in %s each plain name where it is said to be', (file) => {
    const text = textOf(file);
    for (const { range, text: name, line, column } of readReferences(file, text).references) {
      if (range === undefined) continue;
      expect(text.slice(range.start, range.end)).toBe(name);
      const written = text.split('\n')[line - 1] ?? '';
      expect(written.slice(column - 1, column - 1 + name.length)).toBe(name);
    }
  });
});
