import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DerItems, readDer } from '../../../src/io/der.ts';
import { integer, sequence } from './der-writer.ts';
import { chainOf, type Identity, pemOf, stamp } from './pki.ts';

/** A real notation with a key, kept off every machine but this one. */
export interface Notation {
  /** its settings, keys and trust stores */
  readonly settings: string;
  /** Runs it; `ok` is whether it ended with 0. */
  run(
    ...words: readonly string[]
  ): Promise<{ readonly ok: boolean; readonly out: string; readonly err: string }>;
  close(): void;
}

/**
 * Where notation is: the environment's `NOTATION`, else `notation` in PATH, in GOBIN or in Go's folder. Says on stderr that it is
 * missing, because its tests are then skipped.
 */
export function findNotation(): string | undefined {
  const { NOTATION, GOBIN, GOPATH = join(homedir(), 'go') } = process.env;
  const places = [NOTATION, 'notation', GOBIN && join(GOBIN, 'notation'), join(GOPATH, 'bin', 'notation')];
  const found = places.find((place) => place && answers(place));
  if (!found) process.stderr.write('skipped: no notation; set NOTATION to its path\n');
  return found || undefined;
}

/** Makes a folder with its settings: `key` signs by default. */
export function openNotation(path: string, key: Identity): Notation {
  const folder = mkdtempSync(join(tmpdir(), 'pratique-notation-'));
  const settings = join(folder, 'notation');
  mkdirSync(settings);
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'chain.pem')];
  writeFileSync(keyPath, key.key.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(certPath, chainOf(key).map(pemOf).join(''));
  writeFileSync(
    join(settings, 'signingkeys.json'),
    JSON.stringify({ default: 'k', keys: [{ name: 'k', keyPath, certPath }] }),
  );
  const env = { PATH: process.env['PATH'], HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder };
  // Not synchronous: the registry that it talks to is in this process.
  const run: Notation['run'] = (...words) =>
    new Promise((resolve) => {
      execFile(path, words, { cwd: folder, env, timeout: 60_000 }, (error, out, err) => {
        resolve({ ok: error === null, out, err });
      });
    });
  return { settings, run, close: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A timestamp authority on this machine. RFC 3161, section 3.4. */
export async function startTimestamps(
  by: Identity,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
    response.end(sequence(sequence(integer(0)), answer(by, Buffer.concat(chunks))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function answer(by: Identity, query: Buffer): Buffer {
  const items = new DerItems(readDer(query), 'a request');
  items.take(0x02);
  const imprint = new DerItems(items.take(0x30), 'an imprint');
  imprint.take(0x30);
  const digest = Buffer.from(imprint.take(0x04).value);
  items.takeIf(0x06);
  const nonce = items.takeIf(0x02);
  return stamp(by, Buffer.alloc(0), {
    at: new Date(),
    imprint: digest,
    ...(nonce && { nonce: Buffer.from(nonce.value) }),
  });
}

function answers(path: string): boolean {
  try {
    execFileSync(path, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
