/** An automaton as plain data: another thread can read with the same. */
export interface MatcherTables {
  /** by byte */
  readonly classOf: Uint8Array;
  /** state and class → state; in two bytes where they suffice: half of it fits the cache for twice as many */
  readonly table: Uint16Array | Uint32Array;
  /** bits of a class in the place of an entry, below those of the state */
  readonly rowBits: number;
  /** states from here on end a keyword */
  readonly accepting: number;
  /** by (state - accepting), where in `outputs` its keywords begin; one more, for where the last ones end */
  readonly starts: Uint32Array;
  /** keywords that end in an accepting state, longest first */
  readonly outputs: Uint32Array;
  /** bytes of the longest keyword: after so many the automaton has forgotten where it began */
  readonly memory: number;
}

type Flat = Omit<MatcherTables, 'classOf' | 'memory'>;

/** What the table is built from. */
interface Trie {
  /** node × classes → node, 0 where there is none. One array: rows of their own would make much garbage that lives long */
  readonly next: Uint32Array<ArrayBuffer>;
  readonly nodes: number;
  /** keywords that end at a node */
  readonly ends: Map<number, number[]>;
}

/** Makes room for a table of so many entries, for so many states. */
export type AllocateTable = (size: number, states: number) => Uint16Array | Uint32Array;

/** Most states that can be told apart in two bytes. */
export const SHORT_STATES = 0x1_0000;

/**
 * Builds the automaton of keywords. Keywords are bytes; ASCII letters match either case.
 * @throws {RangeError} for an empty keyword, which would match everywhere
 */
export function buildTables(keywords: readonly Uint8Array[], allocate: AllocateTable): MatcherTables {
  for (const keyword of keywords) {
    if (keyword.length === 0) throw new RangeError('a keyword of the matcher is empty');
  }
  const { classOf, classes } = classifyBytes(keywords);
  const flat = flatten(buildTrie(keywords, classOf, classes), classes, allocate);
  const memory = keywords.reduce((most, keyword) => Math.max(most, keyword.length), 0);
  return { classOf, ...flat, memory };
}

/** Room in ordinary memory. */
export function allocateTable(size: number, states: number): Uint16Array | Uint32Array {
  return states <= SHORT_STATES ? new Uint16Array(size) : new Uint32Array(size);
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

/** One for each beginning that keywords have, however many have it: what sorts behind another adds what it has beyond it. */
function countNodes(keywords: readonly Uint8Array[]): number {
  const sorted = keywords.map((keyword) => Buffer.from(keyword.map(foldCase)).toString('latin1')).sort();
  let nodes = 1;
  let before = '';
  for (const keyword of sorted) {
    let same = 0;
    while (same < keyword.length && keyword[same] === before[same]) same++;
    nodes += keyword.length - same;
    before = keyword;
  }
  return nodes;
}

/** Nodes are numbered in the order of their making. */
function buildTrie(keywords: readonly Uint8Array[], classOf: Uint8Array, classes: number): Trie {
  const next = new Uint32Array(countNodes(keywords) * classes);
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

/** Follows failure links once and for all, and numbers the accepting states last: one comparison finds a hit. */
function flatten({ next, nodes, ends }: Trie, classes: number, allocate: AllocateTable): Flat {
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
  const flat = renumber(next, nodes, ends, classes, allocate);
  next.buffer.transfer(0); // it is large, and would stay until the garbage is collected
  return flat;
}

function renumber(
  next: Uint32Array,
  nodes: number,
  ends: ReadonlyMap<number, readonly number[]>,
  classes: number,
  allocate: AllocateTable,
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
  const table = allocate(size, nodes);
  for (let node = 0; node < nodes; node++) {
    const target = (row[node] as number) << rowBits;
    for (let column = 0; column < classes; column++) {
      table[target + column] = row[next[node * classes + column] as number] as number;
    }
  }
  return { table, rowBits, accepting: quiet, ...joined(outputs) };
}

/** Lists one behind the other. */
function joined(lists: readonly (readonly number[])[]): Pick<MatcherTables, 'starts' | 'outputs'> {
  const starts = new Uint32Array(lists.length + 1);
  for (const [index, list] of lists.entries()) starts[index + 1] = (starts[index] as number) + list.length;
  return { starts, outputs: Uint32Array.from(lists.flat()) };
}
