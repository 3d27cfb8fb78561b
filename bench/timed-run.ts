import { spawn } from 'node:child_process';

/** What one run of a program took, with its children. */
export interface Taken {
  readonly seconds: number;
  readonly cpu: number;
  /** MB of resident memory of the largest process */
  readonly peak: number;
  readonly out: string;
}

/**
 * Runs a program under GNU time, which counts what its children take as well.
 * @throws {Error} where it ends with anything but 0 or 1: it decided nothing
 */
export function timedRun(words: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Taken> {
  return new Promise((resolve, reject) => {
    const child = spawn('/usr/bin/time', ['-q', '-f', '%e %U %S %M', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const told = Buffer.concat(err).toString().trim().split('\n').at(-1) ?? '';
      const [seconds = NaN, user = NaN, system = NaN, peak = NaN] = told.split(' ').map(Number);
      if (code !== 0 && code !== 1) reject(new Error(`${words.join(' ')} ended with ${code}: ${told}`));
      else resolve({ seconds, cpu: user + system, peak: peak / 1000, out: Buffer.concat(out).toString() });
    });
  });
}

/** The middle one of several runs. */
export function median(taken: readonly Taken[] | undefined, what: 'seconds' | 'cpu' | 'peak'): number {
  const sorted = (taken ?? []).map((one) => one[what]).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
