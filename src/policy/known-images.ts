import { readFileSync } from 'node:fs';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import type { Reference } from '../model/reference.ts';

const LIST = new URL('../../allowlists/known-images.tsv', import.meta.url);
const LEAST = 500; // names; a list cut short must not pass for the whole

/** `test/policy/known-images.test.ts` holds that each is what the parser of references makes of it. */
const FULL = /^([a-z0-9.-]+(?::\d+)?)\/([a-z0-9._/-]+)$/;

let known: readonly Reference[] | undefined;

/**
 * The popular images that ship with the package: `builtin:popular-500`. Read once in the life of the process.
 * @throws {PratiqueError} `POLICY_NOT_FOUND` where the installation lacks the list
 */
export function knownImages(): readonly Reference[] {
  known ??= read();
  return known;
}

function read(): readonly Reference[] {
  try {
    const rows = readFileSync(LIST, 'utf8').split('\n');
    const names = rows
      .filter((row) => row !== '' && !row.startsWith('#'))
      .map((row) => row.split('\t')[0] ?? '');
    if (names.length >= LEAST) return names.map(referenceOf);
    throw missing(`it has ${names.length} names`);
  } catch (thrown) {
    throw thrown instanceof PratiqueError && thrown.code === 'POLICY_NOT_FOUND'
      ? thrown
      : missing(toPratiqueError(thrown).problem.why ?? 'it cannot be read');
  }
}

/** A name as the list has it: in full, without tag. To parse a thousand of them takes a tenth of the start of a command. */
function referenceOf(name: string): Reference {
  const [, registry, repository] = FULL.exec(name) ?? [];
  if (registry === undefined || repository === undefined) throw missing(`${quoted(name)} is no full name`);
  return { registry, repository };
}

function missing(why: string): PratiqueError {
  return new PratiqueError('POLICY_NOT_FOUND', {
    what: 'the list of known images that ships with pratique cannot be used',
    where: 'allowlists/known-images.tsv',
    why,
    next: 'install pratique again',
  });
}
