import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseCommandLine } from '../src/cli/command-line.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { understandPlugin } from '../src/cli/docker-plugin.ts';
import { LINES } from '../src/cli/git-hook.ts';
import { fakeTerminal } from './support/fake-terminal.ts';

const PAGE = readFileSync(new URL('../docs/hooks.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , body = '']) => body);

describe('the page about hooks', () => {
  test('names the same lines everywhere, and git installs them', () => {
    const lefthook = parse(blocks('yml').find((block) => block.includes('jobs')) ?? '');
    expect(lefthook['pre-commit'].jobs[0].run).toBe(LINES['pre-commit']);
    expect(lefthook['pre-push'].jobs[0].run.replace('{1}', '"$1"')).toBe(LINES['pre-push']);
    expect(lefthook['pre-push'].jobs[0].use_stdin).toBe(true);
    for (const line of Object.values(LINES)) {
      expect(PAGE).toContain(`| \`${line}\` |`);
      expect(blocks('sh')).toContain(`${line}\n`);
    }
  });

  test('configures hooks that this repository has', () => {
    const hooks = parse(readFileSync(new URL('../.pre-commit-hooks.yaml', import.meta.url), 'utf8'));
    const config = parse(blocks('yml').find((block) => block.includes('repos:')) ?? '');
    const ids = hooks.map(({ id }: { id: string }) => id);
    expect(config.repos[0].hooks.map(({ id }: { id: string }) => id)).toEqual(ids);
    for (const { id, entry, stages } of hooks)
      expect(PAGE).toContain(`| \`${id}\` | \`${entry}\` with the files | ${stages.join(', ')} |`);
  });

  test.each(Object.values(LINES))('names a line that pratique understands: %s', async (line) => {
    const [, ...argv] = line.replace('"$1"', 'origin').split(' ');
    expect('command' in (await parseCommandLine(argv, COMMANDS, 100))).toBe(true);
  });

  test.each(blocks('console').flatMap((block) => block.trim().split('\n')))(
    'names a line that docker hands on and pratique understands: %s',
    async (line) => {
      const [, , ...argv] = line.split(' ');
      const terminal = fakeTerminal(['docker-cli-plugin', ...argv]);
      expect('command' in (await understandPlugin(terminal))).toBe(true);
    },
  );
});
