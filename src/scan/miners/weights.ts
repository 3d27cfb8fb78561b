import type { MinerFamily, MinerSign } from '../rule.ts';

/** Families that speak against the others, and are no evidence. */
const AGAINST: readonly MinerFamily[] = ['sample', 'rule-file'];

/** Ports are everybody's: they count with a host or a wallet only. */
const PORT = 'command.port-';

/** How much evidence of each family came together. */
export class Weights {
  private readonly found: readonly MinerSign[];
  /** the signs that are evidence */
  readonly evidence: readonly MinerSign[];

  /** @param found each sign once */
  constructor(found: readonly MinerSign[]) {
    const isTold = found.some(({ family }) => family === 'pool' || family === 'wallet');
    this.found = isTold ? found : found.filter(({ id }) => !id.startsWith(PORT));
    this.evidence = this.found.filter(({ family }) => !AGAINST.includes(family));
  }

  get total(): number {
    return sumOf(this.evidence);
  }

  get families(): ReadonlySet<MinerFamily> {
    return new Set(this.evidence.map(({ family }) => family));
  }

  has(family: MinerFamily, weight = 1): boolean {
    return sumOf(this.found.filter((sign) => sign.family === family)) >= weight;
  }

  /** Whether signs of the family say what to do, and weigh so much together. */
  acts(family: MinerFamily, weight = 1): boolean {
    return sumOf(this.found.filter((sign) => sign.family === family && sign.acts === true)) >= weight;
  }

  /** Whether so many signs of the family weigh so much each. */
  hasEach(family: MinerFamily, weight: number, least = 1): boolean {
    const signs = this.found.filter((sign) => sign.family === family && sign.weight >= weight);
    return signs.length >= least;
  }

  /** How many signs have an id that begins so. */
  count(prefix: string): number {
    return this.found.filter(({ id }) => id.startsWith(prefix)).length;
  }

  /** Pools that have nothing to do with each other: the one a file works for may be many names of one. */
  get pools(): number {
    const pools = this.found.filter(({ family }) => family === 'pool');
    return new Set(pools.map(({ id }) => id.split('.')[1])).size;
  }
}

function sumOf(signs: readonly MinerSign[]): number {
  return signs.reduce((sum, { weight }) => sum + weight, 0);
}
