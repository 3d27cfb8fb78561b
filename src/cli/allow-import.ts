import { resolve } from 'node:path';
import { printable } from '../model/printable.ts';
import { ADMITTED, type ExitCode, UNDECIDED } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

const MOST_BYTES = 1024 * 1024; // as of a file; a cluster's constraints have some dozen KiB

/**
 * Prints policies of other programs as one of ours, and tells on the error output what was not carried over.
 * @returns 0 where all was carried over, 3 where something was not: what is printed then admits less
 * @throws {PratiqueError} `POLICY_INVALID`, `POLICY_NOT_FOUND`, `USAGE`
 */
export async function importForeign(
  names: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitCode> {
  const { importPolicy } = await import('../policy/imports/import-policy.ts');
  const { remarkLine, writeImported } = await import('../policy/imports/write-imported.ts');
  const { readSmallFile } = await import('../policy/read-file.ts');
  const files =
    options['fromInput'] === true
      ? [{ shown: '-', text: await terminal.in.read(MOST_BYTES) }]
      : await Promise.all(
          names.map(async (shown) => ({
            shown,
            text: await readSmallFile(resolve(terminal.cwd, shown), printable(shown)),
          })),
        );
  const imported = importPolicy(files);
  terminal.out.write(writeImported(imported, files.map(({ shown }) => shown).join(', ')));
  for (const remark of imported.remarks) terminal.err.write(`not carried over: ${remarkLine(remark)}\n`);
  return imported.remarks.length === 0 ? ADMITTED : UNDECIDED;
}
