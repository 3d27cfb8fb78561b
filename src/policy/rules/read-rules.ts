import { dirname, resolve } from 'node:path';
import type { CustomRule } from '../../model/custom-rule.ts';
import { printable } from '../../model/printable.ts';
import { addIssues, type Faults } from '../faults.ts';
import type { Surroundings } from '../surroundings.ts';
import { readYaml } from '../yaml-file.ts';
import { readGitleaks } from './gitleaks-file.ts';
import { type Carried, carryOver, idOf } from './gitleaks-rules.ts';
import { ruleFile, rulesOf } from './rule-file.ts';

/** More would be a mistake, or meant to be slow. */
const MOST_RULES = 1000;
/** files that extend one another, as gitleaks counts */
const CHAIN_LIMIT = 3;
type Reading = Pick<Surroundings, 'files' | 'faults'>;
const NOTHING: Carried = { rules: [], remarks: [] };

/**
 * Reads a file of rules: ours (`*.yaml`, `*.yml`), or those of gitleaks (`*.toml`). Patterns are compiled, and
 * proved on their examples, by `scan/custom`.
 * @param path absolute
 * @param shown the path as it stands in messages
 * @returns `remarks`: printable sentences about what was not carried over
 * @throws {PratiqueError} `POLICY_NOT_FOUND`, `POLICY_INVALID` where the file cannot be read; what is wrong in it is
 *   added to `faults`
 */
export async function readRules(path: string, shown: string, around: Reading): Promise<Carried> {
  const read = /\.toml$/i.test(path)
    ? await readToml(path, shown, around, 1)
    : await readOurs(path, shown, around);
  if (read.rules.length > MOST_RULES)
    around.faults.addAt(shown, '1:1', [], `it has more than ${MOST_RULES} rules`);
  return { rules: read.rules, remarks: read.remarks.map((remark) => printable(`${shown}: ${remark}`, 500)) };
}

async function readOurs(path: string, shown: string, { files, faults }: Reading): Promise<Carried> {
  const file = readYaml(await files.read(path, shown), shown, faults);
  if (file === undefined) return NOTHING;
  const read = ruleFile.safeParse(file.value);
  if (!read.success) {
    addIssues(faults, file, read.error.issues);
    return NOTHING;
  }
  const rules = rulesOf(read.data, file);
  return {
    rules,
    remarks: rules
      .filter(isEverywhere)
      .map(({ id }) => `${id} has no keywords and runs over every byte: it is slow`),
  };
}

function isEverywhere({ keywords }: CustomRule): boolean {
  return keywords.length === 0;
}

async function readToml(path: string, shown: string, around: Reading, depth: number): Promise<Carried> {
  const { files, faults } = around;
  const read = readGitleaks(await files.read(path, shown));
  if (!('file' in read)) {
    for (const { place, path: at, why } of read) faults.addAt(shown, place, at, why);
    return NOTHING;
  }
  requireOnce(read.file.rules ?? [], read.placeOf, shown, faults);
  const more = read.file.extend?.path;
  if (more !== undefined && depth >= CHAIN_LIMIT) {
    faults.addAt(shown, '1:1', ['extend', 'path'], `more than ${CHAIN_LIMIT} files extend one another`);
    return NOTHING;
  }
  const extended =
    more === undefined
      ? NOTHING
      : await readToml(resolve(dirname(path), more), shownBeside(shown, more), around, depth + 1);
  return carryOver(read, shown, extended);
}

/** In gitleaks the second of two rules with one id takes the place of the first, unsaid. */
function requireOnce(
  rules: readonly { readonly id: string }[],
  placeOf: (rule: number) => string,
  shown: string,
  faults: Faults,
): void {
  const ids = rules.map(({ id }) => idOf(id));
  for (const [index, id] of ids.entries()) {
    if (!/[a-z0-9]/i.test(rules[index]?.id ?? ''))
      faults.addAt(shown, placeOf(index), ['rules', index, 'id'], 'it has no letter or digit');
    if (ids.indexOf(id) < index)
      faults.addAt(shown, placeOf(index), ['rules', index, 'id'], 'a rule before it has the same id');
  }
}

function shownBeside(shown: string, path: string): string {
  return path.startsWith('/') ? path : shown.slice(0, shown.lastIndexOf('/') + 1) + path.replace(/^\.\//, '');
}
