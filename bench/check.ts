/**
 * Measures a full `pratique check` of the images that `bench/make-image.ts` makes, beside what it takes to unpack and hash
 * their layers with programs of the system, and with nothing but our own reader; writes `bench/results.md`.
 * Run: `npm run bench -- FOLDER [--runs N] [--only NAME]`, where FOLDER is, or becomes, what `bench/make-image.ts` made. All
 * programs take turns, so that what else the machine does falls on each; medians count. On a machine that does other things
 * as well, the ratios of processor time tell more than those of time.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, type Taken, timedRun } from './timed-run.ts';

/** A program that is measured; `baseline` ones are what ours are held against. */
interface Rival {
  readonly name: string;
  readonly words: readonly string[];
}

/** Ours, what it is held against, and the most that it may take of it in time. */
interface Target {
  readonly image: string;
  readonly ours: string;
  readonly against: string;
  readonly most: number;
}

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, only: { type: 'string' } },
  allowPositionals: true,
});
const [folder = join(tmpdir(), 'pratique-bench')] = positionals;
const runs = Number(values.runs);
const top = new URL('..', import.meta.url).pathname;
const program = join(top, 'bin/pratique.js');
const JOBS = 2;

const TARGETS: readonly Target[] = [
  { image: 'gzip', ours: 'check', against: 'gzip -dc | sha256sum', most: 0.45 },
  { image: 'gzip', ours: 'check', against: 'libdeflate-gunzip | openssl', most: 1.3 },
  { image: 'gzip', ours: 'check', against: 'own floor', most: 1.4 },
  { image: 'dominant', ours: 'check', against: 'pigz -dc | sha256sum', most: 0.55 },
  { image: 'zstd', ours: 'check', against: 'zstd -dc | sha256sum', most: 0.7 },
];

if (!existsSync(join(folder, 'sibling/index.json'))) {
  const made = spawnSync(process.execPath, [join(top, 'bench/make-image.ts'), folder], { stdio: 'inherit' });
  if (made.status !== 0) process.exit(made.status ?? 75);
}
const lines: string[] = [];
print(`# What a full check takes`, '');
print(
  `Written by \`npm run bench\`, ${runs} runs of each, which took turns; medians. \`bench/make-image.ts\` makes the images.`,
  '',
);
print(
  `- ${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}`,
);
for (const image of ['gzip', 'zstd', 'dominant']) {
  if (values.only === undefined || values.only === image) await measureImage(image);
}
if (values.only === undefined) writeFileSync(join(top, 'bench/results.md'), `${lines.join('\n')}\n`);

async function measureImage(image: string): Promise<void> {
  const layout = join(folder, image);
  const rivals = rivalsOf(image, layout);
  const taken = new Map<string, Taken[]>(rivals.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const { name, words } of rivals) taken.get(name)?.push(await timedRun(words));
  }
  const counts = countsOf(taken.get('check')?.[0]?.out ?? '');
  print('', `## ${image}`, '');
  print(`${layersOf(layout).length} layers, ${counts}`, '');
  print('| program | s | CPU s | MB at most |', '|---|--:|--:|--:|');
  for (const { name } of rivals) {
    const [seconds, cpu, peak] = (['seconds', 'cpu', 'peak'] as const).map((what) =>
      median(taken.get(name), what),
    );
    print(
      `| ${name.replaceAll('|', '\\|')} | ${seconds?.toFixed(2)} | ${cpu?.toFixed(2)} | ${peak?.toFixed(0)} |`,
    );
  }
  print('', '| ours | against | time | CPU | aim |', '|---|---|--:|--:|--:|');
  for (const { ours, against, most } of TARGETS.filter((target) => target.image === image)) {
    const ratio = (what: 'seconds' | 'cpu') =>
      (median(taken.get(ours), what) / median(taken.get(against), what)).toFixed(2);
    print(
      `| ${ours} | ${against.replaceAll('|', '\\|')} | ${ratio('seconds')} | ${ratio('cpu')} | ≤ ${most} |`,
    );
  }
}

function rivalsOf(image: string, layout: string): readonly Rival[] {
  const blobs = layersOf(layout);
  const shell = (unpack: string, hash: string): readonly string[] => [
    'sh',
    '-c',
    `printf '%s\\n' ${blobs.map((blob) => `'${blob}'`).join(' ')} | xargs -P ${JOBS} -I{} sh -c '${unpack} <{} | ${hash} >/dev/null'`,
  ];
  const own = [
    {
      name: 'check',
      words: [process.execPath, program, 'check', `oci:${layout}`, '--no-cache', '-o', 'json'],
    },
    { name: 'own floor', words: [process.execPath, join(top, 'bench/floor.ts'), layout, String(JOBS)] },
  ];
  if (image === 'zstd')
    return [
      ...own,
      { name: 'zstd -dc | sha256sum', words: shell('zstd -dc', 'sha256sum') },
      { name: 'zstd -dc | openssl', words: shell('zstd -dc', 'openssl sha256') },
    ];
  return [
    ...own,
    { name: 'gzip -dc | sha256sum', words: shell('gzip -dc', 'sha256sum') },
    { name: 'pigz -dc | sha256sum', words: shell('pigz -dc', 'sha256sum') },
    { name: 'pigz -dc | openssl', words: shell('pigz -dc', 'openssl sha256') },
    { name: 'libdeflate-gunzip | openssl', words: shell('libdeflate-gunzip -c', 'openssl sha256') },
  ];
}

/** Largest first, as ours reads them. */
function layersOf(layout: string): readonly string[] {
  const pathOf = (digest: string) => join(layout, 'blobs', digest.replace(':', '/'));
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
  const { layers } = JSON.parse(readFileSync(pathOf(index.manifests[0].digest), 'utf8'));
  const sorted = [...layers].sort((a, b) => b.size - a.size);
  return sorted.map(({ digest }) => pathOf(digest));
}

function countsOf(verdict: string): string {
  const image = JSON.parse(verdict).verdicts[0].images[0];
  const { files, compressedBytes, expandedBytes, contentBytes } = image.scanned;
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  return `${mb(compressedBytes)} packed, ${mb(expandedBytes)} unpacked, ${mb(contentBytes)} searched, ${files} files`;
}

function print(...some: readonly string[]): void {
  lines.push(...some);
  process.stdout.write(`${some.join('\n')}\n`);
}
