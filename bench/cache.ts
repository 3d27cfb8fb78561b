/**
 * Measures what the cache of layers spares, with the images that `bench/make-image.ts` makes: `gzip` is checked with an empty
 * cache, then `sibling`, which has its first three layers and a small one of its own, then `sibling` without a cache and
 * `gzip` once more; at last both at once, with an empty cache.
 * Run: `npm run bench:cache -- FOLDER [--runs N]`, where FOLDER holds these images. Medians count; on a machine that does
 * other things as well, those of processor time.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, type Taken, timedRun } from './timed-run.ts';

/** The most that the second check may take of the first. */
const AIM = 0.15;

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const [folder = join(tmpdir(), 'pratique-bench')] = positionals;
const program = join(new URL('..', import.meta.url).pathname, 'bin/pratique.js');
if (!existsSync(join(folder, 'sibling/index.json'))) {
  process.stderr.write(`there are no images in ${folder}; make them: node bench/make-image.ts ${folder}\n`);
  process.exit(75);
}

const taken = new Map<string, Taken[]>();
let kept = 0;
for (let run = 0; run < Number(values.runs); run++) {
  await withCache(async (check) => {
    add('gzip, nothing kept yet', await check('gzip'));
    add('sibling, its base kept', await check('sibling'));
    add('sibling, no cache', await check('sibling', '--no-cache'));
    add('gzip, all kept', await check('gzip'));
  });
  await withCache(async (check) => {
    for (const one of await Promise.all([check('gzip'), check('sibling')]))
      add('gzip and sibling at once, each', one);
  });
}
process.stdout.write('| check | s | CPU s | MB at most |\n|---|--:|--:|--:|\n');
for (const [name, all] of taken) {
  const [seconds, cpu, peak] = (['seconds', 'cpu', 'peak'] as const).map((what) => median(all, what));
  process.stdout.write(`| ${name} | ${seconds?.toFixed(2)} | ${cpu?.toFixed(2)} | ${peak?.toFixed(0)} |\n`);
}
const ratio = (what: 'seconds' | 'cpu') =>
  median(taken.get('sibling, its base kept'), what) / median(taken.get('gzip, nothing kept yet'), what);
process.stdout.write(
  `\nsecond check / first: time ${ratio('seconds').toFixed(3)}, CPU ${ratio('cpu').toFixed(3)}; aim ≤ ${AIM}\n` +
    `kept: ${(kept / 1e6).toFixed(1)} MB for five layers\n`,
);

type Check = (image: string, ...more: readonly string[]) => Promise<Taken>;

async function withCache(work: (check: Check) => Promise<void>): Promise<void> {
  const cache = mkdtempSync(join(tmpdir(), 'pratique-cache-'));
  const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: cache };
  const check: Check = (image, ...more) =>
    timedRun([process.execPath, program, 'check', `oci:${join(folder, image)}`, '-o', 'json', ...more], env);
  try {
    await work(check);
    const layers = join(cache, 'pratique/layers');
    kept = readdirSync(layers).reduce((sum, name) => sum + statSync(join(layers, name)).size, 0);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

function add(name: string, one: Taken): void {
  taken.set(name, [...(taken.get(name) ?? []), one]);
}
