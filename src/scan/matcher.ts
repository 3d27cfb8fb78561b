/**
 * Finds any of many keywords in a stream of bytes, all at once: Aho and Corasick's automaton, made into a
 * dense table over classes of bytes. Without case for ASCII letters. What it costs does not depend on the input.
 */
export interface Matcher {
  /** in the order in which hits name them */
  readonly keywords: readonly Uint8Array[];
  /** the state before the first byte */
  readonly start: number;
  /**
   * Reads the bytes from `from` to `to`, in the state that the bytes before them led to.
   * @param onHit told of each occurrence in the order of their ends: the keyword's index, and the offset in
   *   `bytes` just past its last byte
   * @returns the state after the last byte, for the next call
   */
  scan(bytes: Uint8Array, from: number, to: number, state: number, onHit: OnHit): number;
}

export type OnHit = (keyword: number, end: number) => void;

/** What the table is built from. */
interface Trie {
  /** node × classes → node, 0 where there is none. One array: rows of their own would make much garbage that lives long */
  readonly next: Uint32Array<ArrayBuffer>;
  readonly nodes: number;
  /** keywords that end at a node */
  readonly ends: Map<number, number[]>;
}

const LANES = 4;
/** Below this a chunk is read in one lane: starting up the others costs more than it brings. */
const LANE_BYTES = 256;
/** Bytes that one lane reads at a time; bounds what is kept of hits before they are told. */
const STRIDE = 8192;

/**
 * Builds the automaton. Keywords are bytes; ASCII letters match either case.
 * @throws {RangeError} for an empty keyword, which would match everywhere
 */
