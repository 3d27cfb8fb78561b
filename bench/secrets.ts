/**
 * Measures the content rules: recall and false alarms over labelled examples (not part of the repository), a
 * worst-case run of each pattern, and throughput over files of this machine.
 * Run: `node bench/secrets.ts [examples.jsonl.gz] [folder…]`
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import { createDecodingScanner } from '../src/scan/base64/decoding-scanner.ts';
import { createContentScanner } from '../src/scan/content-scanner.ts';
import type { ContentScanner, Hit } from '../src/scan/rule.ts';
import { RULE_SET } from '../src/scan/rule-set.ts';

interface Example {
  readonly rule: string;
  readonly provider: string;
  readonly text: string;
  readonly expect: 'hit' | 'clean';
}

interface Tally {
  hits: number;
  found: number;
  clean: number;
  flagged: number;
}

/** of CPU for 1 MB of the worst text, for any rule */
const MOST_MILLISECONDS = 100;
const MOST_FILE_BYTES = 256 * 1024 * 1024;
const scanner = createDecodingScanner(createContentScanner(undefined, DEFAULT_LIMITS), DEFAULT_LIMITS);
const [, , examplesPath = '../shared/data/secret-examples.jsonl.gz', ...folders] = process.argv;

if (existsSync(examplesPath)) measureExamples(readExamples(examplesPath));
else print(`no examples at ${examplesPath}: recall was not measured`);
measureWorstCases();
for (const folder of folders) measureFolder(folder);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readExamples(path: string): readonly Example[] {
  const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Example);
}

function scanText(target: ContentScanner, text: string, path: string): readonly Hit[] {
  target.begin({ path });
  target.write(Buffer.from(text));
  return target.end();
}

function measureExamples(examples: readonly Example[]): void {
  const byProvider = new Map<string, Tally>();
  const all: Tally = { hits: 0, found: 0, clean: 0, flagged: 0 };
  for (const { provider, text, expect } of examples) {
    const tally = byProvider.get(provider) ?? { hits: 0, found: 0, clean: 0, flagged: 0 };
    byProvider.set(provider, tally);
    const isHit = scanText(scanner, text, 'srv/app/settings.txt').some(({ check }) => check === 'secrets');
    for (const sum of [tally, all]) {
      if (expect === 'hit') sum.hits++;
      else sum.clean++;
      if (isHit && expect === 'hit') sum.found++;
      if (isHit && expect === 'clean') sum.flagged++;
    }
  }
  print('provider                    found        flagged though clean');
  for (const [provider, tally] of [...byProvider].sort((a, b) => b[1].hits - a[1].hits))
    print(row(provider, tally));
  print(row('all', all));
  const touched: Tally = { hits: 0, found: 0, clean: 0, flagged: 0 };
  for (const tally of byProvider.values()) {
    if (tally.found === 0) continue;
    for (const key of ['hits', 'found', 'clean', 'flagged'] as const) touched[key] += tally[key];
  }
  print(row('providers with any found', touched));
}

function row(name: string, { hits, found, clean, flagged }: Tally): string {
  const share = (part: number, whole: number) =>
    whole === 0 ? '' : ` ${((100 * part) / whole).toFixed(0)} %`;
  const recall = `${found}/${hits}${share(found, hits)}`;
  return `${name.padEnd(26)}  ${recall.padEnd(12)} ${flagged}/${clean}${share(flagged, clean)}`;
}

/** Texts made to be slow: each keyword of each rule again and again, with what its pattern likes between. */
function measureWorstCases(): void {
  const fillers = ['', 'a', 'A1', '0', ' ', '-', '.', '{"', 'a:', '=', '/', 'eyJ', 'aB3_', ';a=', '@', '\n'];
  const slow: { rule: string; unit: string; filler: string; cost: number }[] = [];
  for (const rule of RULE_SET.secrets) {
    for (const filler of fillers) {
      for (const gap of [1, 20, 200]) {
        const unit = `${rule.keywords[0] ?? ''}${filler.repeat(gap)}`;
        const cost = costOf(unit, 64 * 1024);
        slow.push({ rule: rule.id, unit, filler: `${JSON.stringify(filler)} × ${gap}`, cost });
      }
    }
  }
  slow.sort((a, b) => b.cost - a.cost);
  const sure = slow
    .slice(0, 50)
    .map((one) => ({ ...one, cost: Math.min(...[1, 2, 3].map(() => costOf(one.unit, 1e6))) }))
    .sort((a, b) => b.cost - a.cost);
  const over = new Set(sure.filter(({ cost }) => cost > MOST_MILLISECONDS).map(({ rule }) => rule));
  print(
    `\nworst cases: ${over.size} of ${RULE_SET.secrets.length} rules over ${MOST_MILLISECONDS} ms of CPU for 1 MB`,
  );
  for (const { rule, filler, cost } of sure.slice(0, 10))
    print(`  ${cost.toFixed(0)} ms  ${rule}  ${filler}`);
}

/** Milliseconds of CPU for 1 MB, whatever else the machine is doing. */
function costOf(unit: string, size: number): number {
  const text = unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
  const before = process.threadCpuUsage();
  scanText(scanner, text, '.env');
  const { user, system } = process.threadCpuUsage(before);
  return ((user + system) / 1000) * (1e6 / size);
}

function measureFolder(folder: string): void {
  const byRule = new Map<string, string[]>();
  let bytes = 0;
  let files = 0;
  let seconds = 0;
  for (const path of filesUnder(folder)) {
    const content = readFileSync(path);
    const began = process.hrtime.bigint();
    scanner.begin({ path: path.slice(1) });
    scanner.write(content);
    const hits = scanner.end();
    seconds += Number(process.hrtime.bigint() - began) / 1e9;
    bytes += content.length;
    files++;
    for (const { rule, confidence } of hits) {
      const key = `${rule} (${confidence})`;
      byRule.set(key, [...(byRule.get(key) ?? []), path]);
    }
  }
  const rate = bytes / 1e6 / seconds;
  print(`\n${folder}: ${files} files, ${(bytes / 1e6).toFixed(0)} MB, ${rate.toFixed(0)} MB/s`);
  for (const [rule, paths] of [...byRule].sort((a, b) => b[1].length - a[1].length)) {
    print(`  ${String(paths.length).padStart(5)}  ${rule}  ${[...new Set(paths)].slice(0, 4).join(' ')}`);
  }
}

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile() && statSync(path).size <= MOST_FILE_BYTES) yield path;
  }
}
