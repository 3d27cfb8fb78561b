// AssemblyScript, not TypeScript: the inner loop of src/scan/matcher.ts, whose `scanLanesPlainly` does the same. Made into
// src/scan/matcher-program.ts by `node testdata/make-wasm.ts`.

/**
 * Reads four stretches of bytes side by side, each by itself: the processor waits for four table reads at once instead of
 * one after another.
 * @param classOf 256 bytes: the class of each byte
 * @param table by (state << rowBits) | class, the next state, in two bytes
 * @param accepting states from here on end a keyword
 * @param input of the first stretch; the others follow it
 * @param stride bytes of one stretch
 * @param states four: those before, and then those behind the stretches
 * @param hits room for `stride` pairs for each stretch: the state, and the offset of the byte that led to it
 * @param counts four: how many pairs there are
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
  const input1 = input + stride;
  const input2 = input1 + stride;
  const input3 = input2 + stride;
  const hits1 = hits + stride * 8;
  const hits2 = hits1 + stride * 8;
  const hits3 = hits2 + stride * 8;
  let h0 = hits;
  let h1 = hits1;
  let h2 = hits2;
  let h3 = hits3;
  for (let i: usize = 0; i < stride; i++) {
    s0 = load<u16>(table + (((s0 << rowBits) | load<u8>(classOf + load<u8>(input + i))) << 1));
    s1 = load<u16>(table + (((s1 << rowBits) | load<u8>(classOf + load<u8>(input1 + i))) << 1));
    s2 = load<u16>(table + (((s2 << rowBits) | load<u8>(classOf + load<u8>(input2 + i))) << 1));
    s3 = load<u16>(table + (((s3 << rowBits) | load<u8>(classOf + load<u8>(input3 + i))) << 1));
    if (s0 >= accepting) {
      store<u32>(h0, s0);
      store<u32>(h0, u32(i), 4);
      h0 += 8;
    }
    if (s1 >= accepting) {
      store<u32>(h1, s1);
      store<u32>(h1, u32(i), 4);
      h1 += 8;
    }
    if (s2 >= accepting) {
      store<u32>(h2, s2);
      store<u32>(h2, u32(i), 4);
      h2 += 8;
    }
    if (s3 >= accepting) {
      store<u32>(h3, s3);
      store<u32>(h3, u32(i), 4);
      h3 += 8;
    }
  }
  store<u32>(states, s0);
  store<u32>(states, s1, 4);
  store<u32>(states, s2, 8);
  store<u32>(states, s3, 12);
  store<u32>(counts, u32((h0 - hits) >> 3));
  store<u32>(counts, u32((h1 - hits1) >> 3), 4);
  store<u32>(counts, u32((h2 - hits2) >> 3), 8);
  store<u32>(counts, u32((h3 - hits3) >> 3), 12);
}
