import { join } from 'node:path';
import { toPratiqueError } from '../../errors.ts';
import type { YaraSource } from '../../model/yara-setting.ts';
import { whyNoFolder } from '../read-file.ts';
import type { Surroundings } from '../surroundings.ts';

type Reading = Pick<Surroundings, 'files' | 'faults'>;

const RULES = /\.yara?$/i;
/** files of one folder; the largest public collections have some thousand */
const MOST_FILES = 5000;

/**
 * Reads a file of YARA rules (`.yar`, `.yara`), or every one of a folder and the folders in it, in the order of their names.
 * Whether they are rules is found out by the engine, in `scan/yara`. Faults are added, not thrown.
 * @param path absolute
 * @param shown the path as it stands in messages, with a slash at the end for a folder
 */
export async function readYaraSources(
  path: string,
  shown: string,
  around: Reading,
): Promise<readonly YaraSource[]> {
  if (!shown.endsWith('/')) return readSource(path, shown, around);
  const names = await namesIn(path, shown, around);
  const sources: YaraSource[] = [];
  for (const name of names) sources.push(...(await readSource(join(path, name), `${shown}${name}`, around)));
  return sources;
}

async function namesIn(path: string, shown: string, { files, faults }: Reading): Promise<readonly string[]> {
  try {
    const walked = await files.walk(path);
    for (const { name, what } of walked.notFollowed)
      faults.addAt(`${shown}${name}`, '1:1', [], `it is ${what}, which is not followed`);
    const names = walked.files.filter((name) => RULES.test(name));
    if (names.length === 0)
      faults.addAt(shown, '1:1', [], 'there are no rules in it: they end in .yar or .yara');
    if (names.length > MOST_FILES)
      faults.addAt(shown, '1:1', [], `it has more than ${MOST_FILES} files of rules`);
    return names.length > MOST_FILES ? [] : names.sort();
  } catch (thrown) {
    faults.addAt(shown, '1:1', [], whyNoFolder(thrown));
    return [];
  }
}

async function readSource(
  path: string,
  shown: string,
  { files, faults }: Reading,
): Promise<readonly YaraSource[]> {
  if (!RULES.test(shown)) {
    faults.addAt(shown, '1:1', [], 'YARA rules end in .yar or .yara, a folder of them in a slash');
    return [];
  }
  try {
    return [{ shown, text: await files.read(path, shown) }];
  } catch (thrown) {
    faults.addAt(shown, '1:1', [], toPratiqueError(thrown).problem.why ?? 'it cannot be read');
    return [];
  }
}
