import { resolve } from 'node:path';
import { readTarget } from '../cli/common-options.ts';
import { type NamedTargets, readNamedTargets } from '../cli/named-targets.ts';
import type { Terminal } from '../cli/terminal.ts';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import type { Target } from '../model/target.ts';
import type { Policy } from '../policy/policy.ts';
import { readSmallFile } from '../policy/read-file.ts';
import { isLinked, wayInto } from './in-workspace.ts';
import type { Inputs } from './inputs.ts';

/** The images that a step is to judge. */
export interface NamedImages {
  /** each once; of `image` first, then of `image-file`, then those that files of the checkout name */
  readonly targets: readonly Target[];
  /** names in the files that cannot be known, and what was not read */
  readonly unknown: NamedTargets['unknown'];
}

const MOST = 1000; // images of one step; each takes seconds

/** @throws {PratiqueError} `USAGE`, `REFERENCE_INVALID`; `LIMIT_EXCEEDED` where files name too many */
export async function readNamedImages(
  inputs: Inputs,
  policy: Policy,
  terminal: Terminal,
): Promise<NamedImages> {
  const names = [...inputs.lines('image'), ...(await namesInFile(inputs.one('image-file'), terminal.cwd))];
  const as = inputs.one('as');
  const wantsRefs = inputs.flag('refs');
  if (as !== undefined && (names.length > 1 || wantsRefs))
    throw usage('the input as goes with one image', 'judge it in a step of its own');
  const exclude = inputs.lines('exclude');
  if (exclude.length > 0 && !wantsRefs)
    throw usage('the input exclude goes with refs: true', 'add refs: true, or leave it out');
  if (names.length === 0 && !wantsRefs)
    throw usage('no image is named', 'name one in the input image, or write refs: true');
  const given = [...new Set(names)].map((name) => readTarget(name, as, terminal));
  const found = wantsRefs
    ? await readNamedTargets(exclude.length > 0 ? { exclude } : {}, policy, terminal)
    : undefined;
  const more = (found?.targets ?? []).filter(({ text }) => !given.some((target) => target.text === text));
  const targets = [...given, ...more];
  if (targets.length > MOST)
    throw usage(
      `${targets.length} images are named; at most ${MOST} are judged in a step`,
      'judge them in several steps',
    );
  return { targets, unknown: found?.unknown ?? [] };
}

/** A name in each line; what begins with `#` is a remark. */
async function namesInFile(file: string | undefined, cwd: string): Promise<readonly string[]> {
  if (file === undefined) return [];
  const lines = (await textOf(file, cwd)).split(/\r?\n/).map((line) => line.trim());
  const names = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (names.length === 0) throw usage(`no image is named in ${quoted(file)}`, 'write one into each line');
  return names;
}

/** A link is not followed: where a pull request makes one of the file, what it leads to (a login, the environment) would be told as names. */
async function textOf(file: string, cwd: string): Promise<string> {
  const way = wayInto(cwd, file);
  if (way !== undefined && (await isLinked(cwd, way)))
    throw usage(`image-file ${quoted(file)} is a link, or lies behind one`, 'name the file itself');
  try {
    return await readSmallFile(resolve(cwd, file), file);
  } catch (thrown) {
    const { why = 'it cannot be read' } = toPratiqueError(thrown).problem;
    throw usage(
      `image-file ${quoted(file)} cannot be used: ${why}`,
      'name a small text file, from the workspace',
    );
  }
}

function usage(what: string, next: string): PratiqueError {
  return new PratiqueError('USAGE', { what, next });
}
