// AssemblyScript, not TypeScript: the inner loop of src/scan/matcher.ts, whose `plainLanes` does the same. Made into
// src/scan/matcher-program.ts by `node testdata/make-wasm.ts`.

/** Bytes of a hit: the state, and the offset of the byte that led to it. */
const HIT: usize = 8;

/**
 * Reads six stretches of bytes side by side, each by itself: the processor waits for six table reads at once instead of
 * one after another. With more it would run out of registers; so the counts, which are seldom touched, stay in memory.
 * @param classOf 256 bytes: the class of each byte
 * @param table by (state << rowBits) | class, the next state, in two bytes
 * @param accepting states from here on end a keyword
 * @param input of the first stretch; the others follow it
 * @param stride bytes of one stretch
 * @param states six: those before, and then those behind the stretches
 * @param hits room for `stride` pairs for each stretch: the state, and the offset of the byte that led to it
 * @param counts six: how many pairs there are
 */
export function scanLanes(
  classOf: usize,
  table: usize,
  rowBits: u32,
  accepting: u32,
  input: usize,
  stride: usize,
  states: usize,
  hits: usize,
  counts: usize,
): void {
  let s0 = load<u32>(states);
  let s1 = load<u32>(states, 4);
  let s2 = load<u32>(states, 8);
  let s3 = load<u32>(states, 12);
  let s4 = load<u32>(states, 16);
  let s5 = load<u32>(states, 20);
  memory.fill(counts, 0, 24);
  const row = stride * HIT;
  const end = input + stride;
  for (let first = input; first < end; first++) {
    let at = first;
    s0 = next(classOf, table, rowBits, s0, at);
    at += stride;
    s1 = next(classOf, table, rowBits, s1, at);
    at += stride;
    s2 = next(classOf, table, rowBits, s2, at);
    at += stride;
    s3 = next(classOf, table, rowBits, s3, at);
    at += stride;
    s4 = next(classOf, table, rowBits, s4, at);
    at += stride;
    s5 = next(classOf, table, rowBits, s5, at);
    if (s0 >= accepting) note(s0, u32(first - input), hits, counts);
    if (s1 >= accepting) note(s1, u32(first - input), hits + row, counts + 4);
    if (s2 >= accepting) note(s2, u32(first - input), hits + row * 2, counts + 8);
    if (s3 >= accepting) note(s3, u32(first - input), hits + row * 3, counts + 12);
    if (s4 >= accepting) note(s4, u32(first - input), hits + row * 4, counts + 16);
    if (s5 >= accepting) note(s5, u32(first - input), hits + row * 5, counts + 20);
  }
  store<u32>(states, s0);
  store<u32>(states, s1, 4);
  store<u32>(states, s2, 8);
  store<u32>(states, s3, 12);
  store<u32>(states, s4, 16);
  store<u32>(states, s5, 20);
}

function next(classOf: usize, table: usize, rowBits: u32, state: u32, at: usize): u32 {
  return load<u16>(table + (((state << rowBits) | load<u8>(classOf + load<u8>(at))) << 1));
}

function note(state: u32, offset: u32, hits: usize, count: usize): void {
  const known = load<u32>(count);
  store<u32>(count, known + 1);
  const hit = hits + known * HIT;
  store<u32>(hit, state);
  store<u32>(hit, offset, 4);
}
