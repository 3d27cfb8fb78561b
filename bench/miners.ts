/**
 * Measures the evidence for miners: whether every synthetic miner is found, and whether nothing fails that only speaks of
 * miners or looks like one. Files are read as a layer is, archives and packed programs opened.
 * Run: `npm run bench:miners -- [--write] [NAME=FOLDER…]`; folders are root filesystems without a miner, as
 * `testdata/make-lookalike-tree.sh` makes one. `--write` puts the sums into docs/measured/miners.md, where a folder goes by
 * its name. Ends with 1 where a miner is missed or something else fails.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import { MEDIA } from '../src/model/media-type.ts';
import { createImageScanner } from '../src/scan/image-scanner.ts';
import type { Hit } from '../src/scan/rule.ts';
import { RULE_SET } from '../src/scan/rule-set.ts';
import { scanConfig } from '../src/scan/scan-config.ts';
import { scanLayer } from '../src/scan/scan-layer.ts';
import { makeImage, makeLayerOf, makeTar } from '../test/scan/images.ts';
import { missingPrograms } from '../test/support/programs.ts';
import {
  compiledMiners,
  type MinerFile,
  minerCommands,
  minerTexts,
  packedMiners,
  writtenMiners,
} from '../test/support/synthetic-miners.ts';

/** A hit of a file, and where it lies. */
interface Found {
  readonly path: string;
  readonly hit: Hit;
}

/** A group of files, and what was found in them. */
interface Row {
  readonly what: string;
  readonly count: number;
  readonly failing: number;
  readonly hinted: number;
}

/** Bytes of files that go into one layer; more would only take memory. */
const LAYER_BYTES = 64 * 1024 * 1024;
const MOST_FILE_BYTES = 256 * 1024 * 1024;
const RULE_TEXTS = new URL('../testdata/miner-rules/', import.meta.url);
const scanner = createImageScanner(undefined, DEFAULT_LIMITS);
const words = process.argv.slice(2).filter((word) => word !== '--write');
const miners: Row[] = [];
const others: Row[] = [];

await measureMiners();
await measureFolder('texts about miners', RULE_TEXTS.pathname, 'srv/rules');
for (const word of words) await measureWord(word);
print('\nminers                                   files  found  hinted');
for (const row of miners) printRow(row);
print('\nno miners                                files  failing  hinted');
for (const row of others) printRow(row);
const missed = miners.reduce((sum, { count, failing }) => sum + count - failing, 0);
const wrong = others.reduce((sum, { failing }) => sum + failing, 0);
print(`\n${missed} miners missed, ${wrong} files fail that are none`);
if (missed + wrong > 0) process.exitCode = 1;
if (process.argv.includes('--write')) writeSums();

async function measureMiners(): Promise<void> {
  await measureFiles('settings, scripts and jobs', minerTexts());
  measureCommands();
  await measureFiles('programs, written', writtenMiners());
  await measureFiles('programs, packed', packedMiners());
  if (missingPrograms('gcc').length > 0) print('no gcc: nothing was compiled');
  else await measureCompiled();
}

