import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import type { BaselineWish, NewBaseline } from '../policy/write-baseline.ts';
import { one } from './common-options.ts';
import type { Terminal } from './terminal.ts';
import { writeFileWhole } from './write-file.ts';

/** What was asked for with `--write-baseline` and `--owner`. */
export interface BaselineOption {
  readonly file: string;
  readonly owner: string;
}

/**
 * Reads the two options, and the file if it is there: what is wrong with it is told before an image is read.
 * @throws {PratiqueError} `USAGE` for one without the other; `POLICY_INVALID` where the file is no baseline
 */
export async function readBaselineOption(
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<BaselineOption | undefined> {
  const file = one(options, 'writeBaseline');
  const owner = one(options, 'owner')?.trim();
  if (owner === '') throw new PratiqueError('USAGE', { what: '--owner is blank', next: 'name who answers' });
  if (file !== undefined && owner !== undefined) {
    await addTo({ file, owner }, [], terminal);
    return { file, owner };
  }
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
  option: BaselineOption,
  targets: readonly Target[],
  verdicts: readonly Verdict[],
  terminal: Terminal,
): Promise<void> {
  const undecided = verdicts.find(({ result }) => result === 'undecided');
  if (undecided !== undefined) {
    terminal.err.write(`no baseline written: ${quoted(undecided.name)} is undecided\n`);
    return;
  }
  const judged = verdicts.map((verdict, index) => {
    const reference = targets[index]?.reference;
    return { verdict, ...(reference === undefined ? {} : { reference }) };
  });
  const { file } = option;
  const { text, added, known, unlisted, unseen, nameless } = await addTo(option, judged, terminal);
  await writeFileWhole(resolve(terminal.cwd, file), text);
  const counts = [
    `${added} new`,
    ...(known > 0 ? [`${known} named there already and not renewed`] : []),
    ...(unlisted > 0 ? [`${unlisted} left out that stand for more values than are listed`] : []),
    ...(unseen > 0 ? [`${unseen} left out that were not looked into`] : []),
    ...(nameless > 0 ? [`${nameless} of them for every image, as this one has no name (--as NAME)`] : []),
  ];
  terminal.err.write(
    `baseline written to ${printable(file)}: ${counts.join(', ')}; it counts where a policy names it\n`,
  );
}

/** The baseline as it would be with what is in these verdicts. */
async function addTo(
  { file, owner }: BaselineOption,
  judged: BaselineWish['judged'],
  terminal: Terminal,
): Promise<NewBaseline> {
  // Seldom asked for.
  const [{ addToBaseline }, { readBaselineText }] = await Promise.all([
    import('../policy/write-baseline.ts'),
    import('../policy/baseline.ts'),
  ]);
  const before = await readBaselineText(resolve(terminal.cwd, file), file);
  return addToBaseline(before, file, { judged, owner, now: terminal.now() });
}
