import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listFolder } from './listing.ts';
import type { Seen } from './outcomes.ts';

/** Milliseconds for one program and one case. */
const PATIENCE = 10_000;
const IMAGE = 'registry.test/hostile:case';
const PLATFORM = 'linux/amd64';

type Run = { readonly state: 'accept' | 'reject' | 'timeout'; readonly text: string };

function run(program: string, args: readonly string[], cwd = '/'): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { cwd, timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const state = error === null ? 'accept' : error.killed === true ? 'timeout' : 'reject';
        resolve({ state, text: `${stdout}${stderr}` });
      },
    );
  });
}

type Ctr = (...args: readonly string[]) => Promise<Run>;

/** A containerd of our own, in a folder of its own. */
export class Containerd {
  private readonly folder: string;
  private readonly process: ChildProcess;

  constructor(folder: string, { pigz }: { readonly pigz: boolean }) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    writeFileSync(join(folder, 'config.toml'), this.config());
    const env = { ...process.env, ...(pigz ? {} : { CONTAINERD_DISABLE_PIGZ: '1' }) };
    this.process = spawn('containerd', ['-c', join(folder, 'config.toml')], { env, stdio: 'ignore' });
  }

  async start(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await this.ctr('measure', 'version')).state === 'accept') return;
      await sleep(100);
    }
    throw new Error('containerd does not answer');
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill();
    await gone;
  }

  /**
   * Imports an image, unpacks it for one node, and lists what a container would see.
   * @param archive a tar of the layout
   * @param namespace one that was never used: nothing of another case is seen
   */
  async see(archive: string, namespace: string, snapshotter: 'overlayfs' | 'native'): Promise<Seen> {
    const ctr: Ctr = (...args) => this.ctr(namespace, ...args);
    const imported = await ctr(
      'images',
      'import',
      '--snapshotter',
      snapshotter,
      '--platform',
      PLATFORM,
      archive,
    );
    if (imported.state !== 'accept') return imported.state;
    if ((await ctr('images', 'ls', '-q')).text.split('\n').every((name) => name !== IMAGE)) return 'reject';
    return snapshotter === 'overlayfs' ? this.listOverlay(ctr, namespace) : this.listNative(ctr);
  }

  private async listOverlay(ctr: Ctr, namespace: string): Promise<Seen> {
    const target = join(this.folder, `mount-${namespace}`);
    mkdirSync(target);
    const { state } = await ctr('images', 'mount', '--platform', PLATFORM, IMAGE, target);
    if (state !== 'accept') return state;
    try {
      return listFolder(target);
    } finally {
      await run('umount', [target]);
    }
  }

  // Mounts of this snapshotter are plain folders, which can be looked at where they are.
  private async listNative(ctr: Ctr): Promise<Seen> {
    const snapshots = (...args: readonly string[]) => ctr('snapshots', '--snapshotter', 'native', ...args);
    const rows = (await snapshots('ls')).text.split('\n').map((line) => line.split(/\s+/));
    const parents = new Set(rows.filter(({ length }) => length > 3).map((row) => row[1]));
    const top = rows.map(([key = '']) => key).find((key) => key.startsWith('sha256:') && !parents.has(key));
    if (top === undefined) return [];
    // Unlike a view, what is prepared is never collected as garbage.
    const prepared = await snapshots('prepare', 'seen', top);
    const { text } = await snapshots('mounts', '/nowhere', 'seen');
    const folder = /^mount -t bind (\S+) \/nowhere/.exec(text)?.[1];
    if (folder === undefined) throw new Error(`a snapshot cannot be looked at: ${prepared.text}${text}`);
    return listFolder(folder);
  }

  private ctr(namespace: string, ...args: readonly string[]): Promise<Run> {
    return run('ctr', ['-a', join(this.folder, 'c.sock'), '-n', namespace, ...args]);
  }

  private config(): string {
    const at = (name: string) => JSON.stringify(join(this.folder, name));
    return [
      'version = 2',
      `root = ${at('root')}`,
      `state = ${at('state')}`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]',
      `[grpc]\naddress = ${at('c.sock')}`,
      `[ttrpc]\naddress = ${at('t.sock')}`,
      '[plugins."io.containerd.gc.v1.scheduler"]\nmutation_threshold = 1000000000',
      '[plugins."io.containerd.metadata.v1.bolt"]\ncontent_sharing_policy = "isolated"',
    ].join('\n');
  }
}

/** @param work an empty folder */
export async function seeWithUmoci(layout: string, work: string): Promise<Seen> {
  const bundle = join(work, 'bundle');
  const { state } = await run('umoci', ['unpack', '--image', `${layout}:case`, bundle]);
  const seen = state === 'accept' ? listFolder(join(bundle, 'rootfs')) : state;
  rmSync(bundle, { recursive: true, force: true });
  return seen;
}

/** @returns the digest of the manifest that skopeo chose, 8 hex digits, or the state */
export async function seeWithSkopeo(layout: string, work: string): Promise<string> {
  const copy = join(work, 'copy');
  const { state } = await run('skopeo', ['--insecure-policy', 'copy', `oci:${layout}:case`, `dir:${copy}`]);
  if (state !== 'accept') return state;
  const digest = createHash('sha256')
    .update(readFileSync(join(copy, 'manifest.json')))
    .digest('hex');
  rmSync(copy, { recursive: true, force: true });
  return digest.slice(0, 8);
}

/** Lists one tar as Go does. @param program what `buildGo` made */
export function seeWithGo(program: string, tar: string): readonly string[] | 'reject' {
  const lines = JSON.parse(execFileSync(program, { input: `${tar}\n`, timeout: PATIENCE }).toString()) as
    | string[]
    | null;
  return lines ?? 'reject';
}

/** Builds the reader in Go. @returns the program */
export function buildGo(folder: string): string {
  const program = join(folder, 'list-tar');
  const source = join(import.meta.dirname, 'list-tar.go');
  execFileSync('go', ['build', '-o', program, source], { env: { ...process.env, GO111MODULE: 'off' } });
  return program;
}

/** The first line that a program says of its version. */
export async function versionOf(program: string, ...args: readonly string[]): Promise<string> {
  return (await run(program, args)).text.split('\n')[0]?.trim() ?? '';
}
