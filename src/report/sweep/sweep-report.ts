import type { SweptImage, UnresolvedName } from '../../model/sweep.ts';
import type { PolicyStamp, Result } from '../../model/verdict.ts';

/** Everything that a sweep came to; every view of it is made from this. */
export interface SweepReport {
  readonly images: readonly SweptImage[];
  /** names of which it could not be found out what they stand for */
  readonly unresolved: readonly UnresolvedName[];
  /** names that the filters left out */
  readonly leftOut: number;
  /** images that were listed, and not judged before the sweep was ended */
  readonly unjudged: number;
  /** what the sweep before came to; absent where there was none */
  readonly earlier?: readonly SweptImage[];
  readonly policy: PolicyStamp;
  /** RFC 3339, UTC */
  readonly at: string;
}

/** How many images came to what. */
export interface SweepCounts extends Readonly<Record<Result, number>> {
  readonly images: number;
  readonly names: number;
  /** names that could not be looked up */
  readonly unresolved: number;
}

/** What changed since the sweep before, by name: an image that was built anew has another digest and the same name. */
export interface Trend {
  /** findings that refuse now and did not then, and the other way round, and those that did both times */
  readonly appeared: number;
  readonly fixed: number;
  readonly still: number;
  /** names that were admitted then and are not now, and the other way round */
  readonly worse: readonly string[];
  readonly better: readonly string[];
  /** names that were not there then, and that are not there any more */
  readonly added: number;
  readonly gone: number;
}

/** The figures of a sweep. */
export function countsOf({ images, unresolved }: SweepReport): SweepCounts {
  const count = (result: Result) => images.filter((image) => image.result === result).length;
  return {
    images: images.length,
    names: images.reduce((sum, { names }) => sum + names.length, 0),
    unresolved: unresolved.length,
    admitted: count('admitted'),
    refused: count('refused'),
    undecided: count('undecided'),
  };
}

/** Compares a sweep with the one before; `undefined` where there was none. */
export function trendOf({ images, earlier }: SweepReport): Trend | undefined {
  if (earlier === undefined) return undefined;
  const now = byName(images);
  const then = byName(earlier);
  const both = [...now].flatMap(([name, one]) => {
    const old = then.get(name);
    return old === undefined ? [] : [{ name, one, old }];
  });
  const findingsNow = keysOf(now);
  const findingsThen = keysOf(then);
  return {
    appeared: [...findingsNow].filter((key) => !findingsThen.has(key)).length,
    fixed: [...findingsThen].filter((key) => !findingsNow.has(key)).length,
    still: [...findingsNow].filter((key) => findingsThen.has(key)).length,
    worse: both.filter(({ one, old }) => old.result === 'admitted' && one.result !== 'admitted').map(named),
    better: both.filter(({ one, old }) => old.result !== 'admitted' && one.result === 'admitted').map(named),
    added: now.size - both.length,
    gone: then.size - both.length,
  };
}

type Names = ReadonlyMap<string, SweptImage['names'][number]>;

function byName(images: readonly SweptImage[]): Names {
  return new Map(images.flatMap(({ names }) => names.map((one) => [one.name, one] as const)));
}

/** The same thing at the same place is the same finding, in whichever digest. */
function keysOf(names: Names): ReadonlySet<string> {
  return new Set(
    [...names].flatMap(([name, { findings }]) =>
      findings.map(({ rule, fingerprint }) => `${name} ${rule} ${fingerprint}`),
    ),
  );
}

function named({ name }: { readonly name: string }): string {
  return name;
}
