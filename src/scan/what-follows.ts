import { type PatternTree, readPattern } from './pattern-tree.ts';

/** Bytes behind a keyword that are looked at: as many as a byte has bits. */
export const FOLLOWING_BYTES = 8;
/** Steps of a pattern beyond which it is not worth the memory; such a pattern is always run. */
const MOST_STEPS = 6000;

/** A pattern as steps: each takes one byte, or goes on without one. */
interface Steps {
  /** by step: the bytes that it takes; absent for one that only goes on */
  readonly takes: (Uint8Array | undefined)[];
  /** by step: the steps behind it */
  readonly next: number[][];
}

const END = 0;
const KNOWN_SETS = new Map<string, Uint8Array>();

/**
 * Tells which bytes may follow a keyword where a pattern matches: a cheap test that spares most runs of the pattern.
 * It allows too much rather than too little: what the pattern looks at beyond the match is left out.
 * @param isFirst whether the match begins with the keyword; else it may hold it anywhere
 * @param keyword in Latin-1
 * @returns by byte, one bit for each place behind the keyword, the lowest for the first; `undefined` where the test
 *   would tell nothing
 */
export function whatFollows(pattern: RegExp, keyword: string, isFirst: boolean): Uint8Array | undefined {
  const steps: Steps = { takes: [undefined], next: [[]] };
  const most = isFirst ? keyword.length + FOLLOWING_BYTES : Number.POSITIVE_INFINITY;
  const first = addTree(steps, readPattern(pattern), END, pattern.flags, most);
  if (first === undefined) return undefined;
  let at = goOn(steps, isFirst ? [first] : steps.takes.keys());
  for (let i = 0; i < keyword.length; i++) at = take(steps, at, keyword.charCodeAt(i), pattern.ignoreCase);
  return bitsFrom(steps, at);
}

function bitsFrom(steps: Steps, start: ReadonlySet<number>): Uint8Array | undefined {
  const bits = new Uint8Array(256);
  let at = start;
  for (let place = 0; place < FOLLOWING_BYTES; place++) {
    // Where the match may be over, anything may follow.
    if (at.has(END)) {
      const rest = 0xff & (0xff << place);
      return place === 0 ? undefined : bits.map((byte) => byte | rest);
    }
    for (const set of new Set([...at].map((step) => steps.takes[step]))) {
      if (set !== undefined) addBits(bits, set, 1 << place);
    }
    at = takeAny(steps, at);
  }
  return bits;
}

function addBits(bits: Uint8Array, set: Uint8Array, bit: number): void {
  for (let byte = 0; byte < 256; byte++) if (set[byte] === 1) bits[byte] = (bits[byte] as number) | bit;
}

/** Adds a tree that leads to `to`; tells the step it begins with, `undefined` where there would be too many. */
function addTree(
  steps: Steps,
  tree: PatternTree,
  to: number,
  flags: string,
  most: number,
): number | undefined {
  switch (tree.kind) {
    case 'letter':
      return addStep(steps, setOf(tree.source, flags), [to]);
    case 'sequence':
      return addAll(steps, [...tree.parts].reverse(), to, flags, most);
    case 'choice': {
      const ways = tree.parts.map((part) => addTree(steps, part, to, flags, most));
      return ways.includes(undefined) ? undefined : addStep(steps, undefined, ways as number[]);
    }
    case 'repetition':
      return addRepetition(steps, tree, to, flags, most);
    case 'look':
    case 'other':
      return to;
  }
}

function addAll(
  steps: Steps,
  backwards: readonly PatternTree[],
  to: number,
  flags: string,
  most: number,
): number | undefined {
  let at: number | undefined = to;
  for (const part of backwards) {
    if (at === undefined) return undefined;
    at = addTree(steps, part, at, flags, most);
  }
  return at;
}

/** More rounds than bytes that are looked at cannot be told from endlessly many. */
function addRepetition(
  steps: Steps,
  tree: Extract<PatternTree, { kind: 'repetition' }>,
  to: number,
  flags: string,
  most: number,
): number | undefined {
  const least = Math.min(tree.least, most);
  const rounds = Math.min(tree.most, most);
  if (rounds > MOST_STEPS) return undefined;
  let at: number | undefined = to;
  for (let round = rounds; round > 0; round--) {
    if (at === undefined) return undefined;
    const one: number | undefined = addTree(steps, tree.part, at, flags, most);
    at = one === undefined || round <= least ? one : addStep(steps, undefined, [one, to]);
  }
  return at;
}

function addStep(steps: Steps, takes: Uint8Array | undefined, next: number[]): number | undefined {
  if (steps.takes.length >= MOST_STEPS) return undefined;
  steps.next.push(next);
  return steps.takes.push(takes) - 1;
}

function goOn(steps: Steps, from: Iterable<number>): ReadonlySet<number> {
  const at = new Set(from);
  for (const step of at) {
    if (steps.takes[step] === undefined) for (const next of steps.next[step] as number[]) at.add(next);
  }
  return at;
}

function take(steps: Steps, at: ReadonlySet<number>, byte: number, anyCase: boolean): ReadonlySet<number> {
  const other = anyCase ? otherCaseOf(byte) : byte;
  return takeWhere(steps, at, (set) => set[byte] === 1 || set[other] === 1);
}

function takeAny(steps: Steps, at: ReadonlySet<number>): ReadonlySet<number> {
  return takeWhere(steps, at, () => true);
}

function takeWhere(
  steps: Steps,
  at: ReadonlySet<number>,
  fits: (set: Uint8Array) => boolean,
): ReadonlySet<number> {
  const next = new Set<number>();
  for (const step of at) {
    const set = steps.takes[step];
    if (set !== undefined && fits(set)) for (const one of steps.next[step] as number[]) next.add(one);
  }
  return goOn(steps, next);
}

function otherCaseOf(byte: number): number {
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  return isLetter ? byte ^ 0x20 : byte;
}

/** By byte, 1 where the expression for one character takes it: asked of the expression itself. */
export function setOf(source: string, flags: string): Uint8Array {
  const key = `${flags}/${source}`;
  const known = KNOWN_SETS.get(key);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^${source}$`, flags);
  const set = Uint8Array.from({ length: 256 }, (_, byte) => Number(pattern.test(String.fromCharCode(byte))));
  KNOWN_SETS.set(key, set);
  return set;
}

/** By byte, 1 where no match begins behind it; `undefined` where a pattern does not begin by saying so. */
export function bytesNotBehind(pattern: RegExp): Uint8Array | undefined {
  const tree = readPattern(pattern);
  const first = tree.kind === 'sequence' ? tree.parts[0] : undefined;
  if (first?.kind !== 'look' || first.opening !== '(?<!' || first.part.kind !== 'sequence') return undefined;
  const [letter, ...more] = first.part.parts;
  return letter?.kind === 'letter' && more.length === 0 ? setOf(letter.source, pattern.flags) : undefined;
}

/** By byte, 1 where some place of a pattern takes it. */
export function bytesWithin(pattern: RegExp): Uint8Array {
  const bytes = new Uint8Array(256);
  addBytes(readPattern(pattern), pattern.flags, bytes);
  return bytes;
}

function addBytes(tree: PatternTree, flags: string, bytes: Uint8Array): void {
  if (tree.kind === 'letter') addBits(bytes, setOf(tree.source, flags), 1);
  else if (tree.kind === 'repetition') addBytes(tree.part, flags, bytes);
  else if (tree.kind === 'sequence' || tree.kind === 'choice')
    for (const part of tree.parts) addBytes(part, flags, bytes);
}
