import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ended, node } from './child.ts';
import { runProgram } from './programs.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));

/** How a run of the program ended, and what it took of the machine. */
export interface Measured extends Ended {
  /** KiB of resident memory at the most */
  readonly peak: number;
  readonly seconds: number;
  /** seconds of processor time: what it would take, at the most, on a machine with nothing else to do */
  readonly cpuSeconds: number;
}

/**
 * Builds the program as it is published, from the sources as they are now.
 * @param folder empty; gets `bin`, `program` and what else the command line has
 * @returns runs it there, measured
 */
export async function buildProgram(folder: string): Promise<(argv: readonly string[]) => Promise<Measured>> {
  await mkdir(folder, { recursive: true });
  for (const part of ['bin', 'schema', 'allowlists', 'trust-roots', 'package.json'])
    await cp(join(TOP, part), join(folder, part), { recursive: true });
  await symlink(join(TOP, 'node_modules'), join(folder, 'node_modules'));
  await runProgram(process.execPath, [join(TOP, '.ci/build-program.js'), '--into', folder]);
  return (argv) => measure(folder, argv);
}

async function measure(folder: string, argv: readonly string[]): Promise<Measured> {
  const file = join(folder, 'measured.json');
  const preload = `
    import { existsSync, readFileSync, writeFileSync } from 'node:fs';
    // Linux counts the memory of who started a program among its own, unless it is asked here.
    const status = () => (existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '');
    process.on('exit', () => {
      const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
      const peak = Number(/VmHWM:\\s*(\\d+) kB/.exec(status())?.[1] ?? maxRSS);
      const taken = { peak, seconds: performance.now() / 1000, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 };
      writeFileSync(${JSON.stringify(file)}, JSON.stringify(taken));
    });`;
  const ended = await node([join(folder, 'bin/pratique.js'), ...argv], { cwd: folder, preload });
  const taken = JSON.parse(await readFile(file, 'utf8')) as Omit<Measured, keyof Ended>;
  return { ...ended, ...taken };
}
