import {
  type LaneEngine,
  makeTableMemory,
  plainLanes,
  type WasmMemory,
  wasmLanes,
} from './matcher-engine.ts';
import { allocateTable, buildTables, type MatcherTables, SHORT_STATES } from './matcher-tables.ts';

/**
 * Finds any of many keywords in a stream of bytes, all at once: Aho and Corasick's automaton, made into a
 * dense table over classes of bytes. Without case for ASCII letters. What it costs does not depend on the input.
 */
export interface Matcher {
  /** in the order in which hits name them */
  readonly keywords: readonly Uint8Array[];
  /** the state before the first byte */
  readonly start: number;
  /** for a matcher of the same keywords in another thread */
  readonly shared: SharedMatcher;
  /**
   * Reads the bytes from `from` to `to`, in the state that the bytes before them led to.
   * @param onHit told of each occurrence in the order of their ends: the keyword's index, and the offset in
   *   `bytes` just past its last byte
   * @returns the state after the last byte, for the next call
   */
  scan(bytes: Uint8Array, from: number, to: number, state: number, onHit: OnHit): number;
}

export type OnHit = (keyword: number, end: number) => void;

/** What threads can have in common of a matcher; it can be posted. */
export interface SharedMatcher {
  readonly tables: MatcherTables;
  /** where the table lies for WebAssembly; absent where plain code reads it */
  readonly memory?: WasmMemory;
}

export interface MatcherOptions {
  /** absent: WebAssembly where there are enough states that it pays */
  readonly engine?: 'plain' | 'wasm';
  /** made of the same keywords by another thread */
  readonly shared?: SharedMatcher;
  /** number of this thread among those that share it: 0 for the one that made it */
  readonly slot?: number;
}

/** Bytes of a lane at least: starting up shorter ones costs more than it brings. */
const LANE_BYTES = 256;
/** Bytes of a chunk that are worth any lanes. */
const LEAST_BYTES = 1024;
/** States whose table no longer fits the nearest cache. */
const MANY_STATES = 1000;

/**
 * Builds the automaton, or takes the one that is shared. Keywords are bytes; ASCII letters match either case.
 * @throws {RangeError} for an empty keyword, which would match everywhere
 */
export function createMatcher(keywords: readonly Uint8Array[], options: MatcherOptions = {}): Matcher {
  const shared = options.shared ?? buildShared(keywords, options.engine);
  const { tables, memory: place } = shared;
  const { classOf, table, rowBits, accepting, starts, outputs, memory } = tables;
  let engine: LaneEngine | undefined;

  function tell(state: number, end: number, onHit: OnHit): void {
    const last = starts[state - accepting + 1] as number;
    for (let at = starts[state - accepting] as number; at < last; at++) onHit(outputs[at] as number, end);
  }

  function scanOne(bytes: Uint8Array, from: number, to: number, state: number, onHit: OnHit): number {
    let at = state;
    for (let i = from; i < to; i++) {
      at = table[(at << rowBits) | (classOf[bytes[i] as number] as number)] as number;
      if (at >= accepting) tell(at, i + 1, onHit);
    }
    return at;
  }

  function stateAt(bytes: Uint8Array, from: number, position: number): number {
    let at = 0;
    for (let i = Math.max(from, position - memory); i < position; i++) {
      at = table[(at << rowBits) | (classOf[bytes[i] as number] as number)] as number;
    }
    return at;
  }

  /** Some lanes side by side: the processor waits for as many table reads at once instead of one after another. */
  function scanLanes(
    { lanes, states, counts, hits, run }: LaneEngine,
    bytes: Uint8Array,
    from: number,
    stride: number,
    state: number,
    onHit: OnHit,
  ): number {
    states[0] = state;
    for (let lane = 1; lane < lanes; lane++) states[lane] = stateAt(bytes, from, from + lane * stride);
    run(bytes, from, stride);
    const last = states[lanes - 1] as number;
    for (let lane = 0; lane < lanes; lane++) {
      const first = from + lane * stride + 1;
      const end = 2 * (lane * stride + (counts[lane] as number));
      for (let at = 2 * lane * stride; at < end; at += 2)
        tell(hits[at] as number, first + (hits[at + 1] as number), onHit);
    }
    return last;
  }

  return {
    keywords,
    start: 0,
    shared,
    scan(bytes, from, to, state, onHit) {
      let at = state;
      let position = from;
      // A lane must be longer than the automaton's memory, or its start would reach before `from`.
      const shortest = Math.max(LANE_BYTES, memory);
      if (to - from >= LEAST_BYTES)
        engine ??= place === undefined ? plainLanes(tables) : wasmLanes(place, tables, options.slot ?? 0);
      while (engine !== undefined && to - position >= engine.lanes * shortest) {
        const stride = Math.min(engine.stride, Math.floor((to - position) / engine.lanes));
        at = scanLanes(engine, bytes, position, stride, at, onHit);
        position += stride * engine.lanes;
      }
      return scanOne(bytes, position, to, at, onHit);
    },
  };
}

/** Builds the table where the engine reads it. */
function buildShared(keywords: readonly Uint8Array[], engine: MatcherOptions['engine']): SharedMatcher {
  let memory: WasmMemory | undefined;
  const tables = buildTables(keywords, (size, states) => {
    const isWorth = engine === 'wasm' || (engine === undefined && states >= MANY_STATES);
    const made = isWorth && states <= SHORT_STATES ? makeTableMemory(size) : undefined;
    memory = made?.memory;
    return made?.table ?? allocateTable(size, states);
  });
  return { tables, ...(memory && { memory }) };
}
