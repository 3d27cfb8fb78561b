/**
 * Whether a full check has become much slower than reading its layers: a small image, of Node itself and of some of the packages
 * that are installed here, is checked beside `bench/floor.ts`, in turns. Ratios of processor time are compared, as other
 * programs on the machine change times. Ends with 1 where the check takes more than it may. Needs GNU tar, gzip and time. Run:
 * `npm run bench:smoke`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { makeLayout } from './layout.ts';
import { median, type Taken, timedRun } from './timed-run.ts';

/** What a check takes at the most, as a multiple of unpacking and hashing the same layers. */
const MOST = 6;
const RUNS = 3;
/** As an image of a Node application may have them: sources, type declarations, a program in WebAssembly. */
const PACKAGES = [
  'typescript',
  'assemblyscript',
  'binaryen',
  'zod',
  'ajv',
  'yargs',
  'undici',
  'vitest',
  'fast-check',
];

const top = new URL('..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'pratique-smoke-'));
try {
  const there = PACKAGES.filter((name) => existsSync(join(top, 'node_modules', name)));
  tar('packages', join(top, 'node_modules'), there);
  tar('node', dirname(process.execPath), [basename(process.execPath)]);
  await makeLayout(folder, 'image', ['node', 'packages'], 'gzip');
  process.exitCode = (await isQuick(join(folder, 'image'))) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function tar(name: string, from: string, what: readonly string[]): void {
  execFileSync('tar', ['-C', from, '-cf', join(folder, `${name}.tar`), ...what]);
}

async function isQuick(layout: string): Promise<boolean> {
  const program = join(top, 'bin/pratique.js');
  const check = [process.execPath, program, 'check', `oci:${layout}`, '-o', 'json', '--no-cache'];
  const floor = [process.execPath, join(top, 'bench/floor.ts'), layout, '2'];
  const [checks, floors]: [Taken[], Taken[]] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    checks.push(await timedRun(check));
    floors.push(await timedRun(floor));
  }
  const ratio = median(checks, 'cpu') / median(floors, 'cpu');
  const peak = median(checks, 'peak').toFixed(0);
  process.stdout.write(
    `a full check takes ${ratio.toFixed(2)} times the processor time of reading its layers (${MOST} at the most), ` +
      `${median(checks, 'cpu').toFixed(2)} s, ${peak} MB\n`,
  );
  return ratio <= MOST;
}
