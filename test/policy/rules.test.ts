import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { readGitleaks } from '../../src/policy/rules/gitleaks-file.ts';
import { prepareCustomRules } from '../../src/scan/custom/custom-rules.ts';
import { NOW } from '../checks/samples.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rules-'));
  mkdirSync(join(dir, '.git'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** The policy with these rule files beside it. */
function load(files: Readonly<Record<string, string>>, policy?: string): Promise<Policy> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const listed = Object.keys(files).filter((name) => !name.startsWith('beside/'));
  writeFileSync(join(dir, 'pratique.yaml'), policy ?? `version: 1\nrules: ${JSON.stringify(listed)}\n`);
  return loadPolicy({ cwd: dir, env: {}, now: NOW });
}

async function faultsOf(files: Readonly<Record<string, string>>, policy?: string): Promise<string> {
  const error: unknown = await load(files, policy).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PratiqueError)) throw new Error(`no fault, but ${String(error)}`);
  expect(error.code).toMatch(/^POLICY_/);
  return error.problem.why ?? '';
}

const OURS = `version: 1
rules:
  - id: acme-token
    what: Acme deploy token
    keywords: [Acme_]
    pattern: 'acme_(?P<token>[0-9a-f]{8})'
    secret: token
    entropy: 2.5
    paths: ['**/*.env']
    except-paths: [usr/share/**]
    allow: { words: [TEST], patterns: ['^0000'] }
    severity: critical
    confidence: medium
    remedy: Revoke it in the Acme console
    examples: ['x=acme_0123abcd']
    counter-examples: ['acme_test', "acme_00001234"]
`;

describe('a file of rules', () => {
  test('is read whole, with the place of each part', async () => {
    const { rules, remarks } = await load({ 'rules/acme.yaml': OURS });
    expect(remarks).toEqual([]);
    expect(rules).toMatchObject([
      {
        id: 'secrets.custom-acme-token',
        what: 'Acme deploy token',
        keywords: ['acme_'],
        pattern: 'acme_(?P<token>[0-9a-f]{8})',
        secret: 'token',
        entropy: 2.5,
        paths: [['**', '*.env']],
        exceptPaths: [['usr', 'share', '**']],
        allow: [{ all: false, target: 'secret', words: ['test'], patterns: ['^0000'], paths: [] }],
        severity: 'critical',
        confidence: 'medium',
        remedy: 'Revoke it in the Acme console',
        shown: 'rules/acme.yaml',
      },
    ]);
    expect(rules[0]?.places.get('pattern')).toBe('6:14');
    expect(rules[0]?.places.get('counter-examples.1')).toBe('16:37');
    expect(() => prepareCustomRules(rules)).not.toThrow();
  });

  test('may be JSON, as that is YAML', async () => {
    const rule = { id: 'a', what: 'b', keywords: ['key'], pattern: 'key=x', examples: ['key=x'] };
    const { rules } = await load({ 'a.yaml': JSON.stringify({ version: 1, rules: [rule] }) });
    expect(rules).toMatchObject([
      { id: 'secrets.custom-a', severity: 'high', confidence: 'high', entropy: 0 },
    ]);
  });

  test('has its rules counted in the digest of the policy, their examples not', async () => {
    const digest = async (text: string) => (await load({ 'a.yaml': text })).stamp.digest;
    const plain = await digest(OURS);
    expect(await digest(OURS.replace('0123abcd', '0123abce'))).toBe(plain);
    expect(await digest(`# more\n${OURS}`)).toBe(plain);
    for (const [before, after] of [
      ['[0-9a-f]{8}', '[0-9a-f]{9}'],
      ['critical', 'low'],
      ['[Acme_]', '[Acm_]'],
      ['TEST', 'TESTS'],
      ['2.5', '2.4'],
    ] as const)
      expect(await digest(OURS.replace(before, after)), after).not.toBe(plain);
  });

  test('that has no keywords is said to be slow', async () => {
    const { remarks } = await load({ 'a.yaml': OURS.replace('    keywords: [Acme_]\n', '') });
    expect(remarks).toEqual([
      'a.yaml: secrets.custom-acme-token has no keywords and runs over every byte: it is slow',
    ]);
  });

  test('is refused with file, line and column for everything that is wrong in it', async () => {
    const wrong = OURS.replace('what: Acme deploy token', 'wat: Acme')
      .replace('id: acme-token', 'id: Acme Token')
      .replace('critical', 'grave')
      .replace('[Acme_]', '[ä]')
      .replace('2.5', '9')
      .replace("['**/*.env']", "['a//b']");
    const lines = (await faultsOf({ 'rules/a.yaml': wrong })).split('\n');
    expect(lines.map((line) => line.split(': ')[0])).toEqual([
      'rules/a.yaml:3:5 rules.0.what',
      'rules/a.yaml:3:9 rules.0.id',
      'rules/a.yaml:4:5 rules.0.wat',
      'rules/a.yaml:5:16 rules.0.keywords.0',
      'rules/a.yaml:8:14 rules.0.entropy',
      'rules/a.yaml:9:13 rules.0.paths.0',
      'rules/a.yaml:12:15 rules.0.severity',
    ]);
  });

  test.each([
    ['no examples', OURS.replace(/ {4}examples.*\n/, ''), /rules\.0\.examples: a list is missing/],
    ['no rules', 'version: 1\nrules: []\n', /there is no rule in it/],
    ['another version', OURS.replace('version: 1', 'version: 2'), /version 1/],
    [
      'the same rule twice',
      OURS + OURS.slice(OURS.indexOf('  - id')),
      /another rule is secrets\.custom-acme-token/,
    ],
    ['an alias', 'version: 1\nrules: &a [*a]\n', /an anchor is not taken/],
  ])('is refused where it has %s', async (_name, text, message) => {
    expect(await faultsOf({ 'a.yaml': text })).toMatch(message);
  });

  test('is refused where it is not there', async () => {
    expect(await faultsOf({}, 'version: 1\nrules: [nowhere.yaml]\n')).toMatch(/no such file/);
  });

  test('adds to what a baseline of the policy demands, and replaces nothing of it', async () => {
    const base = `version: 1\nrules: [beside/a.yaml]\n`;
    const own = 'version: 1\nextends: beside/../base.yaml\nrules: [b.yaml]\n';
    const other = OURS.replace('acme-token', 'other-token');
    const files = { 'beside/a.yaml': OURS, 'b.yaml': other, 'base.yaml': base };
    expect((await load(files, own)).rules.map(({ id }) => id)).toEqual([
      'secrets.custom-acme-token',
      'secrets.custom-other-token',
    ]);
    expect(await faultsOf({ ...files, 'b.yaml': OURS }, own)).toMatch(
      /the file that this one extends has a rule secrets\.custom-acme-token/,
    );
  });
});

