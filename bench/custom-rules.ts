/**
 * Measures a file of a user's rules: how fast each reads files of this machine, keywords and all, and how fast its
 * pattern is where a keyword stands in every block.
 * Run: `node bench/custom-rules.ts RULES.yaml|RULES.toml FOLDER…`
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PratiqueError } from '../src/errors.ts';
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import type { CustomRule } from '../src/model/custom-rule.ts';
import { DISK_FILES } from '../src/policy/disk-files.ts';
import { collectFaults } from '../src/policy/faults.ts';
import { readRules } from '../src/policy/rules/read-rules.ts';
import { prepareCustomRules } from '../src/scan/custom/custom-rules.ts';
import { createCustomScanner } from '../src/scan/custom/custom-scanner.ts';

const MOST_BYTES = 64 * 1024 * 1024;
const [, , file = '', ...folders] = process.argv;
const faults = collectFaults();
const { rules, remarks } = await readRules(resolve(file), file, { files: DISK_FILES, faults });
faults.throwIfAny();
for (const remark of remarks) print(remark);

const contents = takeFiles(folders);
const bytes = contents.reduce((sum, content) => sum + content.length, 0);
print(`${rules.length} rules, ${contents.length} files, ${(bytes / 1e6).toFixed(1)} MB`);
print(`all together: ${rateOf(rules)}`);
const open = rules.map((rule) => ({ rule, seconds: secondsFor([{ ...rule, keywords: [] }]) }));
open.sort((a, b) => b.seconds - a.seconds);
print('slowest patterns, run over every byte:');
for (const { rule, seconds } of open.slice(0, 10))
  print(`  ${(bytes / 1e6 / seconds).toFixed(1)} MB/s  ${rule.id}`);

function rateOf(measured: readonly CustomRule[]): string {
  const seconds = secondsFor(measured);
  return `${seconds.toFixed(1)} s, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`;
}

function secondsFor(measured: readonly CustomRule[]): number {
  const scanner = createCustomScanner(prepareCustomRules(measured), DEFAULT_LIMITS);
  const began = performance.now();
  for (const content of contents) {
    scanner.begin({ path: 'srv/app/file' });
    try {
      scanner.write(content);
      scanner.end();
    } catch (thrown) {
      if (!(thrown instanceof PratiqueError)) throw thrown;
      print(thrown.message);
    }
  }
  return (performance.now() - began) / 1000;
}

function takeFiles(from: readonly string[]): readonly Buffer[] {
  const taken: Buffer[] = [];
  let size = 0;
  for (const path of from.flatMap((folder) => [...filesUnder(folder)])) {
    if (size > MOST_BYTES) break;
    const content = readFileSync(path);
    size += content.length;
    taken.push(content);
  }
  return taken;
}

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile() && statSync(path).size < MOST_BYTES) yield path;
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
