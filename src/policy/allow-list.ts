import { join } from 'node:path';
import { toPratiqueError } from '../errors.ts';
import { parseImagePattern } from '../model/image-pattern.ts';
import { isDay } from './duration.ts';
import { addIssues, attempt, collectFaults, type Faults } from './faults.ts';
import type { AllowEntry } from './policy.ts';
import { whyNoFolder } from './read-file.ts';
import { allowListFile } from './schema.ts';
import type { Surroundings } from './surroundings.ts';
import { isTagRange, parseTagRange } from './tag-range.ts';
import { readYaml } from './yaml-file.ts';

const LIST = /\.(?:yaml|txt)$/;
type Reading = Pick<Surroundings, 'files' | 'faults'>;

const UNTIL = /^until=(.*)$/;

/**
 * Reads an allow-list: a `.yaml` or `.txt` file, or every one of a folder, in the order of their names; folders in it and
 * other files (a README) are not looked at. Faults are added, not thrown.
 * @param shown the path as it stands in messages, with a slash at the end for a folder
 */
export async function readAllowLists(
  path: string,
  shown: string,
  around: Reading,
): Promise<readonly AllowEntry[]> {
  if (!shown.endsWith('/')) return readAllowList(path, shown, around);
  const names = await namesIn(path, shown, around);
  const lists: AllowEntry[] = [];
  for (const name of names) {
    if (name.endsWith('.yml'))
      around.faults.addAt(`${shown}${name}`, '1:1', [], 'rename it: lists end in .yaml or .txt');
    if (!LIST.test(name)) continue;
    lists.push(...(await readAllowList(join(path, name), `${shown}${name}`, around)));
  }
  return lists;
}

/**
 * Reads the text of an allow-list.
 * @param shown its path in messages; the ending says what it is
 * @throws {PratiqueError} `POLICY_INVALID` with a line for each fault
 */
export function readAllowListText(text: string, shown: string): readonly AllowEntry[] {
  const faults = collectFaults();
  if (!LIST.test(shown)) faults.addAt(shown, '1:1', [], 'a list ends in .yaml or .txt');
  const entries = shown.endsWith('.txt') ? readLines(text, shown, faults) : readEntries(text, shown, faults);
  faults.throwIfAny();
  return entries;
}

async function namesIn(path: string, shown: string, { files, faults }: Reading): Promise<readonly string[]> {
  try {
    return (await files.list(path)).toSorted();
  } catch (thrown) {
    faults.addAt(shown, '1:1', [], whyNoFolder(thrown));
    return [];
  }
}

async function readAllowList(
  path: string,
  shown: string,
  { files, faults }: Reading,
): Promise<readonly AllowEntry[]> {
  try {
    if (!LIST.test(shown)) {
      faults.addAt(shown, '1:1', [], 'a list ends in .yaml or .txt, a folder of lists in a slash');
      return [];
    }
    const text = await files.read(path, shown);
    return shown.endsWith('.txt') ? readLines(text, shown, faults) : readEntries(text, shown, faults);
  } catch (thrown) {
    faults.addAt(shown, '1:1', [], toPratiqueError(thrown).problem.why ?? 'it cannot be read');
    return [];
  }
}

/** `quay.io/prometheus/** until=2027-01-31 # metrics`: a pattern for each line; `until=` may also stand after the `#`. */
function readLines(text: string, shown: string, faults: Faults): readonly AllowEntry[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const place = `${index + 1}:1`;
    const hash = line.search(/(?:^|\s)#/);
    const [pattern, ...rest] = wordsOf(hash < 0 ? line : line.slice(0, hash));
    if (pattern === undefined) return [];
    const remark = hash < 0 ? '' : line.slice(line.indexOf('#', hash) + 1);
    const days = [...rest, ...wordsOf(remark)].flatMap((word) => UNTIL.exec(word)?.[1] ?? []);
    const [until, second] = days;
    const odd = rest.find((word) => !UNTIL.test(word));
    if (odd !== undefined)
      faults.addAt(shown, place, [], `after the pattern there can be until=… and # a remark, not ${odd}`);
    if (second !== undefined || (until !== undefined && !isDay(until)))
      faults.addAt(shown, place, [], 'until= takes one day, written YYYY-MM-DD');
    const reason = wordsOf(remark)
      .filter((word) => !UNTIL.test(word))
      .join(' ');
    return entryOf(pattern, `${shown}:${index + 1}`, place, { reason, until });
  });

  function entryOf(
    pattern: string,
    origin: string,
    place: string,
    { reason, until }: { reason: string; until: string | undefined },
  ): readonly AllowEntry[] {
    try {
      return [
        {
          pattern: parseImagePattern(pattern),
          origin,
          ...(reason === '' ? {} : { reason }),
          ...(until === undefined ? {} : { until }),
        },
      ];
    } catch (thrown) {
      faults.addAt(shown, place, [], toPratiqueError(thrown).message);
      return [];
    }
  }
}

function readEntries(text: string, shown: string, faults: Faults): readonly AllowEntry[] {
  const file = readYaml(text, shown, faults);
  if (file === undefined) return [];
  const read = allowListFile.safeParse(file.value);
  if (!read.success) {
    addIssues(faults, file, read.error.issues);
    return [];
  }
  return read.data.entries.flatMap(({ image, tags, digests, reason, until }, index) => {
    const path = ['entries', index];
    const origin = `${shown}:${file.placeOf(path).split(':')[0]}`;
    const { tag, digest } = parseImagePattern(image);
    if ((tag !== undefined || digest !== undefined) && (tags !== undefined || digests !== undefined)) {
      faults.add(
        file,
        [...path, 'image'],
        'say tag and digest in one place: in image, or in tags and digests',
      );
      return [];
    }
    const all = tags === undefined ? [] : [tags].flat();
    const rest = { origin, reason, ...(until === undefined ? {} : { until }) };
    const globs = all.filter((tag) => !isTagRange(tag));
    const ranges = all
      .filter(isTagRange)
      .flatMap((tag) => attempt(faults, file, [...path, 'tags'], () => parseTagRange(tag)) ?? []);
    const entries = (ending: string, tagRange?: string): readonly AllowEntry[] => {
      const pattern = attempt(faults, file, path, () => parseImagePattern(image + ending));
      return pattern === undefined
        ? []
        : [{ pattern, ...(tagRange === undefined ? {} : { tagRange }), ...rest }];
    };
    return [
      ...(globs.length === 0 && all.length > 0 ? [] : endings(globs, digests ?? [])).flatMap((ending) =>
        entries(ending),
      ),
      ...ranges.flatMap((range) => endings([], digests ?? []).flatMap((ending) => entries(ending, range))),
    ];
  });
}

/** Every way to end a name with one of the tags and one of the digests. */
function endings(tags: readonly string[], digests: readonly string[]): readonly string[] {
  const ends = digests.length === 0 ? [''] : digests.map((digest) => `@${digest}`);
  return tags.length === 0 ? ends : tags.flatMap((tag) => ends.map((end) => `:${tag}${end}`));
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
