import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseCommandLine } from '../src/cli/command-line.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { run } from '../src/cli/main.ts';
import { loadPolicy } from '../src/policy/load.ts';
import { makeKey } from './support/cosign.ts';
import { fakeTerminal } from './support/fake-terminal.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
]
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));

const NAMES = COMMANDS.map(({ name }) => name.split(' ')[0] ?? '');

/** The fenced blocks of a page in a language. */
function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , body = '']) => body);
}

/** The inline code of a page. */
function spans(text: string): readonly string[] {
  return [...text.replaceAll(/^```.*?^```$/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  await writeFile(join(folder, '.git'), '');
  await writeFile(join(folder, 'gate.key'), makeKey().privatePem);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a policy in the documentation', () => {
  const policies = PAGES.flatMap(({ name, text }) =>
    blocks(text, 'yaml').map((yaml, index) => ({ name: `${name}, example ${index + 1}`, yaml })),
  );

  test('is in the README', () => {
    expect(policies.map(({ name }) => name)).toContain('README.md, example 1');
  });

  test.each(policies)('is one that pratique takes: $name', async ({ yaml }) => {
    const { signers = {} } = parse(yaml) as { signers?: Record<string, { key?: string }> };
    for (const { key } of Object.values(signers)) {
      if (key === undefined || key.includes(':') || key.includes('-----')) continue;
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), makeKey().publicPem);
    }
    const file = join(folder, 'example.yaml');
    await writeFile(file, yaml);
    const policy = await loadPolicy({ file, cwd: folder, env: {}, now: new Date() });
    expect(policy.stamp.digest).toMatch(/^sha256:/);
  });
});

describe('a command line in the documentation', () => {
  const lines = PAGES.flatMap(({ name, text }) => [
    ...blocks(text, 'sh').flatMap((block) => block.split('\n').map((line) => ({ name, line }))),
    ...spans(text).map((line) => ({ name, line })),
  ]).flatMap(({ name, line }) => {
    const [, words] = /(?:^|&& )(?:npx )?pratique ([a-z].*?)(?: +#.*)?$/.exec(line) ?? [];
    return words === undefined ? [] : [{ name, words }];
  });

  const told = async (...argv: string[]) => {
    const terminal = fakeTerminal(argv, { cwd: folder });
    return { code: await run(terminal), ...terminal.text() };
  };

  test('is in the README for every command', () => {
    const commands = lines.filter(({ name }) => name === 'README.md').map(({ words }) => words.split(' ')[0]);
    expect(new Set(commands)).toEqual(new Set(NAMES));
  });

  test.each(lines)('is one that pratique understands: $name, pratique $words', async ({ words }) => {
    const argv = words.replace('IMAGE', 'ghcr.io/acme/shop').split(' ');
    const [command = ''] = argv;
    expect((await told(command, '--help')).out).toMatch(new RegExp(`^pratique ${command}\\b`));
    if (argv.length === 1) return; // the command's name alone, in a sentence
    const wish = await parseCommandLine(argv, COMMANDS, 100);
    expect('command' in wish).toBe(true);
    if (!(await told(command, '--help')).out.includes('--policy')) return;
    // Everything is read before the policy, and nothing is sent before it: one that is missing ends the run there.
    const { code, err } = await told(...argv, '--policy', 'nowhere.yaml');
    expect(err).toContain('POLICY_NOT_FOUND');
    expect(code).toBe(2);
  });

  test('names no option that there is not', async () => {
    const helps = await Promise.all(NAMES.map((name) => told(name, '--help')));
    const known = new Set(helps.flatMap(({ out }) => out.match(/--[a-z][a-z-]*/g) ?? []));
    const named = PAGES.flatMap(({ text }) => spans(text)).flatMap(
      (span) => /^--[a-z][a-z-]*/.exec(span) ?? [],
    );
    expect(named).not.toEqual([]);
    expect(named.filter((option) => !known.has(option))).toEqual([]);
  });

  test('stands beside all exit codes that the help names', async () => {
    const { out } = await told('--help');
    const README = PAGES[0]?.text ?? '';
    for (const code of out.match(/(?<=Exit codes: .*)\b\d+/g) ?? [])
      expect(README).toContain(`\n| ${code} | `);
    expect(out).toMatch(/Exit codes: 0 .*130/);
  });

  test('knows every variable of the environment that the help names, and the other way round', async () => {
    const { out } = await told('--help');
    const said = new Set(out.match(/PRATIQUE_[A-Z_]+/g));
    const sources = readdirSync(join(ROOT, 'src/cli'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(ROOT, 'src/cli', name), 'utf8'));
    const read = new Set(sources.join('\n').match(/(?<=env\[')PRATIQUE_[A-Z_]+/g));
    read.delete('PRATIQUE_DEBUG'); // for whoever mends pratique
    expect(said).toEqual(read);
  });
});

test('the library example in the README imports names that there are', async () => {
  const README = PAGES[0]?.text ?? '';
  const names = blocks(README, 'ts').flatMap((block) =>
    [...block.matchAll(/^import \{([^}]*)\} from 'pratique';$/gm)].flatMap(([, list = '']) =>
      list.split(','),
    ),
  );
  const library: Record<string, unknown> = await import('../src/index.ts');
  expect(names).not.toEqual([]);
  for (const name of names) expect(library[name.trim()], name).toBeTypeOf('function');
});
