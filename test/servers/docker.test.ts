import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../support/built-program.ts';
import { makeKey } from '../support/cosign.ts';
import { type DockerRegistry, startDockerRegistry, whyNoDockerRegistry } from '../support/docker-registry.ts';
import { dockerFiles, writeArchive } from '../support/image-files.ts';
import { missingPrograms } from '../support/programs.ts';
import { missingAt } from '../support/real-registry.ts';
import { type SmallEngine, startSmallEngine } from '../support/small-engine.ts';
import { cleanImage, leakyImage } from '../support/stage.ts';

const reason =
  missingPrograms('docker').length > 0 ? 'docker, its client, is not installed' : whyNoDockerRegistry();
if (reason !== undefined) process.stderr.write(`skip: the plugin of Docker: ${reason}\n`);

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A home of the docker client, with our program as its plugin, and a registry. */
class Place {
  readonly folder: string;
  readonly registry: DockerRegistry;
  host = '';

  constructor(folder: string, registry: DockerRegistry) {
    this.folder = folder;
    this.registry = registry;
  }

  /** Runs the real client, which finds the plugin by itself. Not synchronously: the engine may be this process. */
  docker(argv: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return ended(spawn('docker', argv, { cwd: this.folder, env: { ...this.env(), ...more } }));
  }

  pratique(argv: readonly string[]): Promise<Ended> {
    const door = join(this.folder, 'program/bin/pratique.js');
    return ended(spawn(process.execPath, [door, ...argv], { cwd: this.folder, env: this.env() }));
  }

  env(): Readonly<Record<string, string>> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      DOCKER_CONFIG: join(this.folder, 'config'),
      DOCKER_HOST: this.host,
    };
  }
}

function ended(child: ChildProcess): Promise<Ended> {
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    );
  });
}

let building: Promise<string> | undefined;

/** The program as it is published, built once for all places. */
function built(): Promise<string> {
  building ??= mkdtemp(join(tmpdir(), 'prtq-')).then(async (folder) => {
    await buildProgram(folder);
    return folder;
  });
  return building;
}

afterAll(async () => {
  if (building !== undefined) await rm(await building, { recursive: true });
});

async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'prtq-')); // a socket's path has room for a hundred characters
  const place = new Place(folder, await startDockerRegistry());
  await symlink(await built(), join(folder, 'program'));
  await mkdir(join(folder, 'config'));
  const { host } = place.registry;
  const gate = makeKey();
  await writeFile(join(folder, '.git'), '');
  await writeFile(
    join(folder, 'pratique.yaml'),
    `version: 1\nname: test\nsources: {allow: ["${host}/acme/*"]}\n`,
  );
  await writeFile(join(folder, 'gate.key'), gate.privatePem);
  await writeFile(join(folder, 'gate.pub'), gate.publicPem);
  await writeArchive(join(folder, 'clean.tar'), dockerFiles(await cleanImage(), `${host}/acme/shop:1`));
  await writeArchive(join(folder, 'leaky.tar'), dockerFiles(await leakyImage(), `${host}/acme/leaky:1`));
  return place;
}

describe.skipIf(reason !== undefined)('the docker client with our plugin', () => {
  let place: Place;
  let engine: SmallEngine;

  beforeAll(async () => {
    place = await makePlace();
    const socket = join(place.folder, 'engine');
    engine = await startSmallEngine(socket);
    place.host = `unix://${socket}`;
    const { host } = place.registry;
    engine.archives.set(`${host}/acme/shop:1`, join(place.folder, 'clean.tar'));
    engine.archives.set(`${host}/acme/leaky:1`, join(place.folder, 'leaky.tar'));
    expect((await place.pratique(['docker', 'install'])).code).toBe(0);
  });
  afterAll(async () => {
    await engine?.close();
    await place?.registry.stop();
    await rm(place?.folder ?? '', { recursive: true, force: true });
  });

  test('finds it, lists it, and shows its help', async () => {
    const info = JSON.parse((await place.docker(['info', '-f', '{{json .ClientInfo}}'])).out);
    const [found] = info.Plugins.filter(({ Name }: { Name: string }) => Name === 'pratique');
    expect(found).toMatchObject({ SchemaVersion: '0.1.0', Vendor: 'pratique' });
    expect(found.Err).toBeUndefined();
    expect((await place.docker(['--help'])).out).toMatch(/pratique\* +Judge images/);
    const help = await place.docker(['pratique', '--help']);
    expect(help.out).toContain('docker pratique push <image>');
    expect(help.code).toBe(0);
  });

  test('hands on every exit code: 0, 1, 2, 3, 4', async () => {
    const { host } = place.registry;
    const codeOf = async (...argv: string[]) => (await place.docker(['pratique', ...argv])).code;
    expect(await codeOf('check', `${host}/acme/shop:1`)).toBe(0);
    expect(await codeOf('check', `${host}/acme/leaky:1`)).toBe(1);
    expect(await codeOf('check')).toBe(2);
    expect(await codeOf('check', '--frobnicate', 'a')).toBe(2);
    expect(await codeOf('check', `${host}/acme/gone:1`)).toBe(3);
    expect(await codeOf('check', `${host}/acme/shop:1`, '--key', 'gate.key', '--attest')).toBe(4);
  });

  test('says which engine is meant in its own ways', async () => {
    const name = `${place.registry.host}/acme/shop:1`;
    const nowhere = { DOCKER_HOST: 'unix:///nowhere' };
    const lost = await place.docker(['pratique', 'check', name], nowhere);
    expect(lost.out).toContain('did not give the image');
    expect(lost.code).toBe(3);
    expect((await place.docker(['-H', place.host, 'pratique', 'check', name], nowhere)).code).toBe(0);
    await place.docker(['context', 'create', 'near', '--docker', `host=${place.host}`]);
    expect(
      (await place.docker(['--context', 'near', 'pratique', 'check', name], { DOCKER_HOST: '' })).code,
    ).toBe(0);
  });

  test('pushes what it judged, attested, to a real registry; and nothing else', async () => {
    const { host } = place.registry;
    const pushed = await place.docker(['pratique', 'push', `${host}/acme/shop:1`, '--key', 'gate.key']);
    expect(pushed.code).toBe(0);
    const [, digest = ''] = /PROMOTED .*(sha256:[0-9a-f]{64})/.exec(pushed.out) ?? [];
    expect(await missingAt(host, 'acme/shop', digest)).toEqual([]);
    expect((await place.pratique(['admit', `${host}/acme/shop:1`, '--key', 'gate.pub'])).code).toBe(0);
    expect((await place.docker(['pratique', 'push', `${host}/acme/leaky:1`])).code).toBe(1);
    expect((await place.docker(['pratique', 'push', `${host}/acme/gone:1`])).code).toBe(3);
    const catalog = await fetch(`http://${host}/v2/_catalog`).then((answer) => answer.json());
    expect(catalog).toEqual({ repositories: ['acme/shop'] });
  });

  test('does without it where it is taken away, and does not say yes', async () => {
    await place.pratique(['docker', 'uninstall']);
    expect((await place.docker(['pratique', 'check', 'a'])).code).not.toBe(0);
    // As a package manager may place it: the door itself under the name of the plugin.
    await symlink(
      join(place.folder, 'program/bin/docker-pratique.js'),
      join(place.folder, 'config/cli-plugins/docker-pratique'),
    );
    const { code } = await place.docker(['pratique', 'check', `${place.registry.host}/acme/leaky:1`]);
    expect(code).toBe(1);
  });
});

