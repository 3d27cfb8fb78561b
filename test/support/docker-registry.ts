import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Issued } from './certificate.ts';
import { missingPrograms, runProgram } from './programs.ts';

/** Debian's docker-registry 2.8, running on a loopback port with storage of its own. It has no referrers API. */
export interface DockerRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** where its files are */
  readonly storage: string;
  /** what it has printed so far */
  log(): string;
  /** ends it and removes its files */
  stop(): Promise<void>;
}

export interface DockerRegistryOptions {
  /** answers over https with this certificate */
  readonly tls?: Issued;
  /** user → password */
  readonly passwords?: Readonly<Record<string, string>>;
  /** a token server's URL, and the certificate that it signs with */
  readonly tokens?: { readonly realm: string; readonly signer: Issued };
  /** blobs are redirected to this URL, followed by their path in the storage */
  readonly redirectTo?: string;
  /** pulls through from this registry */
  readonly mirrorOf?: string;
}

/** What a token server and its registry have agreed on. */
export const TOKEN_AGREEMENT = { service: 'registry.test', issuer: 'tokens.test' } as const;

const PATIENCE = 15_000; // milliseconds until it must listen; it takes 40 to 120

/** Why the tests against docker-registry cannot run here; nothing where they can. */
export function whyNoDockerRegistry(): string | undefined {
  const missing = missingPrograms('docker-registry', 'skopeo', 'umoci');
  return missing.length === 0
    ? undefined
    : `not installed: ${missing.join(', ')} (apt-get install docker-registry skopeo umoci)`;
}

/** Starts a registry and waits until it listens. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-registry-'));
  const storage = join(folder, 'storage');
  const port = await freePort();
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify(await configOf(folder, storage, port, options)));
  const printed: Buffer[] = [];
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => printed.push(chunk));
  const log = () => Buffer.concat(printed).toString();
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await listening(port, child, log);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { host: `127.0.0.1:${port}`, storage, log, stop };
}

/**
 * Makes a small image with umoci: one layer with one file.
 * @returns what skopeo calls it: `oci:FOLDER:TAG`
 */
export async function makeLayout(folder: string, tag = '1', content = 'hello'): Promise<string> {
  const layout = join(folder, 'layout');
  const file = join(folder, 'greeting');
  await writeFile(file, `${content}\n`);
  await runProgram('umoci', ['init', '--layout', layout]).catch(() => ''); // there already
  await runProgram('umoci', ['new', '--image', `${layout}:${tag}`]);
  await runProgram('umoci', ['insert', '--rootless', '--image', `${layout}:${tag}`, file, '/etc/greeting']);
  return `oci:${layout}:${tag}`;
}

/** Pushes with skopeo. @param to `HOST/REPOSITORY:TAG` */
export async function pushWithSkopeo(from: string, to: string, more: readonly string[] = []): Promise<void> {
  await runProgram('skopeo', [
    '--insecure-policy',
    'copy',
    '-q',
    '--dest-tls-verify=false',
    ...more,
    from,
    `docker://${to}`,
  ]);
}

// JSON is YAML, so nothing has to be escaped by hand.
async function configOf(folder: string, storage: string, port: number, options: DockerRegistryOptions) {
  const { tls, redirectTo, mirrorOf } = options;
  const middleware = { storage: [{ name: 'redirect', options: { baseurl: redirectTo } }] };
  return {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, ...(tls === undefined ? {} : { tls: await tlsFiles(folder, tls) }) },
    ...(redirectTo === undefined ? {} : { middleware }),
    ...(mirrorOf === undefined ? {} : { proxy: { remoteurl: mirrorOf } }),
    ...(await authOf(folder, options)),
  };
}

async function authOf(folder: string, { passwords, tokens }: DockerRegistryOptions) {
  if (tokens !== undefined) {
    const rootcertbundle = join(folder, 'tokens.pem');
    await writeFile(rootcertbundle, tokens.signer.pem);
    return { auth: { token: { realm: tokens.realm, rootcertbundle, ...TOKEN_AGREEMENT } } };
  }
  if (passwords === undefined) return {};
  const path = join(folder, 'htpasswd');
  const lines = await Promise.all(
    Object.entries(passwords).map(([user, password]) => runProgram('htpasswd', ['-Bbn', user, password])),
  );
  await writeFile(path, lines.join(''));
  return { auth: { htpasswd: { realm: 'test', path } } };
}

async function tlsFiles(folder: string, tls: Issued) {
  const [certificate, key] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  await writeFile(certificate, tls.pem);
  await writeFile(key, tls.keyPem, { mode: 0o600 });
  return { certificate, key };
}

/** A loopback port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number, child: ChildProcess, log: () => string): Promise<void> {
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}: ${log()}`);
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`docker-registry does not listen: ${log()}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
