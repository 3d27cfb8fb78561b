import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import { one } from './common-options.ts';
import type { Terminal } from './terminal.ts';
import { writeFileWhole } from './write-file.ts';

/** What was asked for with `--write-baseline` and `--owner`. */
export interface BaselineOption {
  readonly file: string;
  readonly owner: string;
}

/** Reads the two options. @throws {PratiqueError} `USAGE` for one without the other */
export function readBaselineOption(options: Record<string, unknown>): BaselineOption | undefined {
  const file = one(options, 'writeBaseline');
  const owner = one(options, 'owner');
  if (file !== undefined && owner !== undefined) return { file, owner };
  if (file === undefined && owner === undefined) return undefined;
  throw new PratiqueError('USAGE', {
    what: '--write-baseline and --owner go together',
    why: 'somebody answers for every finding that is accepted',
    next: 'give both, as in --write-baseline baseline.yaml --owner team-shop',
  });
}

/**
 * Adds the secrets that refuse these images to the baseline. The verdicts stand: it counts from the next run on.
 * @throws {PratiqueError} `POLICY_INVALID` where the file is no baseline; `WRITE_FAILED`
 */
export async function writeBaseline(
  { file, owner }: BaselineOption,
  targets: readonly Target[],
  verdicts: readonly Verdict[],
  terminal: Terminal,
): Promise<void> {
  const undecided = verdicts.find(({ result }) => result === 'undecided');
  if (undecided !== undefined) {
    terminal.err.write(`no baseline written: ${quoted(undecided.name)} is undecided\n`);
    return;
  }
  const { addToBaseline } = await import('../policy/write-baseline.ts'); // seldom asked for
  const path = resolve(terminal.cwd, file);
  const judged = verdicts.map((verdict, index) => {
    const reference = targets[index]?.reference;
    return { verdict, ...(reference === undefined ? {} : { reference }) };
  });
  const { text, added, known, unlisted } = addToBaseline(await readIfThere(path), file, {
    judged,
    owner,
    now: terminal.now(),
  });
  await writeFileWhole(path, text);
  const counts = [
    `${added} new`,
    ...(known > 0 ? [`${known} named there already and not renewed`] : []),
    ...(unlisted > 0 ? [`${unlisted} left out that stand for more values than are listed`] : []),
  ];
  terminal.err.write(
    `baseline written to ${printable(file)}: ${counts.join(', ')}; it counts where a policy names it\n`,
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const why = code ?? 'unknown reason';
    throw new PratiqueError('WRITE_FAILED', { what: `${quoted(path)} could not be read`, why }, { cause });
  }
}
