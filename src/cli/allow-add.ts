import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { type ImagePattern, parseImagePattern } from '../model/image-pattern.ts';
import { printable, quoted } from '../model/printable.ts';
import { one } from './common-options.ts';
import { ADMITTED, type ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { writeFileWhole } from './write-file.ts';

/**
 * Adds a pattern to an allow-list and proves that the list then says what it said before, and the new line.
 * @throws {PratiqueError} `USAGE`, `POLICY_INVALID` for a pattern or list that cannot be read; the file is then as it was
 */
export async function addToAllowList(
  pattern: string,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitCode> {
  const shown = required(options, 'file');
  const [tags, until] = [one(options, 'tags'), one(options, 'until')];
  const entry = {
    image: pattern,
    reason: required(options, 'reason'),
    ...(tags === undefined ? {} : { tags }),
    ...(until === undefined ? {} : { until }),
  };
  const path = resolve(terminal.cwd, shown);
  const { addAllowEntry, addAllowLine } = await import('../policy/add-allow-entry.ts');
  const { readAllowListText } = await import('../policy/allow-list.ts');
  const { readSmallFile } = await import('../policy/read-file.ts');
  const mode = await modeOf(path, shown);
  const before = mode === undefined ? undefined : await readSmallFile(path, shown);
  const after = shown.endsWith('.txt')
    ? addAllowLine(before, entry)
    : addAllowEntry(shown, before, entry, one(options, 'owner'));
  const known = before === undefined ? [] : readAllowListText(before, shown);
  const made = readAllowListText(after, shown);
  const [added, ...more] = made.slice(known.length);
  const isSame = JSON.stringify(made.slice(0, known.length)) === JSON.stringify(known);
  // A line of plain text can hold a second one, or end before it should: `nginx #`.
  const isAdded = added?.until === until && (tags !== undefined || isPattern(added?.pattern, pattern));
  if (!isSame || added === undefined || !isAdded || more.length > 0)
    throw new PratiqueError('USAGE', {
      what: 'nothing can be added to this list',
      where: printable(shown),
      why: 'it would not say what it says now and the new line',
      next: 'add the entry by hand',
    });
  await writeFileWhole(path, after, mode === undefined ? {} : { mode });
  terminal.out.write(`added to ${printable(shown)}: ${quoted(pattern)}\n`);
  return ADMITTED;
}

function isPattern(read: ImagePattern | undefined, asked: string): boolean {
  return read !== undefined && JSON.stringify(read) === JSON.stringify(parseImagePattern(asked));
}

/** Permissions of a file; absent where there is none. A link would be replaced by a file. */
async function modeOf(path: string, shown: string): Promise<number | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isFile()) return found.mode & 0o7777;
  throw new PratiqueError('USAGE', {
    what: `${quoted(shown)} is no ordinary file`,
    next: 'name the list itself',
  });
}

function required(options: Record<string, unknown>, name: string): string {
  const value = one(options, name)?.trim();
  if (value !== undefined && value !== '') return value;
  throw new PratiqueError('USAGE', { what: `allow add needs --${name}`, next: 'see pratique allow --help' });
}
