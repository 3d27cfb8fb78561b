/**
 * Measures the content rules: recall and false alarms over labelled examples (not part of the repository), a
 * worst-case run of each pattern, and throughput over files of this machine. All times are those of the processor.
 * Run: `npm run bench:secrets -- [--write] [examples.jsonl.gz] [NAME=FOLDER…]`; `--write` puts the sums into
 * docs/measured/secrets.md, where a folder goes by its name. It ends with 1 where a rule is slower than it may be.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import { createDecodingScanner } from '../src/scan/base64/decoding-scanner.ts';
import { createContentScanner } from '../src/scan/content-scanner.ts';
import type { ContentScanner, Hit } from '../src/scan/rule.ts';
import { RULE_SET } from '../src/scan/rule-set.ts';
import { measureExamples, type Tally } from './labelled-examples.ts';
import { type WorstText, worstTextsOf, writeOut } from './worst-texts.ts';

/** of CPU for 1 MB of the worst text, for any rule */
const MOST_MILLISECONDS = 100;
const MOST_FILE_BYTES = 256 * 1024 * 1024;
const BATCH_BYTES = 16 * 1024 * 1024;
const scanner = createDecodingScanner(createContentScanner(undefined, DEFAULT_LIMITS), DEFAULT_LIMITS);
const words = process.argv.slice(2).filter((word) => word !== '--write');
const [examplesPath = '../shared/data/secret-examples.jsonl.gz', ...folders] = words;
/** rows of the table that is written */
const sums: (readonly [what: string, figure: string, wanted: string])[] = [
  ['kinds of secrets', `${RULE_SET.counts.secrets}`, '≥ 250'],
];

if (existsSync(examplesPath)) printExamples(examplesPath);
else print(`no examples at ${examplesPath}: recall was not measured`);
measureWorstCases();
for (const folder of folders) measureFolder(folder);
if (process.argv.includes('--write')) writeSums();

