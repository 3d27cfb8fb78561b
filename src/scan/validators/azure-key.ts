import type { Judgement } from '../rule.ts';

// What starts the checksum: an eight-letter name, read as a number, tells the kinds of keys apart.
const STORAGE_SEED = seedOf('Default0');
const COSMOS_SEEDS = ['MastRW00', 'MastRO00'].map(seedOf);
const BATCH_SEED = seedOf('AbAcct00');
const MESSAGING_SEEDS = ['Send0000', 'Listen00', 'Manage00', 'System00'].map(seedOf);
const COMMON_SEED = seedOf('Default0');
const CONTAINER_REGISTRY_SEED = seedOf('ACRDflt0');
const REDIS_SEED = seedOf('Access00');
const FUNCTION_SEEDS = ['Functi00', 'Master00', 'System00'].map(seedOf);
const SEARCH_SEEDS = ['Query000', 'PAdmin00'].map(seedOf);

/**
 * Azure's identifiable keys: base64 whose last bytes are a Marvin32 checksum of those before them. A wrong one
 * does not refute: other kinds of keys have seeds of their own.
 * @see Microsoft, "Identifiable secrets", HIS v1
 */
export function checkAzureKey(secret: string): Judgement {
  const bytes = Buffer.from(secret, 'base64');
  const body = bytes.subarray(0, -4);
  const stored = bytes.readUInt32LE(bytes.length - 4);
  return seedsFor(secret).some((seed) => marvin32(body, seed) === stored) ? 'verified' : 'plausible';
}

/**
 * Azure's common annotated keys (`JQQJ99`): the last four characters are three bytes of the checksum.
 * @see Microsoft, "Common annotated security keys", HIS v2
 */
export function checkAnnotatedKey(secret: string): Judgement {
  const key = secret.slice(0, 84);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(marvin32(Buffer.from(key.slice(0, 80), 'base64'), COMMON_SEED));
  return sum.toString('base64').slice(0, 4) === key.slice(80) ? 'verified' : 'plausible';
}

function seedsFor(secret: string): readonly Seed[] {
  if (secret.includes('+ASt')) return [STORAGE_SEED];
  if (secret.includes('ACDb')) return COSMOS_SEEDS;
  if (secret.includes('+ABa')) return [BATCH_SEED];
  if (secret.includes('+ACR')) return [CONTAINER_REGISTRY_SEED];
  if (secret.includes('AzCa')) return [REDIS_SEED];
  if (secret.includes('AzFu')) return FUNCTION_SEEDS;
  if (secret.includes('AzSe')) return SEARCH_SEEDS;
  return MESSAGING_SEEDS;
}

interface Seed {
  readonly low: number;
  readonly high: number;
}

function seedOf(name: string): Seed {
  const bytes = Buffer.from(name, 'ascii');
  return { high: bytes.readUInt32BE(0), low: bytes.readUInt32BE(4) };
}

/** Marvin32: a keyed hash of .NET, whose two halves are folded into 32 bits. */
export function marvin32(bytes: Buffer, seed: { readonly low: number; readonly high: number }): number {
  let state: Pair = [seed.low >>> 0, seed.high >>> 0];
  const whole = bytes.length - (bytes.length % 4);
  for (let at = 0; at < whole; at += 4) state = mix(state[0] + bytes.readUInt32LE(at), state[1]);
  // The rest, with a marker bit behind it, fills the last word.
  let last = 0x80;
  for (let at = bytes.length - 1; at >= whole; at--) last = last * 256 + (bytes[at] ?? 0);
  state = mix(state[0] + last, state[1]);
  state = mix(state[0], state[1]);
  return (state[0] ^ state[1]) >>> 0;
}

type Pair = readonly [number, number];

function mix(first: number, second: number): Pair {
  let a = first >>> 0;
  let b = (second ^ a) >>> 0;
  a = (rotate(a, 20) + b) >>> 0;
  b = (rotate(b, 9) ^ a) >>> 0;
  a = (rotate(a, 27) + b) >>> 0;
  b = rotate(b, 19);
  return [a, b];
}

function rotate(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}
