import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BuiltImage } from '../../src/demo/image-builder.ts';
import { type FakeDocker, makeFakeDocker } from '../support/fake-docker.ts';
import { dockerFiles, writeArchive } from '../support/image-files.ts';
import { cleanImage, leakyImage, referrersIn, type Stage, setStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

let count = 0;
async function engineWith(images: Readonly<Record<string, BuiltImage>>, more = ''): Promise<FakeDocker> {
  count += 1;
  const folder = join(stage.folder, `bin-${count}`);
  await mkdir(folder);
  const cases: string[] = [];
  for (const [index, [name, image]] of Object.entries(images).entries()) {
    const tar = join(folder, `${index}.tar`);
    await writeArchive(tar, dockerFiles(image, stage.name(name)));
    cases.push(`'${stage.name(name)}') exec cat '${tar}';;`);
  }
  const script = `${more}\ncase "$2" in ${cases.join(' ')} esac\necho 'No such image' >&2; exit 1`;
  return makeFakeDocker(folder, script);
}

/** As Docker calls it. */
const plugin = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  stage.pratique(['docker-cli-plugin', ...argv], { env });

describe('docker pratique', () => {
  test('tells Docker what it is', async () => {
    const { code, out, err } = await plugin(['docker-cli-plugin-metadata']);
    expect(JSON.parse(out)).toMatchObject({ SchemaVersion: '0.1.0', Vendor: 'pratique' });
    expect([code, err]).toEqual([0, '']);
  });

  test('says what it can do, by the name that people call it', async () => {
    const { code, out } = await plugin(['pratique', '--help']);
    expect(out).toMatch(/docker pratique check .*\n.*docker pratique push/s);
    expect(code).toBe(0);
    expect((await plugin(['pratique', 'push', '--help'])).out).toContain('docker pratique push ghcr.io');
    expect((await plugin(['pratique'])).code).toBe(2);
    expect((await plugin(['pratique', 'promote', 'a', 'b'])).code).toBe(2);
    expect((await plugin(['check', 'a'])).err).toContain('see docker pratique --help');
    expect((await plugin(['pratique', 'push'])).err).toContain('docker pratique push ghcr.io');
    expect((await plugin(['pratique', 'frobnicate'])).err).toMatch(/see docker pratique --help\n/);
  });

  test('judges images of the engine, with the exit codes of check', async () => {
    const { env } = await engineWith({
      'acme/shop:1': await cleanImage(),
      'acme/leaky:1': await leakyImage(),
    });
    const check = (...names: string[]) => plugin(['pratique', 'check', ...names, '-q'], env);
    const clean = await check(stage.name('acme/shop:1'));
    expect(clean.out).toContain(`ADMITTED docker-daemon:${stage.name('acme/shop:1')}`);
    expect(clean.code).toBe(0);
    expect((await check(stage.name('acme/shop:1'), stage.name('acme/leaky:1'))).code).toBe(1);
    expect((await check(stage.name('acme/gone:1'))).code).toBe(3);
    expect((await check('nginx:1')).code).toBe(1); // by its name, before the engine is asked
    expect((await check('-x')).code).toBe(2);
    expect((await check('--as', stage.name('acme/shop:2'), stage.name('acme/shop:1'))).code).toBe(0);
  });

  test.each([
    [['--context', 'far'], 'DOCKER_CONTEXT=far DOCKER_HOST='],
    [['-c=far'], 'DOCKER_CONTEXT=far DOCKER_HOST='],
    [['--host', 'tcp://x', '-D'], 'DOCKER_CONTEXT= DOCKER_HOST=tcp://x'],
    [['-H', 'pratique'], 'DOCKER_CONTEXT= DOCKER_HOST=pratique'],
    [['--log-level', 'debug', '--debug=true'], 'DOCKER_CONTEXT= DOCKER_HOST=unix:///before'],
  ])('asks the engine that docker was told to ask: %j', async (global, expected) => {
    const note = `echo "DOCKER_CONTEXT=$DOCKER_CONTEXT DOCKER_HOST=$DOCKER_HOST" >>"\${0%/*}/engine"`;
    const { env } = await engineWith({}, note);
    const name = stage.name('acme/shop:1');
    const before = { ...env, DOCKER_HOST: 'unix:///before' };
    expect((await plugin([...global, 'pratique', 'check', name], before)).code).toBe(3);
    expect(await readFile(join(stage.folder, `bin-${count}`, 'engine'), 'utf8')).toBe(`${expected}\n`);
  });

  test.each([['--tlscert', 'x'], ['--tlsverify=false'], ['--frobnicate']])(
    'does not pass over an option of docker that it knows nothing of: %s',
    async (...global) => {
      const { code, err } = await plugin([...global, 'pratique', 'check', 'a']);
      expect(err).toContain('does not hand');
      expect(code).toBe(2);
    },
  );

  test('pushes what it has judged, to the digest, and the tag with it; twice is once', async () => {
    const { env, asked } = await engineWith({ 'acme/pushed:1': await cleanImage() });
    const name = stage.name('acme/pushed:1');
    const { code, out, err } = await plugin(['pratique', 'push', name], env);
    expect([code, err]).toEqual([0, expect.stringContaining('moved 1')]);
    const [, digest = ''] = /PROMOTED .*(sha256:[0-9a-f]{64})/.exec(out) ?? [];
    const { tags, manifests } = stage.registry.store.repository('acme/pushed');
    expect(tags.get('1')).toBe(digest);
    const manifest = JSON.parse(Buffer.from(manifests.get(digest)!.bytes).toString());
    expect(manifest.config.digest).toBe((await cleanImage()).config.descriptor.digest);
    expect(await asked()).toHaveLength(1); // and not again for the push
    expect((await stage.pratique(['check', `${name}@${digest}`, '-q'])).code).toBe(0);
    expect((await plugin(['pratique', 'push', name], env)).out).toContain('3 there already');
  });

  test('attests what it pushed, before the tag moves', async () => {
    const { env } = await engineWith({ 'acme/attested:1': await cleanImage() });
    const name = stage.name('acme/attested:1');
    expect((await plugin(['pratique', 'push', name, '--key', 'gate.key'], env)).code).toBe(0);
    expect(referrersIn(stage, 'acme/attested')).toBeGreaterThan(0);
    expect((await stage.pratique(['admit', name, '--key', 'gate.pub'])).code).toBe(0);
  });

  test('pushes nothing of an image that is refused or undecided', async () => {
    const { env } = await engineWith({ 'acme/leaky:2': await leakyImage() });
    const refused = await plugin(['pratique', 'push', stage.name('acme/leaky:2')], env);
    expect(refused.out).toMatch(/REFUSED.*written +nothing/s);
    expect(refused.code).toBe(1);
    const undecided = await plugin(['pratique', 'push', stage.name('acme/nothere:1')], env);
    expect(undecided.code).toBe(3);
    const { store } = stage.registry;
    for (const name of ['acme/leaky', 'acme/nothere']) {
      const { manifests, blobs } = store.repository(name);
      expect([manifests.size, blobs.size]).toEqual([0, 0]);
    }
  });

  test('pushes what it has judged also where the name stands for another image by then', async () => {
    const leaky = join(stage.folder, 'leaky.tar');
    await writeArchive(leaky, dockerFiles(await leakyImage(), stage.name('acme/moving:1')));
    const swap = `[ -e "\${0%/*}/was-asked" ] && exec cat '${leaky}'; touch "\${0%/*}/was-asked"`;
    const { env } = await engineWith({ 'acme/moving:1': await cleanImage() }, swap);
    const name = stage.name('acme/moving:1');
    expect((await plugin(['pratique', 'push', name], env)).code).toBe(0);
    expect((await stage.pratique(['check', name, '-q'])).code).toBe(0);
    expect((await plugin(['pratique', 'push', name], env)).code).toBe(1); // the other one is judged, too
    expect((await stage.pratique(['check', name, '-q'])).code).toBe(0);
  });

  test('has nothing to attest in the engine itself', async () => {
    const { env } = await engineWith({ 'acme/shop:3': await cleanImage() });
    const name = stage.name('acme/shop:3');
    const { code, err } = await plugin(['pratique', 'check', name, '--key', 'gate.key', '--attest'], env);
    expect(err).toContain('not attested');
    expect(code).toBe(4);
  });
});

describe('pratique docker', () => {
  let config: string;
  beforeEach(async () => {
    config = await mkdtemp(join(tmpdir(), 'pratique-docker-'));
    return () => rm(config, { recursive: true });
  });
  const docker = (action: string, env: Readonly<Record<string, string>> = { DOCKER_CONFIG: config }) =>
    stage.pratique(['docker', action], { env });
  const place = () => join(config, 'cli-plugins/docker-pratique');

  test('gives Docker the plugin, says so, and takes it away', async () => {
    expect((await docker('status')).out).toContain('not installed');
    expect(await docker('install')).toMatchObject({ code: 0, out: expect.stringContaining(place()) });
    const text = await readFile(place(), 'utf8');
    expect(text).toContain(`exec '${process.execPath}' '`);
    expect((await stat(place())).mode & 0o777).toBe(0o755);
    expect((await docker('install')).out).toContain('installed already');
    expect((await docker('status')).out).toMatch(/: installed \(/);
    await writeFile(place(), text.replace(process.execPath, '/usr/bin/other-node'));
    expect((await docker('status')).out).toContain('install it again');
    expect((await docker('install')).out).toMatch(/: installed \(/);
    expect(await readFile(place(), 'utf8')).toBe(text);
    expect(await readdir(join(config, 'cli-plugins'))).toEqual(['docker-pratique']);
    expect((await docker('uninstall')).out).toContain('removed');
    expect((await docker('uninstall')).out).toContain('not installed');
  });

  test('puts it where the home of the client is, if nothing else is said', async () => {
    await docker('install', { HOME: config });
    expect(await readFile(join(config, '.docker/cli-plugins/docker-pratique'), 'utf8')).toContain('exec');
    expect((await docker('status', {})).code).toBe(2);
  });

  test.each([
    [
      'a program',
      () => writeFile(place(), '#!/bin/sh\n# Made by "pratique docker install"\nrm -rf /tmp/x\n'),
    ],
    ['a link', () => symlink('/bin/true', place())],
    ['a folder', () => mkdir(place())],
  ])('leaves the plugin of somebody else as it is: %s', async (_, make) => {
    await mkdir(join(config, 'cli-plugins'));
    await make();
    const { code, err } = await docker('install');
    expect(err).toContain('there is a plugin of this name already');
    expect(code).toBe(2);
    expect((await docker('status')).out).toContain('a plugin of somebody else');
    expect((await docker('uninstall')).out).toContain('nothing was removed');
  });

  test('says so where it cannot be written', async () => {
    await writeFile(join(config, 'cli-plugins'), '');
    const { code, err } = await docker('install');
    expect(err).toContain('could not be written');
    expect(code).toBe(3);
    await chmod(config, 0o700);
  });
});
