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
}

/**
 * Builds the program as it is published, from the sources as they are now.
 * @param folder empty; gets `bin`, `dist` and what else the package has
 * @returns runs it there, measured
 */
export async function buildProgram(folder: string): Promise<(argv: readonly string[]) => Promise<Measured>> {
  await mkdir(folder, { recursive: true });
  for (const part of ['bin', 'schema', 'allowlists', 'package.json'])
    await cp(join(TOP, part), join(folder, part), { recursive: true });
  await symlink(join(TOP, 'node_modules'), join(folder, 'node_modules'));
  const compiler = join(TOP, 'node_modules/typescript/bin/tsc');
  const config = join(TOP, 'tsconfig.build.json');
  await runProgram(process.execPath, [compiler, '-p', config, '--outDir', join(folder, 'dist')]);
  return (argv) => measure(folder, argv);
}

async function measure(folder: string, argv: readonly string[]): Promise<Measured> {
  const file = join(folder, 'measured.json');
  const preload = `
    import { writeFileSync } from 'node:fs';
    process.on('exit', () => {
      const taken = { peak: process.resourceUsage().maxRSS, seconds: performance.now() / 1000 };
      writeFileSync(${JSON.stringify(file)}, JSON.stringify(taken));
    });`;
  const ended = await node([join(folder, 'bin/pratique.js'), ...argv], { cwd: folder, preload });
  const taken = JSON.parse(await readFile(file, 'utf8')) as Pick<Measured, 'peak' | 'seconds'>;
  return { ...ended, ...taken };
}
