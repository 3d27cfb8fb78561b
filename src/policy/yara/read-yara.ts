import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { toPratiqueError } from '../../errors.ts';
import type { YaraSource } from '../../model/yara-setting.ts';
import type { Faults } from '../faults.ts';
import { readSmallFile, whyNoFolder } from '../read-file.ts';

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
  faults: Faults,
): Promise<readonly YaraSource[]> {
  if (!shown.endsWith('/')) return readSource(path, shown, faults);
  const names = await namesIn(path, shown, faults);
  const sources: YaraSource[] = [];
  for (const name of names) sources.push(...(await readSource(join(path, name), `${shown}${name}`, faults)));
  return sources;
}

async function namesIn(path: string, shown: string, faults: Faults): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    for (const name of await linkedFolders(entries, path))
      faults.addAt(`${shown}${name}`, '1:1', [], 'it is a link to a folder, which is not followed');
    const files = entries.filter((entry) => RULES.test(entry.name) && !entry.isDirectory());
    const names = files.map(({ name, parentPath }) => relative(path, join(parentPath, name)));
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

/** Links to folders, but for those of Kubernetes: `..data` leads to files that are linked one by one as well. */
async function linkedFolders(entries: readonly Dirent[], path: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isSymbolicLink() || entry.name.startsWith('..')) continue;
    const full = join(entry.parentPath, entry.name);
    const target = await stat(full).catch(() => undefined); // one that leads nowhere leaves nothing out
    if (target?.isDirectory() === true) found.push(relative(path, full));
  }
  return found;
}

async function readSource(path: string, shown: string, faults: Faults): Promise<readonly YaraSource[]> {
  if (!RULES.test(shown)) {
    faults.addAt(shown, '1:1', [], 'YARA rules end in .yar or .yara, a folder of them in a slash');
    return [];
  }
  try {
    return [{ shown, text: await readSmallFile(path, shown) }];
  } catch (thrown) {
    faults.addAt(shown, '1:1', [], toPratiqueError(thrown).problem.why ?? 'it cannot be read');
    return [];
  }
}
