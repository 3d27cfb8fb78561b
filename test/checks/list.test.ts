import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CHECK_WORDS } from '../../src/checks/check-words.ts';
import { CHECKS } from '../../src/checks/list.ts';
import { CHECK_NAMES, checkOf } from '../../src/policy/check-names.ts';
import { CHECKS_PAGE, withCheckWords } from '../../testdata/make-checks.ts';
import { CASES } from './cases.ts';

const ids = CHECKS.map(({ id }) => id);
const HELPERS = [
  'active-checks.ts',
  'check.ts',
  'list.ts',
  'make-finding.ts',
  'build-date.ts',
  'outcome.ts',
  'without-secrets.ts',
  'content-findings.ts',
  'demotion.ts',
  'check-words.ts',
  'name/imitated-host.ts',
];

describe('a check is known by one id', () => {
  test('in the list and to the policy, in the same order', () => {
    expect(CHECK_NAMES.map(({ id }) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('as the path of its file', () => {
    const files = readdirSync(new URL('../../src/checks', import.meta.url), { recursive: true })
      .map((file) => String(file).replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.ts') && !HELPERS.includes(file) && !file.startsWith('words/'))
      .filter((file) => file.split('/').length <= 2); // deeper: parts of a check
    expect(files.sort()).toEqual(ids.map((id) => `${id.replace('.', '/')}.ts`).sort());
  });

  test('by words, of which docs/checks.md is made', () => {
    expect(Object.keys(CHECK_WORDS).sort()).toEqual([...ids].sort());
    const page = readFileSync(CHECKS_PAGE, 'utf8');
    expect(withCheckWords(page), 'node testdata/make-checks.ts').toBe(page);
  });

  test('as a heading of docs/checks.md, where its rules and default level stand too', () => {
    const text = readFileSync(new URL('../../docs/checks.md', import.meta.url), 'utf8');
    const sections = new Map(
      text
        .split(/^## /m)
        .slice(1)
        .map((section) => [section.slice(0, section.indexOf('\n')), section]),
    );
    expect([...sections.keys()]).toEqual(ids);
    for (const { id, level, rules } of CHECK_NAMES) {
      const section = sections.get(id) ?? '';
      for (const part of ['What', 'Why', 'Evidence', 'Remedy', 'Settings'])
        expect(section).toContain(`**${part}**`);
      expect(section.replace(/\s+/g, ' ')).toContain(`Default level: ${level}`);
      for (const rule of rules === 'any' ? [`${id}.`] : rules) expect(section).toContain(`\`${rule}\``);
    }
  });

  test('with a good and a bad case', () => {
    expect(Object.keys(CASES)).toEqual(ids);
  });
});

describe.each(Object.entries(CASES))('%s', (id, { good, bad }) => {
  test('finds nothing in the good case', () => {
    expect(good()).toEqual([]);
  });

  test('finds something in the bad case, by a rule that the policy knows as its own', () => {
    const findings = bad();
    expect(findings.length).toBeGreaterThan(0);
    for (const { rule, message, remedy, fingerprint } of findings) {
      expect(checkOf(rule)?.id).toBe(id);
      expect(message).not.toMatch(/\.$/);
      expect(remedy).not.toBe('');
      expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  test('says the same in the next run', () => {
    expect(bad()).toEqual(bad());
  });
});
