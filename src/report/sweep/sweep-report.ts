import type { SweptImage, SweptName, UnresolvedName } from '../../model/sweep.ts';
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
  /** findings that refuse now and did not then */
  readonly appeared: number;
  /** findings that did then, of names that were judged whole now and have them no more */
  readonly fixed: number;
  readonly still: number;
  /** findings of then, of names that are undecided now, or not there, or have more findings than are kept */
  readonly unclear: number;
  /** names that were admitted then and are not now, and the other way round */
  readonly worse: readonly string[];
  readonly better: readonly string[];
  /** names that were not there then, and that are not there any more; of those that were not looked at nothing is said */
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
export function trendOf({ images, earlier, unresolved, unjudged }: SweepReport): Trend | undefined {
  if (earlier === undefined) return undefined;
  const now = byName(images);
  const then = byName(earlier);
  const both = [...now].flatMap(([name, one]) => {
    const old = then.get(name);
    return old === undefined ? [] : [{ name, one, old }];
  });
  const figures = { appeared: 0, fixed: 0, still: 0, unclear: 0 };
  for (const [name, one] of now) {
    const { appeared, still } = changeOf(one, then.get(name));
    figures.appeared += appeared;
    figures.still += still;
  }
  for (const [name, old] of then) {
    const { fixed, unclear } = changeOf(now.get(name), old);
    figures.fixed += fixed;
    figures.unclear += unclear;
  }
  return {
    ...figures,
    worse: both.filter(({ one, old }) => old.result === 'admitted' && one.result !== 'admitted').map(named),
    better: both.filter(({ one, old }) => old.result !== 'admitted' && one.result === 'admitted').map(named),
    added: now.size - both.length,
    gone: unjudged > 0 || unresolved.length > 0 ? 0 : then.size - both.length,
  };
}

/** What changed about one name. Nothing is fixed because it could not be looked at. */
export type NameChange = Pick<Trend, 'appeared' | 'fixed' | 'still' | 'unclear'>;

/** @param old the same name in the sweep before */
export function changeOf(one: SweptName | undefined, old: SweptName | undefined): NameChange {
  const now = keysOf(one);
  const then = keysOf(old);
  const count = (keys: ReadonlySet<string>, isIn: boolean, others: ReadonlySet<string>) =>
    [...keys].filter((key) => others.has(key) === isIn).length;
  const missing = count(then, false, now);
  const isWhole = one !== undefined && one.result !== 'undecided' && one.more === 0;
  return {
    appeared: count(now, false, then),
    fixed: isWhole ? missing : 0,
    still: count(now, true, then),
    unclear: isWhole ? 0 : missing,
  };
}

type Names = ReadonlyMap<string, SweptName>;

/** Names of a sweep. */
export function byName(images: readonly SweptImage[]): Names {
  return new Map(images.flatMap(({ names }) => names.map((one) => [one.name, one] as const)));
}

/** The same thing at the same place is the same finding, in whichever digest. */
function keysOf(one: SweptName | undefined): ReadonlySet<string> {
  return new Set((one?.findings ?? []).map(({ rule, fingerprint }) => `${rule} ${fingerprint}`));
}

function named({ name }: { readonly name: string }): string {
  return name;
}
