import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostileCase } from './case.ts';
import { allCases } from './cases.ts';
import { buildGo, Containerd, seeWithGo, seeWithSkopeo, seeWithUmoci, versionOf } from './oracles.ts';
import { nameOfBytes, type Outcome, outcomesText, readOutcomes } from './outcomes.ts';

/*
 * Asks real programs what becomes of every hostile case, and writes `outcomes.json`. Needs root, Linux, containerd,
 * umoci, skopeo, unpigz and Go. Everything happens in a tmpfs of its own, so that no case can fill a disk.
 * Run: node testdata/hostile/measure.ts [words…]; the cases whose name holds one are asked, without those
 * that were never asked.
 */

const TMPFS_BYTES = 3 * 2 ** 30;
const FILE = join(import.meta.dirname, 'outcomes.json');
/** Cases at a time. */
const WORKERS = 4;

class Measuring {
  private readonly folder: string;
  private readonly plain: Containerd;
  private readonly pigz: Containerd;
  private readonly go: string;
  private count = 0;

  constructor(folder: string) {
    this.folder = folder;
    this.plain = new Containerd(join(folder, 'plain'), { pigz: false });
    this.pigz = new Containerd(join(folder, 'pigz'), { pigz: true });
    this.go = buildGo(folder);
  }

  async start(): Promise<void> {
    await Promise.all([this.plain.start(), this.pigz.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.plain.stop(), this.pigz.stop()]);
  }

  async measure(one: HostileCase): Promise<Outcome> {
    this.count += 1;
    const space = `case${this.count}`;
    const work = join(this.folder, space);
    const layout = join(work, 'layout');
    const files = one.files();
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(layout, path)), { recursive: true });
      writeFileSync(join(layout, path), bytes);
    }
    const archive = join(work, 'layout.tar');
    execFileSync('tar', ['-C', layout, '-cf', archive, '.']);
    const isPacked = one.group === 'compression';
    const outcome = {
      ...(isPacked ? {} : { bytes: nameOfBytes(files) }),
      overlayfs: await this.plain.see(archive, `${space}o`, 'overlayfs'),
      native: await this.plain.see(archive, `${space}n`, 'native'),
      ...(isPacked ? { pigz: await this.pigz.see(archive, `${space}p`, 'overlayfs') } : {}),
      umoci: await seeWithUmoci(layout, work),
      skopeo: await seeWithSkopeo(layout, work),
      ...(one.group === 'tar' ? { go: this.goOf(files, layout) } : {}),
    };
    rmSync(work, { recursive: true, force: true });
    return outcome;
  }

  // The only blob that is no JSON is the tar.
  private goOf(files: ReadonlyMap<string, Uint8Array>, layout: string): readonly string[] | 'reject' {
    const blob =
      [...files].find(([path, bytes]) => path.startsWith('blobs/') && bytes[0] !== 0x7b)?.[0] ?? '';
    return seeWithGo(this.go, join(layout, blob));
  }
}

async function versions(): Promise<Record<string, string>> {
  return {
    measured: new Date().toISOString().slice(0, 10),
    containerd: await versionOf('containerd', '--version'),
    umoci: await versionOf('umoci', '--version'),
    skopeo: await versionOf('skopeo', '--version'),
    pigz: await versionOf('unpigz', '--version'),
    go: await versionOf('go', 'version'),
    kernel: await versionOf('uname', '-r'),
  };
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
}

function readKnown(): ReadonlyMap<string, Outcome> {
  return existsSync(FILE) ? readOutcomes().cases : new Map();
}

async function main(words: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${TMPFS_BYTES}`, 'tmpfs', folder]);
  const measuring = new Measuring(folder);
  try {
    await measuring.start();
    const known = readKnown();
    const cases = allCases();
    const asked = [...cases].filter(([name]) =>
      words.length === 0 ? !known.has(name) : words.some((word) => name.includes(word)),
    );
    const measured = new Map<string, Outcome>();
    await inParallel(asked, async ([name, one]) => {
      measured.set(
        name,
        await measuring.measure(one).catch((cause: unknown) => {
          throw new Error(name, { cause });
        }),
      );
      console.log(name);
    });
    const all = [...readKnown(), ...measured].filter(([name]) => cases.has(name));
    const sorted = new Map([...new Map(all)].sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(FILE, outcomesText(await versions(), sorted));
  } finally {
    await measuring.stop();
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(process.argv.slice(2));
