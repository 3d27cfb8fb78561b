import { END, MOST_STEPS, type PatternSteps, stepsOf } from './pattern-steps.ts';

/** Bytes from the keyword on that are looked at. */
const WALKED_BYTES = 64;
/** States of one pattern that are kept; a text that would lead to more is left to the pattern itself. */
const MOST_STATES = 400;

/** In the place of a state: not worked out yet; no match goes on so; there would be too many. */
const UNKNOWN = 0;
const LOST = 1;
const UNTOLD = 2;
const FIRST = 3;
const NO_STEPS = new Uint16Array(0);

/** Room for the steps of the state that is worked out; `marks` by step, the round in which it was met. */
const reached = new Uint16Array(MOST_STEPS);
const pending = new Uint16Array(2 * MOST_STEPS + 2);
const marks = new Uint32Array(MOST_STEPS);
let round = 0;

/**
 * Tells byte by byte whether a pattern may still match: a test that takes a table read for each byte, and spares most
 * runs of the pattern. It allows too much rather than too little: what the pattern looks at beyond what it takes is
 * left out. States are worked out when a text first leads there, as most never are.
 */
export class PatternWalk {
  private readonly steps: PatternSteps;
  /** by byte; bytes that no step tells apart share a class */
  private readonly classOf: Uint8Array;
  /** by class, a byte of it */
  private readonly samples: Uint8Array;
  /** state and class → state */
  private table: Uint16Array;
  /** by state, the steps that take the next byte */
  private readonly states: Uint16Array[];
  /** by state, 1 where the match may be over */
  private readonly isOver = new Uint8Array(MOST_STATES);
  private readonly known = new Map<string, number>();

  constructor(steps: PatternSteps, isFirst: boolean) {
    this.steps = steps;
    const { classOf, samples } = classify(steps.sets);
    this.classOf = classOf;
    this.samples = samples;
    this.table = new Uint16Array((FIRST + 5) * samples.length);
    this.states = [NO_STEPS, NO_STEPS, NO_STEPS];
    round++;
    let count = 0;
    if (isFirst) count = this.reach(steps.first, count);
    else for (let step = 0; step < steps.takes.length; step++) count = this.reach(step, count);
    this.stateOf(count);
  }

  /**
   * @param from index of the keyword's first byte
   * @param keywordEnd just past its last
   * @param to just past the last byte that is there
   * @param isWhole whether none comes behind it
   * @returns `false` where no match holds the keyword there
   */
  mayMatch(bytes: Uint8Array, from: number, keywordEnd: number, to: number, isWhole: boolean): boolean {
    const { classOf, isOver } = this;
    const width = this.samples.length;
    const last = Math.min(to, Math.max(from + WALKED_BYTES, keywordEnd));
    let state = FIRST;
    for (let at = from; at < last; at++) {
      if (at >= keywordEnd && isOver[state] === 1) return true;
      const column = classOf[bytes[at] as number] as number;
      const next = this.table[state * width + column] as number;
      state = next === UNKNOWN ? this.goOn(state, column) : next;
      if (state < FIRST) return state === UNTOLD;
    }
    return !isWhole || last < to || isOver[state] === 1;
  }

  private goOn(state: number, column: number): number {
    const { takes, next, sets } = this.steps;
    const byte = this.samples[column] as number;
    round++;
    let count = 0;
    for (const step of this.states[state] as Uint16Array) {
      const set = sets[(takes[step] as number) - 1];
      if (set?.[byte] === 1) count = this.reach(next[step] as number, count);
    }
    const to = count === 0 ? LOST : this.stateOf(count);
    this.table[state * this.samples.length + column] = to;
    return to;
  }

  /** Adds a step, and those that it goes on to without a byte, to the `count` that are reached; tells how many are. */
  private reach(from: number, count: number): number {
    const { takes, next, other } = this.steps;
    let reachedCount = count;
    let left = 0;
    pending[left++] = from;
    while (left > 0) {
      const step = pending[--left] as number;
      if (marks[step] === round) continue;
      marks[step] = round;
      if (step === END || takes[step] !== 0) reached[reachedCount++] = step;
      else {
        pending[left++] = other[step] as number;
        pending[left++] = next[step] as number;
      }
    }
    return reachedCount;
  }

  /** The state of the steps that are reached, an old one or a new one. */
  private stateOf(count: number): number {
    const steps = reached.subarray(0, count).sort();
    const key = Buffer.from(steps.buffer, steps.byteOffset, steps.byteLength).toString('latin1');
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const state = this.states.length;
    if (state >= MOST_STATES) return UNTOLD;
    this.states.push(steps.slice());
    this.known.set(key, state);
    this.isOver[state] = Number(steps[0] === END);
    const width = this.samples.length;
    if (this.table.length < (state + 1) * width) {
      const wider = new Uint16Array(2 * this.table.length);
      wider.set(this.table);
      this.table = wider;
    }
    return state;
  }
}

/** Makes one for a pattern; `undefined` where it would take too much memory. */
export function walkOf(pattern: RegExp, isFirst: boolean): PatternWalk | undefined {
  const steps = stepsOf(pattern, WALKED_BYTES);
  return steps === undefined ? undefined : new PatternWalk(steps, isFirst);
}

/** Each set cuts every class in two: what is in it, and what is not. */
function classify(sets: readonly Uint8Array[]): { classOf: Uint8Array; samples: Uint8Array } {
  const classOf = new Uint8Array(256);
  let classes = 1;
  for (const set of sets) {
    const cut = new Int16Array(classes).fill(-1);
    const firstOut = new Uint8Array(classes);
    for (let byte = 0; byte < 256; byte++) if (set[byte] === 0) firstOut[classOf[byte] as number] = 1;
    for (let byte = 0; byte < 256; byte++) {
      const old = classOf[byte] as number;
      if (set[byte] === 0 || firstOut[old] === 0) continue;
      if (cut[old] === -1) cut[old] = classes++;
      classOf[byte] = cut[old] as number;
    }
  }
  const samples = new Uint8Array(classes);
  for (let byte = 0; byte < 256; byte++) samples[classOf[byte] as number] = byte;
  return { classOf, samples };
}
