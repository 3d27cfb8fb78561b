import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Terminal } from '../../src/cli/terminal.ts';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { makeKey } from '../support/cosign.ts';
import { cleanImage, type Stage, setStage } from '../support/stage.ts';

let stage: Stage;
const input = (text: string): Partial<Terminal> => ({
  in: {
    isTTY: false,
    read: async () => text,
    ask: async () => {
      throw new Error('nobody is there');
    },
  },
});
const sweep = (argv: readonly string[], change: Partial<Terminal> = {}) =>
  stage.pratique(['sweep', ...argv, '-j', '1'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: stage.folder },
    untilStopped: () => new Promise(() => {}),
    ...change,
  });
const linesOf = async (file: string) =>
  (await stage.read(file))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  stage = await setStage();
  const clean = await cleanImage();
  const layer = await buildLayer([{ path: 'srv/menu.txt', content: 'eel\n' }]);
  const asRoot = buildImage({ layers: [layer], config: { User: 'root' } });
  for (const tag of ['1.0.0', '1.0.1', '1.1.0', 'latest']) stage.push(`acme/shop:${tag}`, clean);
  stage.push('acme/rooted:1', asRoot);
  stage.push('other/shop:1', await cleanImage('arm64'));
});
afterAll(() => stage.close());

describe('pratique sweep', () => {
  test('judges every image of a registry once, and each of its names', async () => {
    const noon = { now: () => new Date('2026-11-21T12:00:00Z') }; // both runs are of one day, whenever this one ends
    const { code, out, err } = await sweep(
      [stage.name('**'), '--ledger', 'all', '-o', 'jsonl=all.jsonl', '-o', 'text'],
      noon,
    );
    expect(err).toBe('3 images to judge\n');
    expect(code).toBe(1);
    expect(out).toContain('3 images under 6 names, 1 admitted, 2 refused, 0 undecided; policy stage');
    const images = (await linesOf('all.jsonl')).filter(({ kind }) => kind === 'image');
    const names = images.flatMap(({ names: all }) =>
      all.map(({ name, result }: Record<string, string>) => [name, result]),
    );
    expect(Object.fromEntries(names)).toEqual({
      [stage.name('acme/rooted:1')]: 'refused',
      [stage.name('acme/shop:1.0.0')]: 'admitted',
      [stage.name('acme/shop:1.0.1')]: 'admitted',
      [stage.name('acme/shop:1.1.0')]: 'admitted',
      [stage.name('acme/shop:latest')]: 'admitted',
      [stage.name('other/shop:1')]: 'refused',
    });
    expect(JSON.stringify(images)).toContain('hygiene.root-user');
    // the same command on the same day
    stage.registry.seen();
    const again = await sweep([stage.name('**'), '--ledger', 'all'], noon);
    expect(again.code).toBe(1);
    expect(again.out).toContain('3 images under 6 names, 1 admitted, 2 refused, 0 undecided');
    expect(stage.registry.seen().filter((line) => line.includes('/blobs/'))).toEqual([]);
  });

  test('takes names and patterns from standard input, and only some tags of repositories', async () => {
    const list = `# ours\n${stage.name('acme/shop')}   # the shop\n\n${stage.name('acme/rooted:*')}\n`;
    const { code, out, err } = await sweep(
      ['-', '--newest', '1', '--tags', '1.*', '--ledger', 'some', '-o', 'csv'],
      input(list),
    );
    expect(err).toBe('1 image to judge, 3 names left out\n');
    expect(
      out
        .split('\r\n')
        .slice(1, -1)
        .map((row) => row.split(',')[0]),
    ).toEqual([stage.name('acme/shop:1.0.1'), stage.name('acme/shop:1.1.0')]);
    expect(code).toBe(0);
  });

  test('a name that is not there is undecided, and keeps no other from being judged', async () => {
    const { code, out } = await sweep([
      stage.name('acme/shop:1.0.0'),
      stage.name('acme/gone:1'),
      '--ledger',
      'gone',
    ]);
    expect(code).toBe(3);
    expect(out).toContain('1 admitted, 0 refused, 0 undecided, 1 name not found out');
    expect(out).toMatch(/not found .*acme\/gone:1.*404/);
  });

  test('a line of a list that is no name is told, and keeps no other from being judged', async () => {
    const { code, out } = await sweep(
      ['-', '--ledger', 'torn'],
      input(`A B\n${stage.name('acme/shop:1.0.0')}\n`),
    );
    expect(code).toBe(3);
    expect(out).toContain('1 admitted, 0 refused, 0 undecided, 1 name not found out');
  });

  test('a pattern that nothing fits is no success', async () => {
    const { code, out } = await sweep([
      stage.name('acme/shop:1.0.0'),
      stage.name('acme/shop:9.*'),
      stage.name('typo/**'),
      '--ledger',
      'typo',
    ]);
    expect(code).toBe(3);
    expect(out.match(/lists nothing that fits/g)).toHaveLength(2);
  });

  test('tells what changed since the last sweep', async () => {
    const at = (day: string) => ({ now: () => new Date(`2026-11-${day}T10:00:00Z`) });
    await sweep([stage.name('acme/rooted:1'), '--ledger', 'trend'], at('20'));
    const { out } = await sweep([stage.name('acme/rooted:1'), '--ledger', 'trend'], at('21'));
    expect(out).toContain('since the last sweep: 0 new findings, 0 fixed, 1 still there');
  });

  test('goes on after midnight with what was killed before it, and judges nothing twice on one day', async () => {
    const names = [stage.name('acme/shop:1.0.0'), stage.name('acme/rooted:1')];
    const run = (at: string) => sweep([...names, '--ledger', 'midnight'], { now: () => new Date(at) });
    const verdicts = async () => (await stage.read('midnight')).match(/"kind":"verdict"/g)?.length;
    await run('2026-11-20T23:59:00Z');
    const whole = await stage.read('midnight');
    await stage.write('midnight', whole.slice(0, whole.indexOf('\n', whole.indexOf('"kind":"verdict"')) + 1));
    expect((await run('2026-11-21T00:01:00Z')).out).toContain('2 images under 2 names');
    expect(await verdicts()).toBe(2);
    // That one is over. Of the new day is what was judged on it.
    await run('2026-11-21T10:00:00Z');
    expect(await verdicts()).toBe(3);
    expect((await run('2026-11-21T11:00:00Z')).code).toBe(1);
    expect(await verdicts()).toBe(3);
  });

  test('attests each verdict, and promotes what is admitted', async () => {
    const attested = await sweep([
      stage.name('acme/shop:1.1.0'),
      '--ledger',
      'attest',
      '--key',
      'gate.key',
      '--attest',
    ]);
    expect(attested.code).toBe(0);
    const admitted = await stage.pratique(['admit', stage.name('acme/shop:1.1.0'), '--key', 'gate.pub']);
    expect(admitted.code).toBe(0);
    const { code } = await sweep([
      stage.name('acme/shop:1.0.*'),
      stage.name('acme/rooted:1'),
      '--ledger',
      'promote',
      '--promote',
      stage.name('mirror'),
    ]);
    expect(code).toBe(1);
    const mirror = (repository: string) => [
      ...stage.registry.store.repository(`mirror/acme/${repository}`).tags.keys(),
    ];
    expect(mirror('shop')).toEqual(['1.0.0', '1.0.1']);
    expect(mirror('rooted')).toEqual([]);
  });

  test.each([
    [['no image is named'], []],
    [['names no registry'], ['**']],
    [['--newest "0" is no number'], ['x.test/a', '--newest', '0']],
    [['--max-age "soon" is no duration'], ['x.test/a', '--max-age', 'soon']],
    [
      ['"pdf" is not a format', 'text, jsonl, csv, html'],
      ['x.test/a', '-o', 'pdf'],
    ],
    [
      ['--promote', 'is no place in a registry'],
      ['x.test/a', '--promote', 'A B'],
    ],
    [['--board shows a queue, and none is named'], ['x.test/a', '--board', '127.0.0.1:0']],
    [['--as does not go with sweep'], ['x.test/a', '--as', 'b']],
    [['--passphrase-file - does not go with sweep'], ['x.test/a', '--passphrase-file', '-']],
    [
      ['--pods "none.json" could not be read', 'kubectl get pods'],
      ['--pods', 'none.json'],
    ],
  ])('says in one sentence %j', async (words, argv) => {
    const { code, err } = await sweep([...argv, '--ledger', 'never']);
    expect(code).toBe(2);
    for (const word of words) expect(err).toContain(word);
  });

  test('a key that does not open ends it before anything is judged', async () => {
    await stage.write('locked.key', makeKey().publicPem);
    const { code, err } = await sweep([
      stage.name('acme/shop:1.0.0'),
      '--key',
      'locked.key',
      '--attest',
      '--ledger',
      'key',
    ]);
    expect(code).toBe(2);
    expect(err).toContain('KEY_INVALID');
  });
});
