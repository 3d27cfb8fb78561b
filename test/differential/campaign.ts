import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeArchive } from './archives.ts';
import { type Comparison, compare } from './compare.ts';
import type { GoReader } from './go-reader.ts';
import { mutate } from './mutations.ts';
import { type Random, randomFrom } from './random.ts';

/** Beside the repository, where it is there: archives made to be read in two ways. */
const CORPUS = join(import.meta.dirname, '../../../shared/hostile/tar');
const CORPUS_FILE_BYTES = 16 * 1024;
const BATCH = 256;

/** What became of the archives so far. */
export interface Tally {
  executions: number;
  /** both list them, alike */
  listed: number;
  /** both reject them */
  rejected: number;
  /** Go lists them and we refuse, by reason */
  readonly stricter: Map<string, number>;
}

/** An archive that the readers do not see alike. */
export interface Difference {
  readonly archive: Buffer;
  readonly what: string;
  readonly index: number;
}

/**
 * Mutates archives and compares what Go and we read in each.
 * @param seed 32 bits; with `index` it names one archive
 * @param more asked between batches whether to go on
 * @returns the first difference; nothing where there was none
 */
export async function runCampaign(
  go: GoReader,
  seed: number,
  tally: Tally,
  more: () => boolean,
): Promise<Difference | undefined> {
  const corpus = readCorpus();
  while (more()) {
    const first = tally.executions;
    const archives = Array.from({ length: BATCH }, (_, index) => archiveAt(seed, first + index, corpus));
    const answers = await go.list(archives);
    for (const [index, archive] of archives.entries()) {
      const random = randomFrom(seedOf(seed, first + index));
      const piece = random.pick([archive.length + 1, 512, 1 + random.below(1500)]);
      const compared = compare(archive, answers[index] ?? { Error: '', Entries: [] }, piece);
      if (compared.kind === 'difference') return { archive, what: compared.what, index: first + index };
      count(tally, compared);
    }
  }
  return undefined;
}

/** A tally of nothing yet. */
export function startTally(): Tally {
  return { executions: 0, listed: 0, rejected: 0, stricter: new Map() };
}

function count(tally: Tally, compared: Exclude<Comparison, { kind: 'difference' }>): void {
  tally.executions += 1;
  if (compared.kind === 'stricter')
    tally.stricter.set(compared.reason, (tally.stricter.get(compared.reason) ?? 0) + 1);
  else if (compared.isListed) tally.listed += 1;
  else tally.rejected += 1;
}

function archiveAt(seed: number, index: number, corpus: readonly Buffer[]): Buffer {
  const random = randomFrom(seedOf(seed, index));
  return mutate(choose(random, corpus), choose(random, corpus), random);
}

function choose(random: Random, corpus: readonly Buffer[]): Buffer {
  return corpus.length > 0 && random.chance(0.25) ? random.pick(corpus) : makeArchive(random);
}

function seedOf(seed: number, index: number): number {
  return (Math.imul(seed, 0x9e3779b1) + Math.imul(index + 1, 0x85ebca6b)) >>> 0;
}

function readCorpus(): readonly Buffer[] {
  if (!existsSync(CORPUS)) return [];
  const files = readdirSync(CORPUS).sort();
  return files
    .map((name) => readFileSync(join(CORPUS, name)))
    .filter((bytes) => bytes.length <= CORPUS_FILE_BYTES);
}
