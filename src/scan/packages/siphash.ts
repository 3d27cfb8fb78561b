/** Rounds for each 8 bytes, and at the end: SipHash-1-3 or SipHash-2-4. */
export type SipRounds = readonly [compression: number, finalization: number];

/** Parts of the state, each of two words, the lower first. */
const [V0, V1, V2, V3] = [0, 2, 4, 6] as const;

/**
 * SipHash of bytes, 64 bits.
 * @param key the lower 32 bits of the key; all others are zero
 * @returns 16 hex digits, the lowest byte first
 * @see Aumasson and Bernstein, "SipHash: a fast short-input PRF", section 2
 */
export function sipHash(bytes: Buffer, key: number, [compression, finalization]: SipRounds): string {
  const state = new Int32Array(8);
  state.set([0x70736575 ^ key, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261 ^ key, 0x6c796765]);
  state.set([0x79746573, 0x74656462], V3);
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8)
    absorb(state, bytes.readInt32LE(at), bytes.readInt32LE(at + 4), compression);
  const last = Buffer.alloc(8);
  bytes.copy(last, 0, whole);
  last[7] = bytes.length & 0xff;
  absorb(state, last.readInt32LE(0), last.readInt32LE(4), compression);
  state[V2] = word(state, V2) ^ 0xff;
  for (let round = 0; round < finalization; round++) mix(state);
  const sum = Buffer.alloc(8);
  for (const part of [0, 1]) {
    const [a, b, c, d] = [V0, V1, V2, V3].map((at) => word(state, at + part)) as [
      number,
      number,
      number,
      number,
    ];
    sum.writeInt32LE(a ^ b ^ c ^ d, 4 * part);
  }
  return sum.toString('hex');
}

function absorb(state: Int32Array, low: number, high: number, rounds: number): void {
  state[V3] = word(state, V3) ^ low;
  state[V3 + 1] = word(state, V3 + 1) ^ high;
  for (let round = 0; round < rounds; round++) mix(state);
  state[V0] = word(state, V0) ^ low;
  state[V0 + 1] = word(state, V0 + 1) ^ high;
}

/** One SipRound. */
function mix(state: Int32Array): void {
  add(state, V0, V1);
  turn(state, V1, 13, V0);
  swap(state, V0);
  add(state, V2, V3);
  turn(state, V3, 16, V2);
  add(state, V0, V3);
  turn(state, V3, 21, V0);
  add(state, V2, V1);
  turn(state, V1, 17, V2);
  swap(state, V2);
}

function add(state: Int32Array, to: number, from: number): void {
  const low = (word(state, to) >>> 0) + (word(state, from) >>> 0);
  state[to + 1] = (word(state, to + 1) + word(state, from + 1) + (low > 0xffffffff ? 1 : 0)) | 0;
  state[to] = low | 0;
}

/** Turns a part to the left by fewer than 32 bits, and lays another over it. */
function turn(state: Int32Array, at: number, bits: number, over: number): void {
  const [low, high] = [word(state, at), word(state, at + 1)];
  state[at] = ((low << bits) | (high >>> (32 - bits))) ^ word(state, over);
  state[at + 1] = ((high << bits) | (low >>> (32 - bits))) ^ word(state, over + 1);
}

/** Turns a part by 32 bits. */
function swap(state: Int32Array, at: number): void {
  const low = word(state, at);
  state[at] = word(state, at + 1);
  state[at + 1] = low;
}

function word(state: Int32Array, at: number): number {
  return state[at] as number;
}
