import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real cosign with a key pair of its own, kept off every machine but this one. */
export interface Cosign {
  readonly version: string;
  /** folder that its files are in; removed by `close` */
  readonly folder: string;
  /** PEM of the key pair's public half */
  readonly publicPem: string;
  /** Runs it; `ok` is whether it ended with 0. */
  run(...words: readonly string[]): Promise<CosignRun>;
  close(): void;
}

export interface CosignRun {
  readonly ok: boolean;
  readonly out: string;
  readonly err: string;
}

/**
 * Where cosign of this major version is: the environment's `COSIGN_V2` or `COSIGN_V3`, else `cosign` in PATH, in
 * GOBIN or in Go's folder. Says on stderr what is missing, because its tests are then skipped.
 */
export function findCosign(major: 2 | 3): string | undefined {
  const { [`COSIGN_V${major}`]: named, GOBIN, GOPATH = join(homedir(), 'go') } = process.env;
  const places = [named, 'cosign', GOBIN && join(GOBIN, 'cosign'), join(GOPATH, 'bin', 'cosign')];
  const found = places.find((place) => place && versionOf(place)?.startsWith(`v${major}.`));
  if (!found) process.stderr.write(`skipped: no cosign ${major}; set COSIGN_V${major} to its path\n`);
  return found || undefined;
}

/**
 * Makes a folder with a key pair and the settings that keep cosign from asking Sigstore's servers.
 * @param introduce writes into the folder what cosign needs to trust an instance; returns more of its environment
 */
export async function openCosign(
  path: string,
  introduce: (folder: string) => Readonly<Record<string, string>> = () => ({}),
): Promise<Cosign> {
  const folder = mkdtempSync(join(tmpdir(), 'pratique-cosign-'));
  writeFileSync(
    join(folder, 'root.json'),
    '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
  );
  writeFileSync(
    join(folder, 'signing.json'),
    '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}',
  );
  const nowhere = 'http://127.0.0.1:9';
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    COSIGN_PASSWORD: '',
    // Whatever it would ask another machine ends at a closed port of this one.
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: '127.0.0.1,localhost',
    ...introduce(folder),
  };
  // Not synchronous: the registry that it talks to is in this process.
  const run: Cosign['run'] = (...words) =>
    new Promise((resolve) => {
      execFile(path, words, { cwd: folder, env, timeout: 60_000 }, (error, out, err) => {
        resolve({ ok: error === null, out, err });
      });
    });
  const made = await run('generate-key-pair');
  if (!made.ok) throw new Error(`cosign made no key: ${made.err}`);
  return {
    version: versionOf(path) ?? '',
    folder,
    publicPem: readFileSync(join(folder, 'cosign.pub'), 'utf8'),
    run,
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function versionOf(path: string): string | undefined {
  try {
    const said = execFileSync(path, ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /^GitVersion:\s*(v\S+)/m.exec(said)?.[1];
  } catch {
    return undefined;
  }
}
