// Compares our tar reader with Go's archive/tar on mutated archives: npm run fuzz -- --minutes N [--seed S]
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCampaign, startTally, type Tally } from './campaign.ts';
import { isGoHere, startGoReader } from './go-reader.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

function report({ executions, listed, rejected, stricter }: Tally, seed: number, seconds: number): void {
  const rate = Math.round(executions / seconds);
  say(`${executions} archives in ${seconds.toFixed(1)} s, ${rate} a second, seed ${seed}`);
  say(`  ${listed} listed alike, ${rejected} rejected by both, ${sum(stricter)} refused by us alone:`);
  for (const [reason, number] of [...stricter].sort(([, a], [, b]) => b - a))
    say(`    ${String(number).padStart(7)}  ${reason}`);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, number) => total + number, 0);
}

async function fuzz(minutes: number, seed: number): Promise<number> {
  const go = await startGoReader();
  say(`${go.version}, seed ${seed}, ${minutes} minutes`);
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const tally = startTally();
  const difference = await runCampaign(go, seed, tally, () => seconds() < 60 * minutes);
  await go.close();
  report(tally, seed, seconds());
  if (difference === undefined) return 0;
  const file = join(await mkdtemp(join(tmpdir(), 'pratique-fuzz-')), `${seed}-${difference.index}.tar`);
  await writeFile(file, difference.archive);
  say(`difference in archive ${difference.index}, kept as ${file}\n${difference.what}`);
  return 1;
}

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 32);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !(minutes > 0)) throw new Error('--minutes and --seed are numbers');
if (isGoHere()) process.exitCode = await fuzz(minutes, seed);
else say('skipped: go is not on this machine');
