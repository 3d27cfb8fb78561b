import { matchesStars } from '../model/glob.ts';
import { isInTagRange, isTagRange, parseTagRange } from '../policy/tag-range.ts';

/** Which tags of a repository are looked at. */
export interface TagChoice {
  /** tags with stars, or ranges of versions; a tag that fits one of them; empty: all */
  readonly patterns: readonly string[];
  /** of the tags that are versions, so many of each line; absent: all */
  readonly newest?: number;
}

/** Tags under which cosign and registries without a referrers API keep what belongs to an image: no images themselves. */
const COMPANION = /^sha(?:256|512)-[0-9a-f]{64,128}(?:\.(?:sig|att|sbom))?$/;
const VERSION = /^(v?)(\d+(?:\.\d+){0,3})((?:[-+._].*)?)$/;

/**
 * Reads patterns for tags; ranges in the one way that they are compared.
 * @throws {PratiqueError} `POLICY_INVALID` for what looks like a range of versions and is none
 */
export function readTagPatterns(texts: readonly string[]): readonly string[] {
  return texts.map((text) => (isTagRange(text) ? parseTagRange(text) : text));
}

/**
 * The tags that are looked at, in the order of the registry. With `newest`, tags that are no versions are left out: they have no line.
 * A line is what all but the last number of a version says, and what stands behind it: `1.25.3` and `1.25.4` are of one line,
 * `1.25.4-alpine` is of another, and so is `1.26.0`.
 */
export function chooseTags(tags: readonly string[], { patterns, newest }: TagChoice): readonly string[] {
  const images = tags.filter((tag) => !COMPANION.test(tag));
  const fitting = images.filter((tag) => patterns.length === 0 || patterns.some((one) => fits(one, tag)));
  if (newest === undefined) return fitting;
  const lines = Map.groupBy(
    fitting.flatMap((tag) => versionOf(tag) ?? []),
    ({ line }) => line,
  );
  const kept = new Set([...lines.values()].flatMap((line) => newestOf(line, newest)));
  return fitting.filter((tag) => kept.has(tag));
}

interface Version {
  readonly tag: string;
  readonly line: string;
  /** the last number */
  readonly last: number;
}

function versionOf(tag: string): Version | undefined {
  const [, v = '', numbers, flavour = ''] = VERSION.exec(tag) ?? [];
  if (numbers === undefined) return undefined;
  const parts = numbers.split('.');
  const last = Number(parts.at(-1));
  return { tag, line: `${v}${parts.slice(0, -1).join('.')}/${parts.length}/${flavour}`, last };
}

function newestOf(line: readonly Version[], count: number): readonly string[] {
  return line
    .toSorted((a, b) => b.last - a.last)
    .slice(0, count)
    .map(({ tag }) => tag);
}

function fits(pattern: string, tag: string): boolean {
  return isTagRange(pattern) ? isInTagRange(tag, pattern) : matchesStars(pattern, tag);
}
