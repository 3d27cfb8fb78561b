import { setOf } from './byte-sets.ts';
import { type PatternTree, readPattern } from './pattern-tree.ts';

/** What a text must hold, somewhere, for a pattern to match it. It asks too little rather than too much. */
export type Need =
  /** so many bytes in a row that are in a set; by byte, 1 for what is in it */
  | { readonly kind: 'run'; readonly id: number; readonly set: Uint8Array; readonly length: number }
  /** three letters in a row, in either case; one bit for each place that `gramAt` tells */
  | {
      readonly kind: 'gram';
      readonly id: number;
      readonly grams: Uint8Array;
      readonly places: readonly number[];
      readonly length: 3;
    }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Need[] };

/** A need that is looked for; `id` is the same for the same need. */
export type PlainNeed = Extract<Need, { kind: 'run' | 'gram' }>;

type RunNeed = Extract<Need, { kind: 'run' }>;
type GramNeed = Extract<Need, { kind: 'gram' }>;

/** Bytes in a set up to which a single one of them tells something. */
const FEW_BYTES = 10;
/** Bytes in a row from which on any set tells something. */
const LONG_RUN = 8;
/** Parts of a choice beyond which it costs more to ask than it spares. */
const MOST_WAYS = 6;

const RUNS = new Map<string, RunNeed>();
const GRAMS = new Map<string, GramNeed>();

/**
 * Tells what a text must hold for a pattern to match, besides its keyword.
 * @param keywords one of which is known to be there
 * @returns `undefined` where nothing can be told
 */
export function needsOf(pattern: RegExp, keywords: readonly string[]): Need | undefined {
  const tree = readPattern(pattern);
  const need = needOf(tree, pattern.flags);
  if (need === undefined) return undefined;
  const bytes = keywords.map((keyword) => Buffer.from(keyword, 'latin1'));
  const parts = partsOf(need).filter((part) => !bytes.every((one) => isMetBy(part, one)));
  return joinNeeds('all', parts);
}

/**
 * What must not follow is all that could go on with a token: where there is no other byte far and wide, none can end.
 * There is a byte behind, as what is looked at goes beyond the longest match.
 */
function needOfLook(tree: Extract<PatternTree, { kind: 'look' }>, flags: string): Need | undefined {
  if (tree.opening === '(?=' || tree.opening === '(?<=') return needOf(tree.part, flags);
  if (tree.opening !== '(?!' || tree.part.kind !== 'sequence') return undefined;
  const [letter, ...more] = tree.part.parts;
  if (letter?.kind !== 'letter' || more.length > 0) return undefined;
  return needOfSet(
    setOf(letter.source, flags).map((is) => 1 - is),
    1,
  );
}

function partsOf(need: Need | undefined): readonly Need[] {
  if (need === undefined) return [];
  return need.kind === 'all' ? need.parts : [need];
}

/** Bytes of a table of letters by three. */
const GRAM_BYTES = 1 << 12;

/** Where in a table three letters stand: five bits of each, which are the same for either case. */
export function gramAt(a: number, b: number, c: number): number {
  return ((a & 31) << 10) | ((b & 31) << 5) | (c & 31);
}

/** Whether a table has a place. */
export function holdsGram(grams: Uint8Array, place: number): boolean {
  return ((grams[place >> 3] as number) & (1 << (place & 7))) !== 0;
}

function needOf(tree: PatternTree, flags: string): Need | undefined {
  switch (tree.kind) {
    case 'letter':
      return needOfRun(setOf(tree.source, flags), 1);
    case 'repetition':
      if (tree.least === 0) return undefined;
      return tree.part.kind === 'letter'
        ? needOfRun(setOf(tree.part.source, flags), tree.least)
        : needOf(tree.part, flags);
    case 'sequence':
      return needOfSequence(tree.parts, flags);
    case 'choice':
      return needOfChoice(tree.parts, flags);
    case 'look':
      return needOfLook(tree, flags);
    case 'other':
      return undefined;
  }
}

function needOfRun(set: Uint8Array, length: number): Need | undefined {
  const { size } = factsOf(set);
  if (size > FEW_BYTES && length < LONG_RUN) return undefined;
  return size === 256 ? undefined : needOfSet(set, length);
}

function needOfSet(set: Uint8Array, length: number): RunNeed {
  return intern(RUNS, `${length} ${factsOf(set).key}`, (id) => ({ kind: 'run', id, set, length }));
}

