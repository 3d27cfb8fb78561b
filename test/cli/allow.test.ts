import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stage, setStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  await stage.write(
    'list.yaml',
    'owner: us # kept\nentries:\n  - image: nginx\n    tags: ">=1.25 <2"\n    reason: web\n    until: 2999-01-01\n',
  );
  await stage.write(
    'lists.yaml',
    'version: 1\nsources: {allow: ["ghcr.io/acme/**"], allow-lists: [list.yaml]}\n',
  );
});
afterAll(() => stage.close());

const allow = (...argv: string[]) => stage.pratique(['allow', ...argv]);
const POLICY = ['--policy', 'lists.yaml'];

describe('pratique allow', () => {
  test('list tells every line with its place, its end and its reason: 0', async () => {
    const { code, out } = await allow('list', ...POLICY);
    expect(out).toContain('ghcr.io/acme/**');
    expect(out).toContain(
      'docker.io/library/nginx (>=1.25.0 <2.0.0-0)  (list.yaml:3; until 2999-01-01; web)',
    );
    expect(code).toBe(0);
  });

  test('test tells by which line each name is allowed: 0, or that it is not: 1', async () => {
    const good = await allow('test', 'nginx:1.27', 'ghcr.io/acme/a', ...POLICY);
    expect(good.out).toContain('admitted  docker.io/library/nginx:1.27: allowed by list.yaml:3');
    expect(good.code).toBe(0);
    const bad = await allow('test', 'nginx:1.27', 'nginx:2.1', ...POLICY);
    expect(bad.out).toContain('refused   docker.io/library/nginx:2.1: no line of the policy allows');
    expect(bad.code).toBe(1);
  });

  test('lint finds nothing against lines that are in use, and what no file needs: 1', async () => {
    expect((await allow('lint', ...POLICY)).code).toBe(0);
    await stage.write('Dockerfile', 'FROM ghcr.io/acme/a:1\n');
    const { code, out } = await allow('lint', '--refs', ...POLICY);
    expect(out).toContain('list.yaml:3: unused: docker.io/library/nginx');
    expect(out).not.toContain('ghcr.io/acme');
    expect(code).toBe(1);
  });

  test('add puts a line at the end of a list: 0', async () => {
    const before = await stage.read('list.yaml');
    const { code } = await allow(
      'add',
      'quay.io/acme/*',
      '--file',
      'list.yaml',
      '--reason',
      'metrics',
      '--tags',
      'v3.*',
    );
    expect(code).toBe(0);
    expect(await stage.read('list.yaml')).toBe(
      `${before}  - image: quay.io/acme/*\n    tags: v3.*\n    reason: metrics\n`,
    );
    expect((await allow('test', 'quay.io/acme/a:v3.1', ...POLICY)).code).toBe(0);
  });

  test('add leaves a list alone that would not be one any more: 2', async () => {
    const before = await stage.read('list.yaml');
    for (const argv of [
      ['a//b', '--file', 'list.yaml', '--reason', 'x'],
      ['nginx', '--file', 'list.yaml', '--reason', 'x', '--until', 'tomorrow'],
      ['nginx', '--file', 'list.yaml', '--reason', 'x', '--tags', '>=one'],
      ['nginx', '--file', 'list.yaml'],
      ['nginx', '--reason', 'x'],
      ['nginx', '--file', 'new.yaml', '--reason', 'x'],
      ['nginx', '--file', 'new.json', '--reason', 'x', '--owner', 'me'],
    ])
      expect((await allow('add', ...argv)).code, argv.join(' ')).toBe(2);
    expect(await stage.read('list.yaml')).toBe(before);
  });

  test.each([
    ['nginx\n**', 'metrics'],
    ['nginx #', 'metrics'],
    ['nginx', 'metrics until=2099-01-01'],
  ])('add puts nothing but what was asked for into a list of plain text: %j, %j', async (name, reason) => {
    await stage.write('plain.txt', 'quay.io/a/b # x\n');
    expect((await allow('add', name, '--file', 'plain.txt', '--reason', reason)).code).toBe(2);
    expect(await stage.read('plain.txt')).toBe('quay.io/a/b # x\n');
  });

  test.each([
    [['list', 'a']],
    [['test']],
    [['lint', 'a']],
    [['list', '--file', 'a']],
    [['list', '--refs']],
    [['add', 'a', 'b', '--file', 'x.txt', '--reason', 'y']],
    [['nothing']],
  ])('does not understand %j: 2', async (argv) => {
    expect((await allow(...argv, ...(argv[0] === 'add' ? [] : POLICY))).code).toBe(2);
  });

  test('says that a policy without sources allows any name: 2', async () => {
    await stage.write('open.yaml', 'version: 1\n');
    expect((await allow('list', '--policy', 'open.yaml')).err).toContain('the policy allows any name');
  });
});

describe('pratique allow import', () => {
  test('prints a policy that it reads itself: 0', async () => {
    await stage.write(
      'policy.json',
      '{"default": [{"type": "reject"}], "transports": {"docker": {"ghcr.io/acme": [{"type": "insecureAcceptAnything"}]}}}',
    );
    const { code, out, err } = await allow('import', 'policy.json');
    expect([code, err]).toEqual([0, '']);
    await stage.write('imported.yaml', out);
    expect((await allow('test', 'ghcr.io/acme/app', '--policy', 'imported.yaml')).code).toBe(0);
    expect((await allow('test', 'ghcr.io/acme-evil/app', '--policy', 'imported.yaml')).code).toBe(1);
  });

  test('reads standard input where - is named: 0', async () => {
    const text = '{"default": [{"type": "insecureAcceptAnything"}]}';
    const { code, out } = await stage.pratique(['allow', 'import', '-'], {
      in: { isTTY: false, read: async () => text, ask: async () => '' },
    });
    expect(out).toContain('# imported from -\n');
    expect(code).toBe(0);
  });

  test('tells what it did not carry over, in the policy and beside it: 3', async () => {
    await stage.write('policy.json', '{"default": [{"type": "signedBy"}]}');
    const { code, out, err } = await allow('import', 'policy.json');
    expect(code).toBe(3);
    expect(err).toContain('not carried over: policy.json:1:14: nothing is let in here: signatures of GnuPG');
    expect(out).toContain('#   policy.json:1:14: nothing is let in here');
  });

  test.each([
    ['no file', ['import']],
    ['a file that is not there', ['import', 'none.json']],
    ['what it cannot import', ['import', 'list.yaml']],
    ['an option of add', ['import', 'policy.json', '--reason', 'x']],
    ['a policy', ['import', 'policy.json', '--policy', 'lists.yaml']],
    ['standard input for another action', ['list', '-']],
  ])('%s is told: 2', async (_what, argv) => {
    const { code, out, err } = await allow(...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
  });
});
