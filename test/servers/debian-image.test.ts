import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { buildProgram, type Measured } from '../support/built-program.ts';
import { debianLayout, whyNoDebian } from '../support/debian-layout.ts';
import {
  type DockerRegistry,
  pushWithSkopeo,
  startDockerRegistry,
  whyNoDockerRegistry,
} from '../support/docker-registry.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';
import { runProgram } from '../support/programs.ts';
import { differences, readInspected, readUnpacked } from '../support/unpacked.ts';

const PEAK = 256 * 1024; // KiB of resident memory, at the most
const LEAST = 100_000_000; // bytes of layers, unpacked
const RUNS = 3; // what the collector of garbage leaves lying differs from run to run
const MINUTES = 60_000; // milliseconds

const reason = whyNoDockerRegistry() ?? whyNoDebian();
if (reason !== undefined) process.stderr.write(`skip: a real Debian image: ${reason}\n`);

describe.skipIf(reason !== undefined)('a real Debian image', { timeout: 3 * MINUTES }, () => {
  let folder = '';
  let layout = '';
  let unmade: string | undefined;
  let registry: DockerRegistry;
  let pratique: Awaited<ReturnType<typeof buildProgram>>;
  const name = () => `${registry.host}/acme/debian:1`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-debian-'));
    const made = await debianLayout(folder);
    if ('reason' in made) {
      unmade = made.reason;
      process.stderr.write(`skip: a real Debian image: ${unmade}\n`);
      return;
    }
    layout = `oci:${made.layout}:debian`;
    pratique = await buildProgram(join(folder, 'program'));
    registry = await startDockerRegistry();
    await pushWithSkopeo(layout, name());
  }, 10 * MINUTES);
  beforeEach(({ skip }) => skip(unmade !== undefined, unmade));
  afterAll(async () => {
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(['registry', 'layout'] as const)('in a %s is decided within 256 MB of memory', async (place) => {
    const runs: Measured[] = [];
    for (let i = 0; i < RUNS; i++)
      runs.push(
        await pratique(['check', place === 'registry' ? name() : layout, '-o', 'json', '--no-cache']),
      );
    const { verdict, findings, scanned } = read(runs[0]?.out);
    const peaks = runs.map(({ peak }) => peak);
    const seconds = runs.map((one) => one.seconds.toFixed(1));
    process.stdout.write(
      `measured: Debian from a ${place}: peak ${peaks.map((peak) => Math.round(peak / 1024)).join(', ')} MiB; ` +
        `${seconds.join(', ')} s; ${scanned.expandedBytes} bytes unpacked, ${scanned.contentBytes} searched, ` +
        `${scanned.files} files, ${findings} findings: ${verdict}\n`,
    );
    expect(['admitted', 'refused']).toContain(verdict);
    for (const { code } of runs) expect(code).toBe(verdict === 'admitted' ? 0 : 1);
    expect(scanned.expandedBytes).toBeGreaterThanOrEqual(LEAST);
    expect(scanned.files).toBeGreaterThan(1000);
    expect(Math.max(...peaks)).toBeLessThan(PEAK);
  });

  test.skipIf(process.getuid?.() !== 0)('has the files that umoci unpacks', async () => {
    const bundle = join(folder, 'bundle');
    await runProgram('umoci', ['unpack', '--image', layout.slice('oci:'.length), bundle]);
    const terminal = fakeTerminal(['inspect', name(), '--files', '-o', 'json'], { cwd: folder });
    expect(await run(terminal)).toBe(0);
    const [ours, theirs] = [readInspected(terminal.text().out), await readUnpacked(join(bundle, 'rootfs'))];
    expect(theirs.size).toBeGreaterThan(1000);
    expect(differences(ours, theirs).slice(0, 20)).toEqual([]);
  });
});

function read(json = '') {
  const { verdicts } = JSON.parse(json) as { verdicts: JsonVerdict[] };
  const [verdict] = verdicts;
  const [image] = verdict?.images ?? [];
  if (verdict === undefined || image === undefined) throw new Error(`there is no judged image in ${json}`);
  return { verdict: verdict.result, findings: verdict.counts.findings, scanned: image.scanned };
}

interface JsonVerdict {
  readonly result: string;
  readonly counts: { readonly findings: number };
  readonly images: readonly {
    readonly scanned: {
      readonly files: number;
      readonly expandedBytes: number;
      readonly contentBytes: number;
    };
  }[];
}
