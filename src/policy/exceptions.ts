import { type Finding, unlistedOf } from '../model/finding.ts';
import { formatImagePattern, matchesSurely } from '../model/image-pattern.ts';
import { matchesPath, parsePathPattern } from '../model/path-pattern.ts';
import { printable } from '../model/printable.ts';
import type { Reference } from '../model/reference.ts';
import type { Exception } from './policy.ts';

/** The policy's exceptions as they stand on the day of one verdict; tells afterwards which were of use. */
export interface ExceptionBook {
  /** the first exception in force that covers a finding; one that has run out covers nothing and is remembered */
  cover(check: string, finding: Finding): Exception | undefined;
  /** exceptions that had run out although there was something to cover; printable */
  expired(): readonly string[];
  /** exceptions for this image that covered nothing; printable */
  unused(): readonly string[];
}

/**
 * Opens the exceptions for one image.
 * @param reference the image's name; without one, exceptions for certain images cover nothing
 * @param day of the verdict, `YYYY-MM-DD` in UTC; an exception counts until its last day is over
 */
export function openExceptions(
  exceptions: readonly Exception[],
  reference: Reference | undefined,
  day: string,
): ExceptionBook {
  const here = exceptionsFor(exceptions, reference);
  const used = new Set<Exception>();
  const late = new Set<Exception>();
  return {
    cover(check, finding) {
      const covering = here.filter((exception) => covers(exception, check, finding));
      const inForce = covering.find(({ until }) => day <= until);
      if (inForce === undefined) for (const exception of covering) late.add(exception);
      else used.add(inForce);
      return inForce;
    },
    expired: () => [
      ...ofPolicy(late).map((exception) => `${describe(exception)} ran out on ${exception.until}`),
      ...ofBaselines(
        late,
        (count) => `${count} of its entries ${ranOut(count)}, and their findings count again`,
      ),
    ],
    unused() {
      const idle = here.filter((exception) => !used.has(exception) && !late.has(exception));
      return [
        ...ofPolicy(idle).map((exception) => `${describe(exception)} covers nothing here`),
        ...ofBaselines(
          idle,
          (count) => `${count} of its entries ${count === 1 ? 'covers' : 'cover'} nothing here`,
        ),
      ];
    },
  };
}

/** The exceptions that may cover what is found in an image of this name. */
export function exceptionsFor(
  exceptions: readonly Exception[],
  reference: Reference | undefined,
): readonly Exception[] {
  return exceptions.filter(({ image }) => image === undefined || fits(image, reference));
}

const NAMED = 5; // entries of a baseline; the rest is counted

function ofPolicy(exceptions: Iterable<Exception>): readonly Exception[] {
  return [...exceptions].filter(({ baseline }) => baseline === undefined);
}

/** One line for each baseline: it may have a thousand entries. */
function ofBaselines(exceptions: Iterable<Exception>, say: (count: number) => string): readonly string[] {
  const files = Map.groupBy(exceptions, ({ baseline }) => baseline);
  return [...files].flatMap(([file, entries]) => {
    if (file === undefined) return [];
    const named = entries.slice(0, NAMED).map(({ fingerprint = '' }) => fingerprint);
    const list = [...named, ...(entries.length > NAMED ? ['…'] : [])].join(', ');
    return [printable(`the baseline ${file}: ${say(entries.length)} (${list})`)];
  });
}

function ranOut(count: number): string {
  return count === 1 ? 'has run out' : 'have run out';
}

function fits(image: NonNullable<Exception['image']>, reference: Reference | undefined): boolean {
  return reference !== undefined && matchesSurely(image, reference);
}

function covers(exception: Exception, check: string, finding: Finding): boolean {
  const { rule, where, fingerprint } = finding;
  if (exception.rule !== rule && exception.rule !== check) return false;
  // The last hit that is kept also stands for those that are not (`limits.hits-per-rule`): they are other values.
  if (
    exception.fingerprint !== undefined &&
    (exception.fingerprint !== fingerprint || unlistedOf(finding) > 0)
  )
    return false;
  if (exception.path === undefined) return true;
  return where.path !== undefined && matchesPath(parsePathPattern(exception.path), where.path);
}

function describe({ rule, image, path, owner }: Exception): string {
  const of = image === undefined ? '' : ` of ${formatImagePattern(image)}`;
  const at = path === undefined ? '' : ` at ${path}`;
  return printable(`the exception from ${rule}${of}${at} (owner ${owner})`);
}