const dockerd = process.env['DOCKERD'] || (missingPrograms('dockerd').length === 0 ? 'dockerd' : undefined);
const noEngine =
  reason ??
  (dockerd === undefined
    ? 'dockerd is not installed; DOCKERD may name it'
    : process.getuid?.() === 0
      ? undefined
      : 'dockerd needs root');
if (noEngine !== undefined && reason === undefined)
  process.stderr.write(`skip: a real engine: ${noEngine}\n`);

describe.skipIf(noEngine !== undefined)('a real engine', () => {
  let place: Place;
  let engine: ChildProcess | undefined;
  let log = '';
  let whyNot: string | undefined;

  beforeAll(async () => {
    place = await makePlace();
    place.host = `unix://${join(place.folder, 'd.sock')}`;
    const argv = ['--data-root', 'data', '--exec-root', 'exec', '--pidfile', 'pid', '--host', place.host].map(
      (word) => (/^(?:data|exec|pid)$/.test(word) ? join(place.folder, word) : word),
    );
    const alone = ['--storage-driver', 'vfs', '--iptables=false', '--ip6tables=false', '--bridge=none'];
    engine = spawn(dockerd ?? '', [...argv, ...alone], { stdio: ['ignore', 'ignore', 'pipe'] });
    engine.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    whyNot = await answering(place);
  });
  afterAll(async () => {
    const gone = new Promise((resolve) => engine?.once('exit', resolve));
    if (engine?.exitCode === null && engine.kill('SIGTERM')) await gone;
    await place?.registry.stop();
    await rm(place?.folder ?? '', { recursive: true, force: true });
  });

  /** @returns why there is none, where it may not run: it asks much of the machine */
  async function answering(at: Place): Promise<string | undefined> {
    for (let tries = 0; tries < 60; tries += 1) {
      if ((await at.docker(['version'])).code === 0) return undefined;
      if (engine?.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return `dockerd does not run here: ${log.trim().split('\n').at(-1)}`;
  }

  test('gives what it has; what was pushed is pulled again, and is the image that was judged', async ({
    skip,
  }) => {
    if (whyNot !== undefined) process.stderr.write(`skip: a real engine: ${whyNot}\n`);
    skip(whyNot !== undefined, whyNot);
    const { host } = place.registry;
    const name = `${host}/acme/shop:1`;
    for (const file of ['clean.tar', 'leaky.tar'])
      expect((await place.docker(['load', '-i', join(place.folder, file)])).code).toBe(0);
    await place.pratique(['docker', 'install']);
    const id = (await place.docker(['image', 'inspect', '-f', '{{.Id}}', name])).out.trim();
    expect((await place.docker(['pratique', 'check', name])).code).toBe(0);
    expect((await place.docker(['pratique', 'check', id, '--as', name])).code).toBe(0);
    expect((await place.docker(['pratique', 'check', `${host}/acme/leaky:1`])).code).toBe(1);
    expect((await place.docker(['pratique', 'check', `${host}/acme/gone:1`])).code).toBe(3);
    const pushed = await place.docker(['pratique', 'push', name]);
    const [, digest = ''] = /PROMOTED .*(sha256:[0-9a-f]{64})/.exec(pushed.out) ?? [];
    await place.docker(['image', 'rm', name]);
    expect((await place.docker(['pull', `${host}/acme/shop@${digest}`])).code).toBe(0);
    const again = await place.docker(['image', 'inspect', '-f', '{{.Id}}', `${host}/acme/shop@${digest}`]);
    expect(again.out.trim()).toBe(id);
    expect((await place.docker(['pratique', 'check', `${host}/acme/shop@${digest}`])).code).toBe(0);
  });
});