export function createMatcher(keywords: readonly Uint8Array[]): Matcher {
  for (const keyword of keywords) {
    if (keyword.length === 0) throw new RangeError('a keyword of the matcher is empty');
  }
  const { classOf, classes } = classifyBytes(keywords);
  const trie = buildTrie(keywords, classOf, classes);
  const { table, rowBits, accepting, outputs } = flatten(trie, classes);
  // After this many bytes the automaton has forgotten where it began: a lane that starts so much earlier is exact.
  const memory = keywords.reduce((most, keyword) => Math.max(most, keyword.length), 0);
  const hitState = Array.from({ length: LANES }, () => new Uint32Array(STRIDE));
  const hitEnd = Array.from({ length: LANES }, () => new Uint32Array(STRIDE));
  const hitCount = new Uint32Array(LANES);

  function tell(state: number, end: number, onHit: OnHit): void {
    for (const keyword of outputs[state - accepting] ?? []) onHit(keyword, end);
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

  /** Four lanes side by side: the processor waits for four table reads at once instead of one after another. */
  function scanLanes(bytes: Uint8Array, from: number, stride: number, state: number, onHit: OnHit): number {
    const [e0, e1, e2, e3] = hitEnd as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
    const [t0, t1, t2, t3] = hitState as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
    const from1 = from + stride;
    const from2 = from1 + stride;
    const from3 = from2 + stride;
    let s0 = state;
    let s1 = stateAt(bytes, from, from1);
    let s2 = stateAt(bytes, from, from2);
    let s3 = stateAt(bytes, from, from3);
    let n0 = 0;
    let n1 = 0;
    let n2 = 0;
    let n3 = 0;
    for (let i = 0; i < stride; i++) {
      s0 = table[(s0 << rowBits) | (classOf[bytes[from + i] as number] as number)] as number;
      s1 = table[(s1 << rowBits) | (classOf[bytes[from1 + i] as number] as number)] as number;
      s2 = table[(s2 << rowBits) | (classOf[bytes[from2 + i] as number] as number)] as number;
      s3 = table[(s3 << rowBits) | (classOf[bytes[from3 + i] as number] as number)] as number;
      if (s0 >= accepting) {
        t0[n0] = s0;
        e0[n0++] = from + i + 1;
      }
      if (s1 >= accepting) {
        t1[n1] = s1;
        e1[n1++] = from1 + i + 1;
      }
      if (s2 >= accepting) {
        t2[n2] = s2;
        e2[n2++] = from2 + i + 1;
      }
      if (s3 >= accepting) {
        t3[n3] = s3;
        e3[n3++] = from3 + i + 1;
      }
    }
    hitCount.set([n0, n1, n2, n3]);
    for (let lane = 0; lane < LANES; lane++) tellLane(lane, onHit);
    return s3;
  }

  function tellLane(lane: number, onHit: OnHit): void {
    const states = hitState[lane] as Uint32Array;
    const ends = hitEnd[lane] as Uint32Array;
    const count = hitCount[lane] as number;
    for (let i = 0; i < count; i++) tell(states[i] as number, ends[i] as number, onHit);
  }

  return {
    keywords,
    start: 0,
    scan(bytes, from, to, state, onHit) {
      let at = state;
      let position = from;
      // A lane must be longer than the automaton's memory, or its start would reach before `from`.
      const shortest = Math.max(LANE_BYTES, memory);
      while (to - position >= LANES * shortest) {
        const stride = Math.min(STRIDE, Math.floor((to - position) / LANES));
        at = scanLanes(bytes, position, stride, at, onHit);
        position += stride * LANES;
      }
      return scanOne(bytes, position, to, at, onHit);
    },
  };
}

/** Bytes that no keyword tells apart share a class, so that the table stays small enough for the cache. */
function classifyBytes(keywords: readonly Uint8Array[]): { classOf: Uint8Array; classes: number } {
  const classOf = new Uint8Array(256);
  let classes = 1;
  for (const byte of new Set(keywords.flatMap((keyword) => [...keyword].map(foldCase)))) {
    classOf[byte] = classes;
    if (byte >= 0x61 && byte <= 0x7a) classOf[byte - 0x20] = classes;
    classes++;
  }
  return { classOf, classes };
}

function foldCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

/** Nodes are numbered in the order of their making. No more rows are needed than there are letters, and the root. */
function buildTrie(keywords: readonly Uint8Array[], classOf: Uint8Array, classes: number): Trie {
  const most = keywords.reduce((sum, keyword) => sum + keyword.length, 1);
  const next = new Uint32Array(most * classes);
  const ends = new Map<number, number[]>();
  let nodes = 1;
  for (const [index, keyword] of keywords.entries()) {
    let node = 0;
    for (const byte of keyword) {
      const place = node * classes + (classOf[byte] as number);
      if (next[place] === 0) next[place] = nodes++;
      node = next[place] as number;
    }
    const list = ends.get(node);
    if (list === undefined) ends.set(node, [index]);
    else list.push(index);
  }
  return { next, nodes, ends };
}

interface Flat {
  /** state and class → state; in two bytes where they suffice: half of it fits the cache for twice as many */
  readonly table: Uint16Array | Uint32Array;
  /** bits of a class in the place of an entry, below those of the state */
  readonly rowBits: number;
  /** states from here on end a keyword */
  readonly accepting: number;
  /** keywords that end in an accepting state, longest first, by (state - accepting) */
  readonly outputs: readonly (readonly number[])[];
}

/** Follows failure links once and for all, and numbers the accepting states last: one comparison finds a hit. */
function flatten({ next, nodes, ends }: Trie, classes: number): Flat {
  const fail = new Uint32Array(nodes);
  const queue = new Uint32Array(nodes);
  let tail = 0;
  for (let column = 0; column < classes; column++) {
    const child = next[column] as number;
    if (child !== 0) queue[tail++] = child;
  }
  for (let head = 0; head < tail; head++) {
    const node = queue[head] as number;
    const behind = fail[node] as number;
    const inherited = ends.get(behind);
    if (inherited !== undefined) ends.set(node, [...(ends.get(node) ?? []), ...inherited]);
    for (let column = 0; column < classes; column++) {
      const place = node * classes + column;
      const child = next[place] as number;
      // Shallower rows are complete by now: a row is filled only after all that it falls back to.
      const shortcut = next[behind * classes + column] as number;
      if (child === 0) next[place] = shortcut;
      else {
        fail[child] = shortcut;
        queue[tail++] = child;
      }
    }
  }
  const flat = renumber(next, nodes, ends, classes);
  next.buffer.transfer(0); // it is large, and would stay until the garbage is collected
  return flat;
}

function renumber(
  next: Uint32Array,
  nodes: number,
  ends: ReadonlyMap<number, readonly number[]>,
  classes: number,
): Flat {
  const row = new Uint32Array(nodes);
  const outputs: (readonly number[])[] = [];
  let quiet = 0;
  for (let node = 0; node < nodes; node++) if (!ends.has(node)) row[node] = quiet++;
  for (let node = 0; node < nodes; node++) {
    const keywords = ends.get(node);
    if (keywords !== undefined) row[node] = quiet + outputs.push(keywords) - 1;
  }
  const rowBits = Math.ceil(Math.log2(classes));
  const size = nodes * 2 ** rowBits;
  const table = nodes <= 0x1_0000 ? new Uint16Array(size) : new Uint32Array(size);
  for (let node = 0; node < nodes; node++) {
    const target = (row[node] as number) << rowBits;
    for (let column = 0; column < classes; column++) {
      table[target + column] = row[next[node * classes + column] as number] as number;
    }
  }
  return { table, rowBits, accepting: quiet, outputs };
}
