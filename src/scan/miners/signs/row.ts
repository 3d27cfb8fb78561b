import type { MinerFamily, MinerSign } from '../../rule.ts';

/** A sign as a row: its name within the family, its keyword, how much it weighs, and where it must stand. */
export type Row = readonly [id: string, keyword: string, weight: 1 | 2 | 3, bounds?: MinerSign['bounds']];

/** Signs of one family that name things: they stand in programs, and in texts about them. */
export function signs(family: MinerFamily, source: string, rows: readonly Row[]): readonly MinerSign[] {
  return rows.map(([id, keyword, weight, bounds]) => ({
    id: `${family}.${id}`,
    family,
    keyword,
    weight,
    source,
    ...(bounds === undefined ? {} : { bounds }),
  }));
}

/** Signs of one family that say what to do: an option with its value, an address with its port. */
export function acts(family: MinerFamily, source: string, rows: readonly Row[]): readonly MinerSign[] {
  return signs(family, source, rows).map((sign) => ({ ...sign, acts: true }));
}
