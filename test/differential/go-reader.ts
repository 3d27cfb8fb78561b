import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An entry as `reader.go` tells it. Bytes are base64; owners are the lowest 32 bits. */
export interface GoEntry {
  readonly Path: string;
  readonly Link: string;
  readonly Hash: string;
  readonly Xattrs: string;
  /** a byte */
  readonly Type: number;
  /** bytes of the body, holes included */
  readonly Size: number;
  readonly Mode: number;
  readonly Owner: number;
  readonly Group: number;
  /** seconds since 1970, the lowest 32 bits */
  readonly Time: number;
}

/** What Go makes of an archive: entries up to the first error. */
export interface GoAnswer {
  /** empty where there is none */
  readonly Error: string;
  readonly Entries: readonly GoEntry[] | null;
}

/** Go's `archive/tar` in a process of its own. */
export interface GoReader {
  /** the version that reads */
  readonly version: string;
  /** many at once are quicker than one after another */
  list(archives: readonly Uint8Array[]): Promise<readonly GoAnswer[]>;
  close(): Promise<void>;
}

/** Whether Go is on this machine. */
export function isGoHere(): boolean {
  return spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}

/** Builds and starts the reader. @throws {Error} where Go is absent or does not build it */
export async function startGoReader(): Promise<GoReader> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-go-'));
  const program = join(folder, 'reader');
  const env = { ...process.env, GO111MODULE: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '' };
  execFileSync('go', ['build', '-o', program, join(import.meta.dirname, 'reader.go')], { env });
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = readAnswers(child);
  return {
    version: execFileSync('go', ['env', 'GOVERSION'], { env, encoding: 'utf8' }).trim(),
    async list(archives) {
      for (const archive of archives) child.stdin.write(framed(archive));
      const found: GoAnswer[] = [];
      while (found.length < archives.length) {
        const { value, done } = await answers.next();
        if (done === true) throw new Error('the Go reader has ended');
        found.push(value);
      }
      return found;
    },
    async close() {
      child.stdin.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function framed(archive: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(archive.length);
  return Buffer.concat([length, archive]);
}

async function* readAnswers(child: ChildProcess): AsyncGenerator<GoAnswer> {
  let held = Buffer.alloc(0);
  for await (const chunk of child.stdout ?? []) {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE()) {
      const end = 4 + held.readUInt32BE();
      yield JSON.parse(held.toString('utf8', 4, end));
      held = held.subarray(end);
    }
  }
}