async function measureCompiled(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'miners-'));
  try {
    await measureFiles('programs, compiled', await compiledMiners(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each by itself: nothing of another may help. */
async function measureFiles(what: string, files: readonly MinerFile[]): Promise<void> {
  let [failing, hinted] = [0, 0];
  for (const { name, path, content, isPacked } of files) {
    const found = await scanFiles([{ name: path, content }]);
    const fails = found.some((one) => isFailing(one.hit) && (!isPacked || one.path === `${path}!/unpacked`));
    if (fails) failing++;
    else if (found.length > 0) hinted++;
    print(`${fails ? 'found ' : 'MISSED'}  ${what}: ${name}  ${tell(found)}`);
  }
  miners.push({ what, count: files.length, failing, hinted });
}

function measureCommands(): void {
  const what = 'configurations of images';
  let failing = 0;
  const commands = minerCommands();
  for (const { name, config } of commands) {
    const hits = scanConfig(makeImage([], config), scanner).filter(({ hit }) => hit.check === 'miners');
    const fails = hits.some(({ hit }) => isFailing(hit));
    if (fails) failing++;
    print(
      `${fails ? 'found ' : 'MISSED'}  ${what}: ${name}  ${tell(hits.map(({ field, hit }) => ({ path: field, hit })))}`,
    );
  }
  miners.push({ what, count: commands.length, failing, hinted: 0 });
}

async function measureWord(word: string): Promise<void> {
  const [, name = undefined, folder = word] = /^(?:([\w ,.-]+)=)?(.+)$/.exec(word) ?? [];
  await measureFolder(name ?? basename(folder), folder, '');
}

async function measureFolder(what: string, folder: string, below: string): Promise<void> {
  let [count, failing, hinted] = [0, 0, 0];
  for (const batch of batchesOf(folder)) {
    const entries = batch.map((path) => ({
      name: join(below, relative(folder, path)),
      content: readFileSync(path),
    }));
    const found = await scanFiles(entries);
    count += batch.length;
    const paths = (few: readonly Found[]) => new Set(few.map(({ path }) => path));
    const bad = paths(found.filter(({ hit }) => isFailing(hit)));
    failing += bad.size;
    hinted += paths(found).size - bad.size;
    for (const { path, hit } of found)
      print(`${isFailing(hit) ? 'FAILS' : 'hint '}  ${what}: ${path}  ${tell([{ path, hit }])}`);
  }
  others.push({ what, count, failing, hinted });
}

async function scanFiles(
  entries: readonly { readonly name: string; readonly content: Buffer }[],
): Promise<readonly Found[]> {
  const { layer, blob } = makeLayerOf(await makeTar(entries), (tar) => Buffer.from(tar), MEDIA.ociLayer);
  const { hits } = await scanLayer(one(blob), layer, scanner, DEFAULT_LIMITS);
  return hits.filter(({ hit }) => hit.check === 'miners');
}

async function* one(blob: Buffer): AsyncGenerator<Uint8Array> {
  yield blob;
}

/** Whether it fails an image where the policy says nothing else. */
function isFailing({ confidence }: Hit): boolean {
  return confidence !== 'low';
}

function tell(found: readonly Found[]): string {
  return found
    .map(({ hit: { rule, confidence, args } }) => `${rule} (${confidence}: ${String(args['evidence'])})`)
    .join('; ');
}

function* batchesOf(folder: string): Generator<readonly string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const path of filesUnder(folder)) {
    batch.push(path);
    bytes += statSync(path).size;
    if (bytes < LAYER_BYTES) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  yield batch;
}

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile() && statSync(path).size <= MOST_FILE_BYTES) yield path;
  }
}

function printRow({ what, count, failing, hinted }: Row): void {
  print(`${what.padEnd(40)} ${String(count).padStart(5)}  ${String(failing).padStart(5)}  ${hinted}`);
}

function writeSums(): void {
  const text = [
    '# Measured: the evidence for miners',
    '',
    `Made by \`npm run bench:miners -- --write\` on ${new Date().toISOString().slice(0, 10)}; Node ${process.version}, ${RULE_SET.counts.minerSigns} signs.`,
    'A finding fails an image unless it is a mere hint (confidence `low`).',
    '',
    '| miners | files | found | only hinted at |',
    '|---|---|---|---|',
    ...miners.map(({ what, count, failing, hinted }) => `| ${what} | ${count} | ${failing} | ${hinted} |`),
    '',
    '| no miners | files | failing | hinted at |',
    '|---|---|---|---|',
    ...others.map(({ what, count, failing, hinted }) => `| ${what} | ${count} | ${failing} | ${hinted} |`),
    '',
    'All miners are synthetic: files that hold the words and the shape of real ones, made by `test/support/synthetic-miners.ts`,',
    'and nothing in them mines. Texts about miners lie in `testdata/miner-rules`; root filesystems are made by',
    '`testdata/make-lookalike-tree.sh` and `testdata/make-clean-trees.sh`.',
    '',
  ];
  writeFileSync(new URL('../docs/measured/miners.md', import.meta.url), text.join('\n'));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