function needOfSequence(parts: readonly PatternTree[], flags: string): Need | undefined {
  const letters = parts.map((part) =>
    part.kind === 'letter' ? factsOf(setOf(part.source, flags)).letter : -1,
  );
  const needs: Need[] = [];
  for (let i = 0; i < parts.length; i++) {
    const [a, b, c] = [letters[i] ?? -1, letters[i + 1] ?? -1, letters[i + 2] ?? -1];
    if (a >= 0 && b >= 0 && c >= 0) {
      needs.push(needOfGrams([gramAt(a, b, c)]));
      while (i + 1 < parts.length && (letters[i + 1] ?? -1) >= 0) i++;
      continue;
    }
    const need = needOf(parts[i] as PatternTree, flags);
    needs.push(...partsOf(need));
  }
  return joinNeeds('all', needs);
}

/** What is asked of a set again and again. */
interface SetFacts {
  /** bytes in it */
  readonly size: number;
  /** the byte, small where it is a letter; -1 where a set holds more than one and its other case */
  readonly letter: number;
  readonly key: string;
}

const FACTS = new WeakMap<Uint8Array, SetFacts>();

function factsOf(set: Uint8Array): SetFacts {
  const known = FACTS.get(set);
  if (known !== undefined) return known;
  const first = set.lastIndexOf(1);
  const size = set.reduce((sum, one) => sum + one, 0);
  const isLetter = size === 1 || (size === 2 && set[first ^ 0x20] === 1);
  const facts = { size, letter: isLetter ? first : -1, key: Buffer.from(set).toString('latin1') };
  FACTS.set(set, facts);
  return facts;
}

/** Ways of one kind become one need; a way that needs nothing makes the whole need nothing. */
function needOfChoice(ways: readonly PatternTree[], flags: string): Need | undefined {
  const needs: Need[] = [];
  for (const way of ways) {
    const need = needOf(way, flags);
    if (need === undefined) return undefined;
    needs.push(...(need.kind === 'any' ? need.parts : [need]));
  }
  const grams = needs.filter((need) => need.kind === 'gram');
  const runs = needs.filter((need) => need.kind === 'run');
  const ones = runs.filter(({ length }) => length === 1);
  const others = [...runs.filter(({ length }) => length > 1), ...needs.filter(({ kind }) => kind === 'all')];
  const either = ones.length === 0 ? [] : [needOfEither(ones)];
  const joined = [
    ...(grams.length === 0 ? [] : [needOfGrams(grams.flatMap(({ places }) => places))]),
    ...either,
    ...new Set(others.filter((need) => !either.some((one) => needsOneOf(need, one)))),
  ];
  return joined.length > MOST_WAYS ? undefined : joinNeeds('any', joined);
}

/** Whether a part of it is a single byte of a set: then the set is needed as well. */
function needsOneOf(need: Need, { set }: RunNeed): boolean {
  const isPart = (part: Need) =>
    part.kind === 'run' && part.length === 1 && part.set.every((is, byte) => is <= (set[byte] as number));
  return need.kind === 'all' && need.parts.some(isPart);
}

function needOfEither(ones: readonly RunNeed[]): RunNeed {
  const set = ones.reduce(
    (all, one) => all.map((is, byte) => is | (one.set[byte] as number)),
    new Uint8Array(256),
  );
  return needOfSet(set, 1);
}

function needOfGrams(places: readonly number[]): Need {
  const sorted = [...new Set(places)].sort((a, b) => a - b);
  return intern(GRAMS, sorted.join(' '), (id) => {
    const grams = new Uint8Array(GRAM_BYTES);
    for (const place of sorted) grams[place >> 3] = (grams[place >> 3] as number) | (1 << (place & 7));
    return { kind: 'gram', id, grams, places: sorted, length: 3 };
  });
}

/** The same need is one thing, so that what is known of it serves every pattern. */
function intern<T extends PlainNeed>(known: Map<string, T>, key: string, make: (id: number) => T): T {
  const one = known.get(key) ?? make(RUNS.size + GRAMS.size);
  known.set(key, one);
  return one;
}

function joinNeeds(kind: 'all' | 'any', needs: readonly Need[]): Need | undefined {
  const parts = [...new Set(needs)];
  return parts.length > 1 ? { kind, parts } : parts[0];
}

/** Whether the keyword alone is enough: such a need tells nothing. */
function isMetBy(need: Need, bytes: Uint8Array): boolean {
  switch (need.kind) {
    case 'all':
      return need.parts.every((part) => isMetBy(part, bytes));
    case 'any':
      return need.parts.some((part) => isMetBy(part, bytes));
    default:
      return bytes.some((_, from) => isMetAt(need, bytes, from));
  }
}

function isMetAt(need: PlainNeed, bytes: Uint8Array, from: number): boolean {
  const part = bytes.subarray(from, from + need.length);
  if (part.length < need.length) return false;
  if (need.kind === 'run') return part.every((byte) => need.set[byte] === 1);
  return holdsGram(need.grams, gramAt(part[0] as number, part[1] as number, part[2] as number));
}
