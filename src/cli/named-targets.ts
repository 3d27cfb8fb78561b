import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import { formatReference } from '../model/reference.ts';
import { parseTarget, type Target } from '../model/target.ts';
import { many, one } from './common-options.ts';
import { findNamed } from './named-references.ts';
import type { Terminal } from './terminal.ts';

/** The images that files name, as targets. */
export interface NamedTargets {
  /** each distinct name once, in the order of the files */
  readonly targets: readonly Target[];
  /** whether every name is known and every file was read */
  readonly isWhole: boolean;
}

/**
 * Finds the images that the files of `check --refs` name, and says what cannot be known.
 * @throws {PratiqueError} `USAGE`, `LIMIT_EXCEEDED`
 */
export async function readNamedTargets(
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<NamedTargets> {
  if (one(options, 'as') !== undefined)
    throw new PratiqueError('USAGE', { what: '--as does not go with --refs', next: 'leave one of them out' });
  const { references, unread } = await findNamed(many(options, 'image') ?? [], options, terminal);
  const open = [
    ...references.flatMap((named) =>
      named.why === undefined ? [] : [{ ...named, text: `${named.text}: ${named.why}` }],
    ),
    ...unread,
  ];
  for (const { file, line, column, text } of open)
    terminal.err.write(`not known: ${printable(file)}:${line}:${column} ${printable(text)}\n`);
  const names = new Set(
    references.flatMap(({ reference }) => (reference ? [formatReference(reference)] : [])),
  );
  return { targets: [...names].map((name) => parseTarget(name)), isWhole: open.length === 0 };
}
