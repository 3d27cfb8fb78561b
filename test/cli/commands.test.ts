import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { wordsOf } from '../../src/cli/command-words.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { knownIds } from '../../src/cli/known-ids.ts';
import { run } from '../../src/cli/main.ts';
import { FORMAT_NAMES } from '../../src/report/format-names.ts';
import { MAN_PAGE, manPage } from '../../testdata/make-man.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';

const told = async (...argv: string[]) => {
  const terminal = fakeTerminal(argv);
  return { code: await run(terminal), ...terminal.text() };
};
const all = await Promise.all(COMMANDS.map(wordsOf));

/** The words of `pratique …` in a line for a shell: up to a pipe, a redirection or the end of a substitution. */
function argvOf(line: string): readonly string[] {
  const [, words = ''] = /pratique ((?:"[^"]*"|[^"|>)])*)/.exec(line) ?? [];
  return [...words.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

describe.each(all)('pratique $name', ({ name, about, options, positionals, examples }) => {
  test('has a help that says everything it takes, with an example', async () => {
    const { code, out, err } = await told(name, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^pratique ${name}\\b`));
    for (const option of options) expect(out).toContain(`--${option.name}`);
    expect(out).toContain('Examples:');
    expect(examples.length).toBeGreaterThan(0);
  });

  test('has a word about each option, without a full stop', () => {
    for (const one of [...options, ...positionals]) {
      expect(one.about, one.name).toMatch(/^\S.*[^.\s]$/s);
    }
    expect(about).toMatch(/^[A-Z].*[^.]$/);
  });

  test.each(examples)('understands its example: $line', async ({ line, about: what }) => {
    const wish = await parseCommandLine(argvOf(line), COMMANDS, 100);
    expect('command' in wish).toBe(true);
    expect(argvOf(line)[0]).toBe(name);
    expect(what).not.toBe('');
  });
});

test('each command is in the help of all', async () => {
  const { out } = await told('--help');
  for (const { usage } of all) expect(out).toContain(`pratique ${usage}`);
});

test('the manual page is the one that the commands make', async () => {
  expect(readFileSync(MAN_PAGE, 'utf8'), 'node testdata/make-man.ts').toBe(await manPage());
});

describe('a completion script', () => {
  const script = async (shell: string) => (await told('completion', shell)).out;

  test.each(['bash', 'zsh', 'fish'])('for %s knows every command, option, format and id', async (shell) => {
    const text = await script(shell);
    for (const { name, options } of all) {
      expect(text).toContain(name);
      for (const option of options)
        expect(text).toContain(shell === 'fish' ? `-l ${option.name}` : `--${option.name}`);
    }
    expect(text).toContain(FORMAT_NAMES.join(' '));
    expect(text).toContain((await knownIds()).join(' '));
  });

  test('completes in bash, which runs nothing for it', async () => {
    const asks = [
      ['chec'],
      ['check', '--pla'],
      ['check', '-o', 'js'],
      ['refs', '--output', ''],
      ['trust', ''],
      ['explain', 'hygiene.root'],
      ['check', '--policy', 'x'],
      ['check', 'ghcr'],
    ];
    const lines = asks.map(
      (words) =>
        `COMP_WORDS=(pratique ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; COMPREPLY=(); _pratique; echo "\${COMPREPLY[*]}"`,
    );
    const out = execFileSync('/bin/bash', ['--norc', '-c', [await script('bash'), ...lines].join('\n')], {
      env: { PATH: '/nonexistent' },
    }).toString();
    expect(out.split('\n')).toEqual([
      'check',
      '--platform',
      'json',
      'text json sarif',
      'refresh',
      'hygiene.root-user',
      '',
      '',
      '',
    ]);
  });

  test('is for a shell that is known', async () => {
    const { code, err } = await told('completion', 'tcsh');
    expect(err).toContain('tcsh');
    expect(code).toBe(2);
  });
});
