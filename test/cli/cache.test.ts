import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { plantCanaries } from '../support/canaries.ts';
import { cleanImage, type Stage, setStage, type Told } from '../support/stage.ts';

let stage: Stage;
let image = '';
beforeEach(async () => {
  stage = await setStage();
  image = stage.push('acme/shop:1', await cleanImage());
});
afterEach(() => stage.close());

const folder = () => join(stage.folder, '.cache/pratique/layers');
const kept = () => (existsSync(folder()) ? readdirSync(folder()) : []);
const run = (argv: readonly string[], env: Record<string, string> = {}): Promise<Told> =>
  stage.pratique(argv, { env: { HOME: stage.folder, ...env } });

describe('what was found in layers', () => {
  test.each<[string, readonly string[], Record<string, string>, number]>([
    ['is kept for somebody who checks', [], {}, 1],
    ['is not kept in CI', [], { CI: 'true' }, 0],
    ['is kept in CI where it is asked for', ['--cache'], { CI: 'true' }, 1],
    ['is not kept where nobody wants it', ['--no-cache'], {}, 0],
    ['is not kept where the verdict is attested', ['--key', 'gate.key', '--attest'], {}, 0],
    [
      'is kept where the verdict is attested all the same',
      ['--key', 'gate.key', '--attest', '--cache'],
      {},
      1,
    ],
    ['is not kept where the environment names no place', [], { HOME: '' }, 0],
  ])('%s: %j with %j', async (_what, argv, env, files) => {
    expect((await run(['check', image, ...argv], env)).code).toBe(0);
    expect(kept()).toHaveLength(files);
  });

  test('is used by the next run: the registry is not asked for the layer, and the verdict is the same but for a note', async () => {
    const argv = ['check', image, '-o', 'json'];
    const [fresh, first] = [await run([...argv, '--no-cache']), await run(argv)];
    const asked = stage.registry.requests.length;
    const second = await run(argv);
    const blobs = stage.registry.requests.slice(asked).filter(({ target }) => target.includes('/blobs/'));
    expect(blobs).toHaveLength(1); // the configuration
    const [whole, before, after] = [fresh, first, second].map(
      ({ out }) => JSON.parse(out).verdicts ?? JSON.parse(out),
    );
    const plain = (verdict: unknown) => JSON.stringify(verdict).replace(/"(?:startedAt|at)":"[^"]*"/g, '');
    expect(plain(before)).toBe(plain(whole));
    const note =
      /"1 of 1 layers of linux\/amd64 were read by an earlier run, the oldest at [^"]*, and not again"/;
    expect(plain(after)).toMatch(note);
    expect(plain(after).replace(note, '')).toBe(plain(before));
  });

  test.each([['check'], ['promote']])('%s takes only one of the two options', async (command) => {
    const told = await run([
      command,
      image,
      ...(command === 'promote' ? [image] : []),
      '--cache',
      '--no-cache',
    ]);
    expect([told.code, told.err]).toEqual([2, expect.stringContaining('contradict each other')]);
  });

  test('is promised only where there is a place for it', async () => {
    const told = await run(['check', image, '--cache'], { HOME: 'relative' });
    expect([told.code, told.err]).toEqual([2, expect.stringContaining('there is no place for a cache')]);
  });

  test('is not kept by promote, but where it is asked for', async () => {
    const argv = ['promote', image, stage.name('acme/shop'), '--tag', '2'];
    expect([(await run(argv)).code, kept().length]).toEqual([0, 0]);
    expect([(await run([...argv, '--cache'])).code, kept().length]).toEqual([0, 1]);
  });

  test('is left alone where others may write to it, and the verdict says why', async () => {
    await run(['check', image]);
    await chmod(folder(), 0o777);
    const told = await run(['check', image, '-v']);
    expect([told.code, told.out]).toEqual([0, expect.stringContaining('the cache of layers is not used')]);
  });
});

test('no secret of an image is in the cache, nor one that the run was given', async () => {
  const canaries = plantCanaries();
  const layers = await Promise.all(
    [
      [{ path: 'srv/.env', content: `A=${canaries.token('a file')}\n` }],
      [{ path: `srv/${canaries.token('a file name')}`, content: 'x' }],
      [{ path: 'etc/passwd', content: `root:${canaries.token('accounts')}:0:0::/:/bin/sh\n` }],
      [{ path: 'root/.npmrc', content: `//registry/:_password=${canaries.token('a login')}\n` }],
    ].map((files) => buildLayer(files)),
  );
  const leaky = stage.push('acme/leaky:1', buildImage({ layers, config: { User: '1000' } }));
  const env = { PRATIQUE_FINGERPRINT_KEY: canaries.word('the key of fingerprints') };
  expect((await run(['check', leaky], env)).code).toBe(1);
  expect(kept()).toHaveLength(2);
  const text = kept()
    .map((name) => readFileSync(join(folder(), name), 'latin1'))
    .join('\n');
  expect(text).toContain('secrets.github-token');
  expect(canaries.seenIn(text)).toEqual([]);
});
