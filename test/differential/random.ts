/** Chance that repeats: the same seed, the same numbers. */
export interface Random {
  /** a whole number, at least 0 and below `limit` */
  below(limit: number): number;
  /** whether something of this probability happens */
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

/** @param seed 32 bits */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: <T>(choices: readonly T[]) => choices[below(choices.length)] as T,
  };
}
