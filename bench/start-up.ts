// How long pratique takes before it does anything, beside a bare Node: npm run bench:start-up [-- ROUNDS]
// Each round runs every command once, so that what else the machine does falls on all alike. Told are the median wall time, the CPU
// time of one run, and how much each is above the bare Node's.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUNDS = Number(process.argv[2] ?? 31);
const PROGRAM = fileURLToPath(new URL('../bin/pratique.js', import.meta.url));
const TICK = 10; // milliseconds, as Linux counts them

/** A repository as most are: a Dockerfile, a Compose file. With a policy, zod and a YAML reader are loaded too. */
function makeRepository(policy: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'pratique-bench-'));
  execFileSync('git', ['init', '-q'], { cwd: folder });
  writeFileSync(join(folder, 'Dockerfile'), 'FROM docker.io/library/node:22\n');
  writeFileSync(join(folder, 'compose.yaml'), 'services: { db: { image: docker.io/library/postgres:17 } }\n');
  if (policy !== undefined) writeFileSync(join(folder, 'pratique.yaml'), policy);
  execFileSync('git', ['add', '-A'], { cwd: folder });
  return folder;
}

/** CPU time of all children that have ended, in milliseconds. See proc_pid_stat(5), cutime and cstime. */
function childCpu(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * TICK;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const plain = makeRepository(undefined);
const ruled = makeRepository('version: 1\nsources: { allow: [docker.io/library/*] }\n');
const runs = [
  { name: 'node -e 0', argv: ['-e', '0'], cwd: plain },
  { name: 'pratique --version', argv: [PROGRAM, '--version'], cwd: plain },
  { name: 'pratique --help', argv: [PROGRAM, '--help'], cwd: plain },
  { name: 'pratique check --help', argv: [PROGRAM, 'check', '--help'], cwd: plain },
  { name: 'pratique refs, built-in policy', argv: [PROGRAM, 'refs'], cwd: plain },
  { name: 'pratique refs, a policy file', argv: [PROGRAM, 'refs'], cwd: ruled },
].map((run) => ({ ...run, wall: [] as number[], cpu: 0 }));

for (let round = 0; round < ROUNDS; round += 1) {
  for (const run of runs) {
    const [before, began] = [childCpu(), performance.now()];
    spawnSync(process.execPath, run.argv, { cwd: run.cwd });
    run.wall.push(performance.now() - began);
    run.cpu += childCpu() - before;
  }
}
for (const folder of [plain, ruled]) rmSync(folder, { recursive: true });

const bare = runs[0];
console.log(`Node ${process.versions.node}, ${ROUNDS} rounds, interleaved; milliseconds\n`);
console.log('| command | wall, median | above bare | least | CPU | above bare |\n|---|---|---|---|---|---|');
for (const { name, wall, cpu } of runs) {
  const above = (own: number, other: number) => Math.round(own - other);
  const told = [
    Math.round(median(wall)),
    above(median(wall), median(bare?.wall ?? [])),
    Math.round(Math.min(...wall)),
    Math.round(cpu / ROUNDS),
    above(cpu / ROUNDS, (bare?.cpu ?? 0) / ROUNDS),
  ];
  console.log(`| ${name} | ${told.join(' | ')} |`);
}
