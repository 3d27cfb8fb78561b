import { setOf } from './byte-sets.ts';
import { type PatternTree, readPattern } from './pattern-tree.ts';

/** A pattern as steps: each takes one byte, or goes on without one in two ways. */
export interface PatternSteps {
  /** by step: which of the sets holds the bytes that it takes, counted from 1; 0 for one that only goes on */
  readonly takes: Uint16Array;
  /** by step: the one behind it */
  readonly next: Uint16Array;
  /** by step that only goes on: its other way */
  readonly other: Uint16Array;
  /** bytes that steps take; by byte, 1 for what is in it */
  readonly sets: readonly Uint8Array[];
  /** the step that a match begins with */
  readonly first: number;
}

/** The step at which a match may be over. */
export const END = 0;
/** Steps of a pattern beyond which it is not worth the memory. */
export const MOST_STEPS = 6000;
/** Rounds of a repetition, beyond the least, that are counted. */
const MOST_ROUNDS = 4;

interface Draft {
  readonly takes: number[];
  readonly next: number[];
  readonly other: number[];
  readonly sets: Map<Uint8Array, number>;
  readonly flags: string;
  /** rounds that a repetition has at the least, as far as they are counted */
  readonly most: number;
}

/**
 * Takes a pattern apart into steps. What it looks at without taking it is left out, so that they allow too much rather
 * than too little.
 * @param length bytes of a match that are looked at: more rounds of a repetition cannot be told from endlessly many
 * @returns `undefined` where they would be too many
 */
export function stepsOf(pattern: RegExp, length: number): PatternSteps | undefined {
  const draft: Draft = {
    takes: [0],
    next: [END],
    other: [END],
    sets: new Map(),
    flags: pattern.flags,
    most: length,
  };
  const first = addTree(draft, readPattern(pattern), END);
  if (first === undefined) return undefined;
  return {
    takes: Uint16Array.from(draft.takes),
    next: Uint16Array.from(draft.next),
    other: Uint16Array.from(draft.other),
    sets: [...draft.sets.keys()],
    first,
  };
}

/** Adds a tree that leads to `to`; tells the step it begins with, `undefined` where there would be too many. */
function addTree(draft: Draft, tree: PatternTree, to: number): number | undefined {
  switch (tree.kind) {
    case 'letter':
      return addLetter(draft, tree.source, to);
    case 'sequence': {
      let at: number | undefined = to;
      for (let i = tree.parts.length - 1; i >= 0 && at !== undefined; i--)
        at = addTree(draft, tree.parts[i] as PatternTree, at);
      return at;
    }
    case 'choice':
      return addChoice(draft, tree.parts, to);
    case 'repetition':
      return addRepetition(draft, tree, to);
    case 'look':
    case 'other':
      return to;
  }
}

function addLetter(draft: Draft, source: string, to: number): number | undefined {
  const set = setOf(source, draft.flags);
  const known = draft.sets.get(set) ?? draft.sets.size + 1;
  draft.sets.set(set, known);
  return addStep(draft, known, to, END);
}

function addChoice(draft: Draft, ways: readonly PatternTree[], to: number): number | undefined {
  let at: number | undefined;
  for (const way of ways) {
    const one = addTree(draft, way, to);
    if (one === undefined) return undefined;
    at = at === undefined ? one : addStep(draft, 0, one, at);
    if (at === undefined) return undefined;
  }
  return at;
}

/** Many rounds that may be are told from endlessly many only where that costs little: each would be a state of its own. */
function addRepetition(
  draft: Draft,
  tree: Extract<PatternTree, { kind: 'repetition' }>,
  to: number,
): number | undefined {
  const least = Math.min(tree.least, draft.most);
  const isLoop = tree.most - least > MOST_ROUNDS;
  let at: number | undefined = isLoop ? addLoop(draft, tree.part, to) : to;
  for (let round = isLoop ? least : tree.most; round > 0 && at !== undefined; round--) {
    const one: number | undefined = addTree(draft, tree.part, at);
    at = one === undefined || round <= least ? one : addStep(draft, 0, one, to);
  }
  return at;
}

function addLoop(draft: Draft, part: PatternTree, to: number): number | undefined {
  const loop = addStep(draft, 0, END, to);
  const first = loop === undefined ? undefined : addTree(draft, part, loop);
  if (loop === undefined || first === undefined) return undefined;
  draft.next[loop] = first;
  return loop;
}

function addStep(draft: Draft, takes: number, next: number, other: number): number | undefined {
  if (draft.takes.length >= MOST_STEPS) return undefined;
  draft.next.push(next);
  draft.other.push(other);
  return draft.takes.push(takes) - 1;
}
