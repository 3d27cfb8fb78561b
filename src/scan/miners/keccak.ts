const LANE = (1n << 64n) - 1n;
const ROUNDS = 24;
/** Bytes taken up between two permutations, for 256 bits out. */
const RATE = 136;

/**
 * Keccak-256 with the padding from before SHA-3, which Monero and Ethereum use and node:crypto does not have.
 * Slow, and meant for the few bytes of an address.
 * @see "The Keccak reference", version 3.0
 */
export function keccak256(message: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.ceil((message.length + 1) / RATE) * RATE);
  padded.set(message);
  padded[message.length] = 0x01;
  padded[padded.length - 1] = (padded.at(-1) ?? 0) | 0x80;
  const state = new BigUint64Array(25);
  for (let block = 0; block < padded.length; block += RATE) {
    for (let lane = 0; lane < RATE / 8; lane++)
      xorInto(state, lane, padded.readBigUInt64LE(block + lane * 8));
    permute(state);
  }
  const out = Buffer.alloc(32);
  for (let lane = 0; lane < 4; lane++) out.writeBigUInt64LE(get(state, lane), lane * 8);
  return out;
}

function permute(state: BigUint64Array): void {
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    diffuseColumns(state);
    const moved = rotateAndMove(state);
    for (let i = 0; i < 25; i++) {
      const row = i - (i % 5);
      const next = get(moved, row + ((i + 1) % 5));
      const afterNext = get(moved, row + ((i + 2) % 5));
      state[i] = get(moved, i) ^ (~next & LANE & afterNext);
    }
    for (let bit = 0; bit < 7; bit++) {
      if (register & 1) xorInto(state, 0, 1n << ((1n << BigInt(bit)) - 1n));
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1;
    }
  }
}

/** Step theta. */
function diffuseColumns(state: BigUint64Array): void {
  const parity = new BigUint64Array(5);
  for (let i = 0; i < 25; i++) xorInto(parity, i % 5, get(state, i));
  for (let i = 0; i < 25; i++) {
    xorInto(state, i, get(parity, (i + 4) % 5) ^ rotate(get(parity, (i + 1) % 5), 1n));
  }
}

/** Steps rho and pi. */
function rotateAndMove(state: BigUint64Array): BigUint64Array {
  const moved = new BigUint64Array(25);
  moved[0] = get(state, 0);
  let [x, y] = [1, 0];
  for (let step = 0; step < 24; step++) {
    const turn = BigInt((((step + 1) * (step + 2)) / 2) % 64);
    const [toX, toY] = [y, (2 * x + 3 * y) % 5];
    moved[toX + 5 * toY] = rotate(get(state, x + 5 * y), turn);
    [x, y] = [toX, toY];
  }
  return moved;
}

function rotate(lane: bigint, bits: bigint): bigint {
  return ((lane << bits) | (lane >> (64n - bits))) & LANE;
}

function get(lanes: BigUint64Array, index: number): bigint {
  return lanes[index] ?? 0n;
}

function xorInto(lanes: BigUint64Array, index: number, value: bigint): void {
  lanes[index] = get(lanes, index) ^ value;
}
