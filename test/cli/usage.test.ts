import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';

describe('a wrong command line', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
    await writeFile(join(folder, '.git'), '');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function told(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    const terminal = fakeTerminal(argv, { cwd: folder });
    const code = await run(terminal);
    return { code, ...terminal.text() };
  }

  test.each([
    [[], 'name a command'],
    [['chekc', 'nginx'], 'did you mean pratique check?'],
    [['check', 'nginx', '--sinse', 'main'], 'did you mean --since?'],
    [['trust', 'refesh'], 'try refresh'],
    [['allow', 'foo'], 'use one of list, test, lint'],
    [['promote', 'a'], 'promote needs SOURCE and TARGET'],
    [['admit'], 'name one, as in pratique admit'],
    [['explain'], 'explain needs SUBJECT'],
    [['check', 'nginx', '--policy'], '--policy needs a value'],
    [['demo', 'nginx'], 'demo does not take "nginx"'],
    [['check'], 'no image is named'],
    [['check', 'nginx', '--plattform', 'linux/amd64'], 'plattform'],
    [['check', 'UPPER/case'], 'all lower case'],
    [['check', 'nginx', '-o', 'pdf'], 'is not a format'],
    [['check', 'nginx', '-o', 'json', '-o', 'sarif'], 'cannot share standard output'],
    [['check', 'nginx', '-o', 'json='], 'names no file'],
    [['check', 'nginx', '--policy', 'missing.yaml'], 'missing.yaml'],
    [['check', 'nginx', '--attest'], 'needs a key'],
    [['check', 'nginx', '--key', 'x.key'], 'signs nothing'],
    [['check', 'nginx', '--attest', '--key', 'missing.key'], 'missing.key'],
    [['check', 'a', 'b', '--as', 'c'], '--as goes with one image'],
    [['check', 'nginx', '--as', 'c'], 'does not go with'],
    [['check', 'oci:'], 'names no file or folder'],
    [['admit', 'nginx'], 'whose verdicts count'],
    [['admit', 'nginx', '--key', 'missing.pub'], 'missing.pub'],
    [['inspect', 'nginx', '-o', 'xml'], 'use one of text, json'],
  ])('%j ends with 2 and says %s', async (argv, words) => {
    const { code, out, err } = await told(...argv);
    expect(err.replaceAll(/\s+│?\s*/g, ' ')).toContain(words);
    expect(code).toBe(2);
    expect(out).toBe('');
  });

  test('a mistake in the policy is named with its line and column, and ends with 2', async () => {
    await writeFile(
      join(folder, 'pratique.yaml'),
      'version: 1\nimages:\n  - match: "**"\n    max-age: soon\n',
    );
    const { code, err } = await told('check', 'nginx');
    expect(err).toContain('pratique.yaml:4:14 images.0.max-age');
    expect(code).toBe(2);
  });

  test('a rule of contents that there is not ends with 2: it would enforce nothing', async () => {
    await writeFile(
      join(folder, 'pratique.yaml'),
      'version: 1\nchecks: { secrets: off, secrets.githb-token: fail, miners.program: warn }\n',
    );
    const { code, err } = await told('check', 'nginx');
    expect(err).toContain('"secrets.githb-token"');
    expect(err).not.toContain('miners.program');
    expect(code).toBe(2);
  });

  test('--help and --version are answers: 0, on standard output', async () => {
    const help = await told('--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('pratique check');
    const version = await told('--version');
    expect(version).toMatchObject({ code: 0, err: '' });
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await told('check', '--help')).out).toContain('--attest');
  });

  test('an archive that is not there is undecided, not a usage fault', async () => {
    const { code, out } = await told('check', 'oci-archive:missing.tar');
    expect(out).toContain('UNDECIDED');
    expect(out).toContain('missing.tar');
    expect(code).toBe(3);
  });
});
