import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { toPratiqueError } from '../errors.ts';
import type { JudgedReference, NamedReference } from '../model/named-reference.ts';
import { printable } from '../model/printable.ts';
import { formatReference } from '../model/reference.ts';
import { parseTarget } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { renderProblem } from '../report/problem.ts';
import { readReach } from './common-options.ts';
import { type Terminal, wantsColour } from './terminal.ts';
import { writeFileWhole } from './write-file.ts';

/**
 * Checks every image in full that is named without a digest, and writes the digest of each that is admitted behind its name. What
 * is a template, or put together of parts, is told and left alone.
 * @returns the verdicts, and an undecided one for a file that could not be written
 */
export async function fixReferences(
  judged: readonly JudgedReference[],
  policy: Policy,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<readonly Pick<Verdict, 'result'>[]> {
  const loose = judged.filter(
    ({ named, result }) => result === 'admitted' && named.reference?.digest === undefined,
  );
  for (const { named } of loose)
    if (named.range === undefined)
      say(terminal, named, 'not pinned: it is a template, or put together of parts');
  const pinnable = loose.map(({ named }) => named).filter(({ range }) => range !== undefined);
  const verdicts = await checkAll(pinnable, policy, options, terminal);
  const failures: Pick<Verdict, 'result'>[] = [];
  for (const [file, names] of Map.groupBy(pinnable, (named) => named.file))
    if (!(await pinFile(file, names, verdicts, terminal))) failures.push({ result: 'undecided' });
  return [...verdicts.values(), ...failures];
}

async function checkAll(
  names: readonly NamedReference[],
  policy: Policy,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ReadonlyMap<string, Verdict>> {
  await terminal.spareMemory?.();
  const { createGate } = await import('../gate.ts'); // without --fix no rule for contents is loaded
  const gate = createGate({ ...readReach(options, terminal), policy, now: terminal.now });
  const verdicts = new Map<string, Verdict>();
  for (const name of new Set(names.map(nameOf))) verdicts.set(name, await gate.check(parseTarget(name)));
  return verdicts;
}

async function pinFile(
  file: string,
  names: readonly NamedReference[],
  verdicts: ReadonlyMap<string, Verdict>,
  terminal: Terminal,
): Promise<boolean> {
  const pins = names.flatMap((named) => {
    const { result, subject } = verdicts.get(nameOf(named)) ?? {};
    if (result === 'admitted' && subject !== undefined && named.range !== undefined)
      return [{ ...named.range, text: named.text, digest: subject.digest, named }];
    say(terminal, named, `not pinned: ${result ?? 'undecided'}; see pratique check ${nameOf(named)}`);
    return [];
  });
  if (pins.length === 0) return true;
  try {
    const { pinText } = await import('../references/pin-text.ts');
    const { readText } = await import('../references/files/read-text.ts');
    const path = resolve(terminal.cwd, file);
    const read = readText(path);
    const text = pinText(file, read !== undefined && 'text' in read ? read.text : '', pins);
    await writeFileWhole(path, text, { mode: (await stat(path)).mode & 0o7777 });
    for (const { named, digest } of pins) say(terminal, named, `pinned to ${digest}`);
    return true;
  } catch (thrown) {
    terminal.err.write(
      renderProblem(toPratiqueError(thrown), { colour: wantsColour(terminal.err, terminal.env) }),
    );
    return false;
  }
}

function nameOf({ reference, text }: NamedReference): string {
  return reference === undefined ? text : formatReference(reference);
}

function say({ err }: Terminal, { file, line, column, text }: NamedReference, what: string): void {
  err.write(`./${printable(file)}:${line}:${column} ${printable(text, 300)} ${printable(what)}\n`);
}
