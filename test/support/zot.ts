import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './docker-registry.ts';

/** zot, a registry of OCI 1.1 with the referrers API, on a loopback port with storage of its own. */
export interface Zot {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** ends it and removes its files */
  close(): Promise<void>;
}

const PATIENCE = 15_000; // milliseconds until it must answer; it takes some 300

/**
 * Where zot is: the environment's `ZOT`, else `zot` in PATH, in GOBIN or in Go's folder. Says on stderr that it is missing, because
 * its tests are then skipped.
 */
export function findZot(): string | undefined {
  const { ZOT: named, GOBIN, GOPATH = join(homedir(), 'go') } = process.env;
  const places = [named, 'zot', GOBIN && join(GOBIN, 'zot'), join(GOPATH, 'bin', 'zot')];
  const found = places.find((place) => place && spawnSync(place, ['--version']).status === 0);
  if (!found) process.stderr.write('skipped: no zot; set ZOT to its path\n');
  return found || undefined;
}

/** Starts it without authentication, extensions or garbage collection, and waits until it answers. */
export async function startZot(path: string): Promise<Zot> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-zot-'));
  const config = join(folder, 'config.json');
  const port = await freePort();
  await writeFile(
    config,
    JSON.stringify({
      distSpecVersion: '1.1.1',
      storage: { rootDirectory: join(folder, 'storage'), gc: false, dedupe: false },
      http: { address: '127.0.0.1', port: String(port) },
      log: { level: 'error' },
    }),
  );
  const child = spawn(path, ['serve', config], { cwd: folder, stdio: 'ignore' });
  const close = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answering(port, child);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { host: `127.0.0.1:${port}`, close };
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`zot ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('zot does not answer');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