function writeSums(): void {
  const folder = new URL('../docs/measured/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const [{ model } = { model: 'unknown processor' }] = cpus();
  const text = [
    '# Measured: the rules for secrets',
    '',
    `Made by \`npm run bench:secrets -- --write\` on ${new Date().toISOString().slice(0, 10)}; ${model}, one core, Node ${process.version}.`,
    'Times are those of the processor. Rates are of the content checks alone, base64 included: contents in memory, nothing read or unpacked.',
    '',
    '| what | figure | wanted |',
    '|---|---|---|',
    ...sums.map((row) => `| ${row.join(' | ')} |`),
    '',
    'The examples are labelled texts that are not part of this repository. Each was made for one rule of another tool, and is a',
    'hit or clean for that rule: hosts, names of users, ids and public values are hits of rules that look for such, and the same',
    'token is clean for one rule and a hit for its neighbour. So there are two figures more: over the hits but those of the rules',
    'in `bench/rules-without-secrets.json`, which says of each why its hits are no secrets; and over the clean texts but those',
    'that stand as a hit in another row, or in which nothing but values of such were found.',
    '',
    'The worst text of a rule or sign is the costliest of 48 for each: its keyword again and again, with one of 16 fillers between,',
    '1, 20 or 200 times; and for a rule of 6 more: its example again and again, whole or cut short. All rules read each of them.',
    '',
  ];
  writeFileSync(new URL('secrets.md', folder), text.join('\n'));
}

function share(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1)} % (${part} of ${whole})`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function scanText(target: ContentScanner, text: string, path: string): readonly Hit[] {
  target.begin({ path });
  target.write(Buffer.from(text));
  return target.end();
}

function printExamples(path: string): void {
  const { byProvider, all, touched, sound } = measureExamples(path, (text) =>
    scanText(scanner, text, 'srv/app/settings.txt').filter(({ check }) => check === 'secrets'),
  );
  print('provider                    found        flagged though clean');
  for (const [provider, tally] of [...byProvider].sort((a, b) => b[1].hits - a[1].hits))
    print(row(provider, tally));
  print(row('all', all));
  print(row('providers with any found', touched));
  print(row('rows that are sound', sound));
  sums.push(
    ['examples found', share(all.found, all.hits), '≥ 90 %'],
    ['examples found, of providers that have a rule', share(touched.found, touched.hits), '≥ 95 %'],
    ['clean examples flagged', share(all.flagged, all.clean), '≤ 3 %'],
    ['examples found, of those that hold a secret at all', share(sound.found, sound.hits), '≥ 90 %'],
    [
      'clean examples flagged, of those that no other calls a hit',
      share(sound.flagged, sound.clean),
      '≤ 3 %',
    ],
  );
}

function row(name: string, { hits, found, clean, flagged }: Tally): string {
  const percent = (part: number, whole: number) =>
    whole === 0 ? '' : ` ${((100 * part) / whole).toFixed(0)} %`;
  const recall = `${found}/${hits}${percent(found, hits)}`;
  return `${name.padEnd(26)}  ${recall.padEnd(12)} ${flagged}/${clean}${percent(flagged, clean)}`;
}

interface Measured {
  readonly text: WorstText;
  /** ms of CPU for 1 MB */
  readonly cost: number;
}

/** A little of each; more of the costliest; of some rounds, as what else the machine does must not count. */
function measureWorstCases(): void {
  const rough = measureTexts(worstTextsOf(RULE_SET), 8 * 1024, 2);
  const slow = measureTexts(textsOf(rough.slice(0, 2000)), 32 * 1024, 2);
  const sure = measureTexts(textsOf(slow.slice(0, 100)), 1e6, 3);
  const over = sure.filter(({ cost }) => cost > MOST_MILLISECONDS);
  const count = (of: WorstText['of']) =>
    new Set(over.filter(({ text }) => text.of === of).map(({ text }) => text.rule)).size;
  const { secrets, minerSigns } = RULE_SET;
  sums.push(
    [
      `rules that take more than ${MOST_MILLISECONDS} ms for 1 MB of their worst text`,
      `${count('secret')} of ${secrets.length}`,
      '0',
    ],
    [
      `signs of miners that take more than ${MOST_MILLISECONDS} ms for 1 MB of their worst text`,
      `${count('sign')} of ${minerSigns.length}`,
      '0',
    ],
    ['the costliest of them, 1 MB', `${(sure[0]?.cost ?? 0).toFixed(0)} ms`, '≤ 100 ms'],
  );
  print(
    `\nworst cases: ${count('secret')} rules of ${secrets.length} and ${count('sign')} signs of ${minerSigns.length} over ${MOST_MILLISECONDS} ms of CPU for 1 MB`,
  );
  for (const { text, cost } of sure.slice(0, 10)) print(`  ${cost.toFixed(0)} ms  ${text.rule}  ${text.how}`);
  if (over.length > 0) process.exitCode = 1;
}

/** The costliest first; of some rounds the least counts. */
function measureTexts(texts: readonly WorstText[], size: number, rounds: number): readonly Measured[] {
  const costs = texts.map((text) => ({
    text,
    cost: Math.min(...Array.from({ length: rounds }, () => costOf(text, size))),
  }));
  return costs.sort((a, b) => b.cost - a.cost);
}

function textsOf(measured: readonly Measured[]): readonly WorstText[] {
  return measured.map(({ text }) => text);
}

/**
 * Milliseconds of CPU for 1 MB, whatever else the machine is doing. Of the process, collecting garbage included: that of a
 * thread alone is told in ticks of 4 ms by some systems, as much as a small text takes.
 */
function costOf(text: WorstText, size: number): number {
  const bytes = writeOut(text, size);
  const before = process.cpuUsage();
  scanner.begin({ path: '.env' });
  scanner.write(bytes);
  scanner.end();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1000) * (1e6 / size);
}

function measureFolder(word: string): void {
  const [, name = undefined, folder = word] = /^(?:([\w ,.-]+)=)?(.+)$/.exec(word) ?? [];
  const byRule = new Map<string, string[]>();
  let bytes = 0;
  let files = 0;
  let seconds = 0;
  for (const batch of batchesUnder(folder)) {
    const before = process.cpuUsage();
    for (const { path, content } of batch) {
      scanner.begin({ path: path.slice(1) });
      scanner.write(content);
      for (const { rule, confidence } of scanner.end()) {
        const key = `${rule} (${confidence})`;
        byRule.set(key, [...(byRule.get(key) ?? []), path]);
      }
    }
    const { user, system } = process.cpuUsage(before);
    seconds += (user + system) / 1e6;
    bytes += batch.reduce((sum, { content }) => sum + content.length, 0);
    files += batch.length;
  }
  const rate = bytes / 1e6 / seconds;
  print(`\n${folder}: ${files} files, ${(bytes / 1e6).toFixed(0)} MB, ${rate.toFixed(0)} MB/s`);
  const size = `${(bytes / 1e6).toFixed(0)} MB in ${files} files`;
  sums.push([`${name ?? basename(folder)}, ${size}`, `${rate.toFixed(0)} MB/s`, '≥ 100 MB/s']);
  for (const [rule, paths] of [...byRule].sort((a, b) => b[1].length - a[1].length)) {
    print(`  ${String(paths.length).padStart(5)}  ${rule}  ${[...new Set(paths)].slice(0, 4).join(' ')}`);
  }
}

interface ReadFile {
  readonly path: string;
  readonly content: Buffer;
}

/** Files that are read together: to ask for the time takes longer than to scan a small one. */
function* batchesUnder(folder: string): Generator<readonly ReadFile[]> {
  let batch: ReadFile[] = [];
  let size = 0;
  for (const path of filesUnder(folder)) {
    const content = readFileSync(path);
    batch.push({ path, content });
    size += content.length;
    if (size < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    size = 0;
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
