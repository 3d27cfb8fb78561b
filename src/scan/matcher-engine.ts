import { MATCHER_PROGRAM } from './matcher-program.ts';
import type { MatcherTables } from './matcher-tables.ts';

/** A `WebAssembly.Memory`, which the types of Node do not know. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

/** Absent where Node was started without it. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly?: {
    readonly Memory: new (how: object) => WasmMemory;
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
  };
};

/** Stretches of bytes that WebAssembly reads side by side. */
const LANES = 6;
/** Bytes of one stretch at most; bounds what is kept of hits before they are told. */
const STRIDE = 24 * 1024;
/** The same for plain code, which has fewer registers. */
const [PLAIN_LANES, PLAIN_STRIDE] = [4, 8 * 1024];
/** Threads that can read with one table at a time: as many workers as are ever started, and the thread that made it. */
export const SLOTS = 17;
/** Bytes of a WebAssembly page. */
const PAGE = 64 * 1024;

/** What one thread needs beside the table: states, counts, the bytes, and room for a hit at each of them. */
const SLOT = { states: 0, counts: LANES * 4, input: LANES * 8, hits: LANES * (8 + STRIDE) };
const SLOT_BYTES = SLOT.hits + LANES * STRIDE * 8;
/** The classes of bytes, the slots, the table. */
const SLOTS_AT = 256;
const TABLE_AT = SLOTS_AT + SLOTS * SLOT_BYTES;

/** Reads stretches of bytes side by side. */
export interface LaneEngine {
  /** how many stretches */
  readonly lanes: number;
  /** bytes of one stretch at most */
  readonly stride: number;
  /** by lane: the state before it, and then the one behind it */
  readonly states: Uint32Array;
  /** by lane, how many hits there were */
  readonly counts: Uint32Array;
  /** by turns: the state, and the offset in its stretch of the byte that led to it; `stride` pairs for each lane */
  readonly hits: Uint32Array;
  run(bytes: Uint8Array, from: number, stride: number): void;
}

/** A memory that threads can share, and room in it for a table; `undefined` where there is no WebAssembly. */
export function makeTableMemory(entries: number): { memory: WasmMemory; table: Uint16Array } | undefined {
  if (WebAssembly === undefined) return undefined;
  const pages = Math.ceil((TABLE_AT + entries * Uint16Array.BYTES_PER_ELEMENT) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return { memory, table: new Uint16Array(memory.buffer, TABLE_AT, entries) };
}

let program: object | undefined;

/** Reads with WebAssembly. @param slot nobody else's while this engine is used */
export function wasmLanes(memory: WasmMemory, tables: MatcherTables, slot: number): LaneEngine {
  if (slot >= SLOTS) throw new RangeError('more threads than a matcher has room for');
  if (WebAssembly === undefined) return plainLanes(tables);
  program ??= new WebAssembly.Module(Buffer.from(MATCHER_PROGRAM, 'base64'));
  const { exports } = new WebAssembly.Instance(program, { env: { memory } });
  const scanLanes = exports['scanLanes'] as (...numbers: number[]) => void;
  const at = SLOTS_AT + slot * SLOT_BYTES;
  const { classOf, rowBits, accepting } = tables;
  new Uint8Array(memory.buffer).set(classOf, 0);
  const input = new Uint8Array(memory.buffer, at + SLOT.input, LANES * STRIDE);
  return {
    lanes: LANES,
    stride: STRIDE,
    states: new Uint32Array(memory.buffer, at + SLOT.states, LANES),
    counts: new Uint32Array(memory.buffer, at + SLOT.counts, LANES),
    hits: new Uint32Array(memory.buffer, at + SLOT.hits, LANES * STRIDE * 2),
    run(bytes, from, stride) {
      input.set(bytes.subarray(from, from + LANES * stride));
      const [states, counts, hits] = [at + SLOT.states, at + SLOT.counts, at + SLOT.hits];
      scanLanes(0, TABLE_AT, rowBits, accepting, at + SLOT.input, stride, states, hits, counts);
    },
  };
}

/** Does the same without WebAssembly: its twin, which tests hold it against. */
export function plainLanes({ classOf, table, rowBits, accepting }: MatcherTables): LaneEngine {
  const states = new Uint32Array(PLAIN_LANES);
  const counts = new Uint32Array(PLAIN_LANES);
  const hits = new Uint32Array(PLAIN_LANES * PLAIN_STRIDE * 2);
  return {
    lanes: PLAIN_LANES,
    stride: PLAIN_STRIDE,
    states,
    counts,
    hits,
    run(bytes, from, stride) {
      let [s0, s1, s2, s3] = states as unknown as [number, number, number, number];
      const [from1, from2, from3] = [from + stride, from + 2 * stride, from + 3 * stride];
      const row = 2 * stride;
      let [h0, h1, h2, h3] = [0, row, 2 * row, 3 * row];
      for (let i = 0; i < stride; i++) {
        s0 = table[(s0 << rowBits) | (classOf[bytes[from + i] as number] as number)] as number;
        s1 = table[(s1 << rowBits) | (classOf[bytes[from1 + i] as number] as number)] as number;
        s2 = table[(s2 << rowBits) | (classOf[bytes[from2 + i] as number] as number)] as number;
        s3 = table[(s3 << rowBits) | (classOf[bytes[from3 + i] as number] as number)] as number;
        if (s0 >= accepting) {
          hits[h0++] = s0;
          hits[h0++] = i;
        }
        if (s1 >= accepting) {
          hits[h1++] = s1;
          hits[h1++] = i;
        }
        if (s2 >= accepting) {
          hits[h2++] = s2;
          hits[h2++] = i;
        }
        if (s3 >= accepting) {
          hits[h3++] = s3;
          hits[h3++] = i;
        }
      }
      states.set([s0, s1, s2, s3]);
      counts.set([h0 / 2, (h1 - row) / 2, (h2 - 2 * row) / 2, (h3 - 3 * row) / 2]);
    },
  };
}