const GITLEAKS = String.raw`
title = "acme"
[extend]
useDefault = true
disabledRules = ["generic-api-key"]

[[rules]]
id = "Acme_Token"
description = "Acme token, found by its prefix."
regex = '''\bacme_([0-9a-f]{8})\b'''
entropy = 2
keywords = ["ACME_"]
tags = ["acme", "deploy"]
secretGroup = 1
path = '''(?i)\.env$'''
  [[rules.allowlists]]
  condition = "AND"
  regexTarget = "line"
  regexes = ['''# test$''']
  paths = ['''^srv/''']
  [[rules.allowlists]]
  stopWords = ["Example"]
  commits = ["0123456"]

[[rules]]
id = "old-style"
regex = '''old-[a-z]{4}'''
[rules.allowlist]
regexes = ["old-test"]

[[allowlists]]
targetRules = ["old-style"]
paths = ["^docs/"]
[allowlist]
stopwords = ["sample"]
`;

describe('a file of gitleaks rules', () => {
  test('is carried over', async () => {
    const { rules } = await load({ 'gitleaks.toml': GITLEAKS });
    expect(rules).toMatchObject([
      {
        id: 'secrets.custom-acme-token',
        what: 'Acme token, found by its prefix',
        pattern: String.raw`\bacme_([0-9a-f]{8})\b`,
        pathPattern: String.raw`(?i)\.env$`,
        keywords: ['acme_'],
        secret: 1,
        entropy: 2,
        tags: ['acme', 'deploy'],
        severity: 'high',
        confidence: 'high',
        allow: [
          { all: true, target: 'line', patterns: ['# test$'], paths: ['^srv/'], words: [] },
          { all: false, target: 'secret', words: ['example'] },
          { all: false, target: 'secret', words: ['sample'] },
        ],
      },
      {
        id: 'secrets.custom-old-style',
        keywords: [],
        allow: [{ patterns: ['old-test'] }, { words: ['sample'] }, { paths: ['^docs/'] }],
      },
    ]);
    expect(rules[1]?.places.get('')).toBe('25:1');
    expect(rules[1]?.places.get('pattern')).toBe('27:1');
    expect(() => prepareCustomRules(rules)).not.toThrow();
  });

  test('that has no rule says so', async () => {
    const { remarks } = await load({ 'g.toml': 'title = "acme"\n' });
    expect(remarks).toEqual(['g.toml: there is no rule in it']);
  });

  test('says all that has no counterpart here', async () => {
    const more = `${GITLEAKS}
[[rules]]
id = "pair"
regex = "pair-[0-9]+"
keywords = ["pair"]
verify = true
[[rules.required]]
id = "acme_token"
[[rules]]
id = "part"
regex = "part"
skipReport = true
[[rules]]
id = "aws-access-token"
[rules.allowlist]
regexes = ["x"]
`;
    const { remarks, rules } = await load({ 'g.toml': more });
    expect(rules.map(({ id }) => id.slice(15))).toEqual(['acme-token', 'old-style', 'pair']);
    for (const said of [
      /^g\.toml: rules\.2\.verify is not known/,
      /commits in an allow-list of Acme_Token spare nothing/,
      /old-style has no keywords .* slow/,
      /pair is taken without its required: it finds more/,
      /part is not carried over: it reports nothing/,
      /aws-access-token is not carried over: it has no regex/,
      /useDefault: the rules of gitleaks are not here/,
      /disabledRules names rules that are not here \("generic-api-key"\)/,
      /global allow-lists spare values of its own rules only/,
    ])
      expect(
        remarks.filter((remark) => said.test(remark)),
        String(said),
      ).toHaveLength(1);
    expect(remarks).toHaveLength(9);
  });

  test('takes what it extends, without what it disables, and with what it changes', async () => {
    const base = `
[[rules]]
id = "one"
regex = "one-[0-9]+"
keywords = ["one-"]
[[rules]]
id = "two"
regex = "two-[0-9]+"
keywords = ["two-"]
[[rules]]
id = "three"
regex = "three"
keywords = ["three"]
`;
    const own = `
[extend]
path = "base.toml"
disabledRules = ["three"]
[[rules]]
id = "one"
regex = "uno-[0-9]+"
keywords = ["uno-"]
[[rules]]
id = "two"
entropy = 3.5
keywords = ["due-"]
[rules.allowlist]
stopwords = ["0000"]
`;
    const { rules } = await load(
      { 'beside/g.toml': own, 'beside/base.toml': base },
      'version: 1\nrules: [beside/g.toml]\n',
    );
    expect(rules).toMatchObject([
      { id: 'secrets.custom-one', pattern: 'uno-[0-9]+', keywords: ['uno-'] },
      {
        id: 'secrets.custom-two',
        pattern: 'two-[0-9]+',
        keywords: ['two-', 'due-'],
        entropy: 3.5,
        allow: [{ words: ['0000'] }],
      },
    ]);
  });

  test.each([
    ['no TOML', '[[rules]]\nid = "a\n', /^g\.toml:2:\d+: /],
    ['a rule without an id', '\n[[rules]]\nregex = "a"\n', /^g\.toml:2:1 rules\.0\.id: /],
    ['a wrong kind', '[[rules]]\nid = "a"\nregex = 1\n', /^g\.toml:3:1 rules\.0\.regex: /],
    [
      'one id twice',
      '[[rules]]\nid = "a"\nregex="b"\n[[rules]]\nid = "A"\nregex="c"\n',
      /^g\.toml:4:1 rules\.1\.id: a rule before it/,
    ],
    [
      'two ids that are one here',
      '[[rules]]\nid = "a_b"\nregex="b"\n[[rules]]\nid = "-a.b-"\nregex="c"\n',
      /^g\.toml:4:1 rules\.1\.id: a rule before it/,
    ],
    ['an id without a letter', '[[rules]]\nid = "--"\nregex="b"\n', /no letter or digit/],
    ['itself extended', '[extend]\npath = "g.toml"\n', /more than 3 files extend/],
  ])('is refused with its line where it is or has %s', async (_name, text, message) => {
    expect(await faultsOf({ 'g.toml': text })).toMatch(message);
  });

  test('tells the line of a pattern that RE2 does not take', async () => {
    const { rules } = await load({ 'g.toml': '[[rules]]\nid = "a"\nkeywords = ["x"]\nregex = "(?!a)x"\n' });
    expect(() => prepareCustomRules(rules)).toThrow(/g\.toml:4:1 a\.pattern: it is no pattern in RE2 syntax/);
  });

  test('is read or refused, whatever its text is', () => {
    const pieces = fc.constantFrom(
      '[[rules]]\n',
      '[rules.allowlist]\n',
      'id = "a"\n',
      'regex = 1\n',
      '__proto__ = 1\n',
      '[',
      '"',
      '\n',
      'a.b = {c = [1, 2]}\n',
      '1979-05-27',
      "'''",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => {
          const read = readGitleaks(text);
          if ('file' in read) expect(Array.isArray(read.unknown)).toBe(true);
          else for (const { place } of read) expect(place).toMatch(/^[1-9]\d*:[1-9]\d*$/);
        },
      ),
    );
  });
});

describe('the page on rules', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/rules.md', import.meta.url)), 'utf8');
  const blocks = (language: string) =>
    [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
      .filter(([, name]) => name === language)
      .map(([, , text = '']) => text);

  test.each([
    ['yml', 'a.yaml'],
    ['toml', 'a.toml'],
  ])('shows files that are taken: %s', async (language, name) => {
    expect(blocks(language).length).toBeGreaterThan(0);
    for (const text of blocks(language)) {
      const { rules } = await load({ [name]: text });
      expect(rules.length).toBeGreaterThan(0);
      expect(() => prepareCustomRules(rules)).not.toThrow();
    }
  });
});
