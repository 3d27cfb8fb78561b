/**
 * Judges images in which nothing is leaked (see `testdata/make-clean-trees.sh`) and tells what would fail the gate, what is
 * demoted, and whether all of it is named. Where NAME.rootfs lies beside a layout NAME, the bytes that were read are held
 * against those that are there.
 * Run: `node bench/clean-trees.ts LAYOUT…`, or `npm run bench:clean-trees -- LAYOUT…`. Ends with 1 where the gate fails.
 */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createGate } from '../src/gate.ts';
import type { Finding } from '../src/model/finding.ts';
import { parseTarget } from '../src/model/target.ts';
import type { ScanCounts, Verdict } from '../src/model/verdict.ts';
import { defaultPolicy } from '../src/policy/default-policy.ts';
import { weightOf } from '../src/report/tally.ts';

const PATHS_SHOWN = 3;
const layouts = process.argv.slice(2).filter((argument) => argument !== '-v');
const pathsShown = process.argv.includes('-v') ? Number.POSITIVE_INFINITY : PATHS_SHOWN;

for (const layout of layouts) {
  const gate = createGate({ policy: defaultPolicy(), env: {} });
  const began = process.hrtime.bigint();
  const verdict = await gate.check(parseTarget(`oci:${layout}`));
  report(layout, verdict, Number(process.hrtime.bigint() - began) / 1e9);
}

function report(layout: string, verdict: Verdict, seconds: number): void {
  const [image] = verdict.images;
  const counts = image?.scanned;
  print(`\n${layout}: ${verdict.result}`);
  for (const fault of verdict.faults) print(`  ${fault.message}`);
  if (image === undefined || counts === undefined) {
    process.exitCode = 1;
    return;
  }
  printCounts(counts, join(`${layout}.rootfs`), seconds);
  const found = image.ruled
    .filter(({ outcome }) => outcome.check === 'secrets' || outcome.check === 'miners')
    .flatMap(({ findings }) => findings);
  const of = (weight: string) =>
    found.filter((one) => weightOf(one) === weight).map(({ finding }) => finding);
  const demoted = of('demoted');
  if (of('enforced').length > 0) process.exitCode = 1;
  for (const weight of ['enforced', 'warned', 'demoted']) printFindings(weight, of(weight));
  const named = demoted.filter((finding) => finding.package?.name !== undefined).length;
  if (demoted.length > 0) print(`  demoted findings that name their package: ${named} of ${demoted.length}`);
  const unvouched = of('warned').filter((finding) => finding.package === undefined).length;
  print(`  warned about without a package: ${unvouched}`);
}

function printCounts({ files, contentBytes }: ScanCounts, rootfs: string, seconds: number): void {
  const rate = contentBytes / 1e6 / seconds;
  print(
    `  ${files} files, ${contentBytes} bytes of contents in ${seconds.toFixed(1)} s, ${rate.toFixed(0)} MB/s in all`,
  );
  if (!existsSync(rootfs)) return;
  const there = sizeOf(rootfs, new Set());
  print(`  there are ${there.files} files and ${there.bytes} bytes in ${rootfs}`);
}

function sizeOf(folder: string, seen: Set<number>): { files: number; bytes: number } {
  const sum = { files: 0, bytes: 0 };
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const info = lstatSync(path);
    const part = info.isDirectory()
      ? sizeOf(path, seen)
      : { files: Number(info.isFile() && !seen.has(info.ino)), bytes: seen.has(info.ino) ? 0 : info.size };
    if (info.isFile()) seen.add(info.ino);
    sum.files += part.files;
    if (info.isDirectory() || info.isFile()) sum.bytes += part.bytes;
  }
  return sum;
}

function printFindings(weight: string, findings: readonly Finding[]): void {
  print(`  ${weight}: ${findings.length}`);
  const byRule = Map.groupBy(findings, ({ rule, confidence }) => `${rule} (${confidence})`);
  for (const [rule, same] of [...byRule].sort((a, b) => b[1].length - a[1].length)) {
    const places = new Set(same.map(placeOf));
    print(`    ${String(same.length).padStart(5)}  ${rule}  ${[...places].slice(0, pathsShown).join('  ')}`);
  }
}

function placeOf({ where, package: owner }: Finding): string {
  const place = where.path ?? where.field ?? '';
  return owner === undefined ? place : `${place} [${owner.manager}:${owner.name}, ${owner.by}]`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
