import { createHash, randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { parseReference } from '../../src/model/reference.ts';
import { digestOf } from '../../src/sources/registry/manifests.ts';
import { openRegistryTarget } from '../../src/sources/registry/registry-target.ts';
import { buildProgram } from '../support/built-program.ts';
import { node } from '../support/child.ts';
import { makeKey } from '../support/cosign.ts';
import { startCutter } from '../support/cutter.ts';
import { type DockerRegistry, startDockerRegistry, whyNoDockerRegistry } from '../support/docker-registry.ts';
import { docksPolicy, signatureTag } from '../support/docks.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';
import { runProgram } from '../support/programs.ts';
import { pushBuilt } from '../support/push-built.ts';
import { missingAt, pushSignedTo, rawManifest } from '../support/real-registry.ts';
import { startScriptedServer } from '../support/scripted-server.ts';
import { cleanImage } from '../support/stage.ts';
import { forward } from '../support/watched-registry.ts';

const reason = whyNoDockerRegistry();
if (reason !== undefined) process.stderr.write(`skip: promotion between docker-registries: ${reason}\n`);

/** 200 by hand; CI has the time for fewer, each time others */
const KILLS = Number(process.env['PRATIQUE_KILLS'] ?? 200);

describe.skipIf(reason !== undefined)("promotion between two of Debian's docker-registry", () => {
  const release = makeKey();
  let folder = '';
  let from: DockerRegistry;
  let to: DockerRegistry;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-promote-'));
    [from, to] = [await startDockerRegistry(), await startDockerRegistry()];
    await writeFile(join(folder, '.git'), '');
    await writeFile(join(folder, 'release.pub'), release.publicPem);
    await writeFile(join(folder, 'pratique.yaml'), docksPolicy(from.host, to.host, '127.0.0.1:*')); // doors have ports of their own
    const gate = makeKey();
    await writeFile(join(folder, 'gate.key'), gate.privatePem);
    await writeFile(join(folder, 'gate.pub'), gate.publicPem);
  });
  afterAll(async () => {
    await from?.stop();
    await to?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function pratique(...argv: string[]) {
    const terminal = fakeTerminal(argv, { cwd: folder });
    const code = await run(terminal);
    return { code, ...terminal.text() };
  }

  const inspect = (name: string) =>
    runProgram('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${name}`]);

  test('skopeo sees the same bytes on both sides, and can copy all of it on', async () => {
    const { about, built } = await pushSignedTo(from.host, 'acme/signed', '1', release);
    const [source, target] = [`${from.host}/acme/signed`, `${to.host}/acme/shop`];
    const { code, err } = await pratique('promote', `${source}:1`, target, '--key', 'gate.key');
    expect(err).not.toContain('✖');
    expect(code).toBe(0);
    const whole = await inspect(`${target}:1`);
    expect(whole).toBe(await inspect(`${source}:1`));
    expect(`sha256:${createHash('sha256').update(whole).digest('hex')}`).toBe(about.digest);
    for (const { descriptor } of built.manifests)
      expect(await inspect(`${target}@${descriptor.digest}`)).toBe(
        await inspect(`${source}@${descriptor.digest}`),
      );
    expect(await inspect(`${target}:${signatureTag(about.digest)}`)).toBe(
      await inspect(`${source}:${signatureTag(about.digest)}`),
    );
    await runProgram('skopeo', [
      ...['--insecure-policy', 'copy', '-q', '--all', '--preserve-digests', '--src-tls-verify=false'],
      ...[`docker://${target}:1`, `oci:${join(folder, 'onward')}:1`],
    ]);
    // the signatures hold over there, and so does the attestation
    await writeFile(join(folder, 'there.yaml'), docksPolicy(to.host).replace('acme/signed', 'acme/shop'));
    expect((await pratique('check', `${target}:1`, '--policy', 'there.yaml')).code).toBe(0);
    expect((await pratique('admit', `${target}:1`, '--key', 'gate.pub')).code).toBe(0);
  });

  test('a second run writes nothing', async () => {
    const words = ['promote', `${from.host}/acme/signed:1`, `${to.host}/acme/shop`, '--key', 'gate.key'];
    expect((await pratique(...words)).code).toBe(0);
    const writes = () => to.log().match(/"(?:PUT|POST|PATCH|DELETE) \/v2\/[^"]*"/g) ?? [];
    const before = writes().length;
    expect(before).toBeGreaterThan(10);
    expect((await pratique(...words)).code).toBe(0);
    expect(writes()).toHaveLength(before);
  });

  test('within one registry no byte of a layer is sent', async () => {
    const index = await pushSignedTo(to.host, 'acme/near', '1', release);
    const { code, out } = await pratique('promote', `${to.host}/acme/near:1`, `${to.host}/acme/far`);
    expect(code).toBe(0);
    expect(out).toMatch(/content .*: 4 copied, 9 mounted/);
    expect(await missingAt(to.host, 'acme/far', index.about.digest)).toEqual([]);
  });

  test('a large blob goes there in chunks, and a cut connection is made good for', async () => {
    const bytes = randomBytes(5_000_000);
    const what = { mediaType: MEDIA.ociLayerGzip, digest: digestOf(bytes), size: bytes.length };
    const cutter = await startCutter(to.host, 1_700_000, 1);
    const options = { env: {}, limits: DEFAULT_LIMITS, now: Date.now, warn: () => {}, chunkBytes: 500_000 };
    const target = openRegistryTarget(parseReference(`${cutter.host}/acme/large`), options);
    const patches = () => to.log().match(/"PATCH \/v2\/acme\/large\/[^"]*" 202/g)?.length ?? 0;
    await target.upload(what, async function* () {
      for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000);
    });
    expect(cutter.cuts()).toBe(1);
    expect(patches()).toBeGreaterThanOrEqual(10);
    const stored = await fetch(`http://${to.host}/v2/acme/large/blobs/${what.digest}`);
    expect(digestOf(new Uint8Array(await stored.arrayBuffer()))).toBe(what.digest);
    await target.close();
    cutter.close();
  });

  test(`${KILLS} times killed at any moment: no tag ever stands for a part of an image`, async () => {
    const program = join(folder, 'program');
    await buildProgram(program);
    const old = await cleanImage('s390x');
    const { about } = await pushSignedTo(from.host, 'acme/signed', 'kill', release);
    const counts = { old: 0, new: 0, partial: 0, killed: 0, finished: 0 };
    const promote = async (repository: string, killAt: number) => {
      let requests = 0;
      let kill = () => {};
      const door = await startScriptedServer((request) => {
        requests += 1;
        if (requests === killAt) kill();
        return forward(to.host, request);
      });
      const [source, target] = [`${from.host}/acme/signed:kill`, `${door.host}/${repository}`];
      const key = join(folder, 'gate.key');
      const { code, err } = await node(
        [join(program, 'bin/pratique.js'), 'promote', source, target, '--tag', 'live', '--key', key, '-q'],
        {
          cwd: folder,
          env: { NODE_COMPILE_CACHE: join(folder, 'cache') },
          meanwhile: (child) => {
            kill = () => child.kill('SIGKILL');
          },
        },
      );
      await door.close();
      return { code, err, requests };
    };
    const { requests: all, ...first } = await promote('acme/whole', Number.POSITIVE_INFINITY);
    expect(first).toEqual({ code: 0, err: expect.not.stringContaining('✖') });
    const attempt = async (round: number) => {
      const repository = `acme/k${round}`;
      await pushBuilt(to.host, repository, 'live', old);
      const { code } = await promote(repository, randomInt(1, all + 1));
      counts.killed += code === null ? 1 : 0;
      const tagged = await rawManifest(to.host, repository, 'live');
      const digest = `sha256:${createHash('sha256')
        .update(tagged ?? '')
        .digest('hex')}`;
      const isWhole = (await missingAt(to.host, repository, digest)).length === 0;
      if (isWhole && digest === old.root.descriptor.digest) counts.old += 1;
      else if (isWhole && digest === about.digest) counts.new += 1;
      else counts.partial += 1;
      if (round % 10 > 0) return;
      // what was left is finished by another run
      const words = ['promote', `${from.host}/acme/signed:kill`, `${to.host}/${repository}`, '--tag', 'live'];
      const { code: again } = await pratique(...words);
      const missing = await missingAt(to.host, repository, about.digest);
      counts.finished += again === 0 && missing.length === 0 ? 1 : 0;
    };
    // They wait for each other more than they work: some side by side.
    let round = 0;
    const lane = async () => {
      for (; round < KILLS; ) {
        round += 1;
        await attempt(round);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    process.stderr.write(`measured: ${KILLS} kills over ${all} requests: ${JSON.stringify(counts)}\n`);
    expect(counts.partial).toBe(0);
    expect(counts.old + counts.new).toBe(KILLS);
    expect(counts.old).toBeGreaterThan(KILLS / 2);
    expect(counts.killed).toBeGreaterThan(KILLS * 0.9);
    expect(counts.finished).toBe(KILLS / 10);
  }, 1_800_000);
});
