import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { type Ended, pratique } from '../support/child.ts';
import { writeOciLayout } from '../support/image-files.ts';

/** Processes that run at once; every other one is killed on its way. */
const MANY = 16;

let base = '';
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'pratique-test-'));
  const layers = await Promise.all(
    ['a', 'b', 'c'].map((name) => {
      const lines = Array.from({ length: 30_000 }, (_, at) =>
        createHash('sha256').update(`${name} ${at}`).digest('hex'),
      );
      return buildLayer([{ path: `srv/${name}`, content: lines.join('\n') }]);
    }),
  );
  await writeOciLayout(join(base, 'layout'), [{ built: buildImage({ layers, config: { User: '1000' } }) }]);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const check = (...more: readonly string[]) => ['check', 'oci:layout', '-o', 'json', ...more];
const verdictOf = ({ out }: Ended) =>
  out.replace(/"(?:startedAt|at)": "[^"]*"/g, '').replace(/"notes": \[[^\]]*\]/g, '');

/** Kills a process some milliseconds after one of them all has begun to write. */
async function killAt(child: ChildProcess, afterwards: number): Promise<void> {
  while (!existsSync(join(base, '.cache/pratique/layers')) && child.exitCode === null) await sleep(10);
  await sleep(afterwards);
  child.kill('SIGKILL');
}

test('sixteen processes with one cache say the same, of which half are killed, and leave a cache that holds', {
  timeout: 300_000,
}, async () => {
  const alone = await pratique(check('--no-cache'), { cwd: base });
  const all = await Promise.all(
    Array.from({ length: MANY }, (_, at) =>
      pratique(check(), {
        cwd: base,
        meanwhile: (child) => at % 2 === 1 && killAt(child, at * 40),
      }),
    ),
  );
  const ended = all.filter(({ code }) => code !== null);
  expect(ended.length).toBeGreaterThanOrEqual(MANY / 2);
  expect(new Set(ended.map(verdictOf))).toEqual(new Set([verdictOf(alone)]));
  expect(all.map(({ out }) => out).join('')).not.toContain('was removed and its layer read again');
  const last = await pratique(check(), { cwd: base });
  expect(last.out).toContain('3 of 3 layers of linux/amd64 were read by an earlier run');
  expect(verdictOf(last)).toBe(verdictOf(alone));
  const kept = readdirSync(join(base, '.cache/pratique/layers')).filter((name) => !name.startsWith('.'));
  expect(kept).toHaveLength(3);
});
