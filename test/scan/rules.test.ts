import { describe, expect, it } from 'vitest';
import { measurePattern } from '../../src/scan/pattern-shape.ts';
import type { SecretRule } from '../../src/scan/rule.ts';
import { RULE_SET } from '../../src/scan/rule-set.ts';
import { makeScanner, scanText } from './scan-text.ts';

/** Findings that stand beside another in the same text by design. */
const BESIDE: ReadonlyMap<string, readonly string[]> = new Map([
  ['secrets.aws-key-pair', ['secrets.aws-access-key-id']],
]);
const scanner = makeScanner();

/** A path or a field in which the rule looks. */
function placeOf({ places }: SecretRule): string {
  const tries = [
    'config.Env[0]',
    '.env',
    'root/.pgpass',
    'root/.m2/settings.xml',
    'etc/shadow',
    'root/.cargo/credentials',
    'root/.azure/msal_token_cache.json',
    'srv/a.tfstate',
    'root/.config/remmina/remmina.pref',
    'srv/notes.txt',
    'root/.psql_history',
  ];
  return places === undefined ? 'srv/file' : (tries.find((path) => places.test(path)) ?? 'none');
}

function rulesHit(rule: SecretRule, text: string): string[] {
  const place = placeOf(rule);
  const subject = place.startsWith('config.') ? { field: place } : { path: place };
  return [...new Set(scanText(scanner, text, subject).map((hit) => hit.rule))];
}

describe.each(RULE_SET.secrets.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it('is shaped as a rule: id, keywords, texts, examples on both sides', () => {
    expect(id).toMatch(/^secrets\.[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(rule.examples.length).toBeGreaterThan(0);
    expect(rule.counterExamples.length).toBeGreaterThan(0);
    expect(rule.pattern.flags.replace('i', '')).toBe('');
    for (const text of [rule.what, rule.remedy, rule.source, rule.provider])
      expect(text).not.toMatch(/\.$|\n/);
    for (const keyword of rule.keywords) {
      expect(keyword.length, keyword).toBeGreaterThanOrEqual(4);
      expect(keyword).toMatch(/^[\t\n\r\x20-\x7e]+$/);
    }
  });

  it('has a pattern that is linear by construction', () => {
    expect(measurePattern(rule.pattern)).toMatchObject({ faults: [] });
    expect(rule.pattern.source).toContain('(?<secret>');
  });

  it('is hit by each of its examples, and no other rule is', () => {
    for (const [index, example] of rule.examples.entries()) {
      const text = example();
      const others = BESIDE.get(id) ?? [];
      expect(
        rulesHit(rule, text).filter((hit) => !others.includes(hit)),
        `example ${index}`,
      ).toEqual([id]);
      const lower = text.toLowerCase();
      expect(
        rule.keywords.some((keyword) => lower.includes(keyword.toLowerCase())),
        'keyword',
      ).toBe(true);
    }
  });

  it('is hit by none of its counter-examples', () => {
    for (const [index, example] of rule.counterExamples.entries()) {
      expect(rulesHit(rule, example()), `counter-example ${index}`).not.toContain(id);
    }
  });

  it('finds each example between other bytes, in UTF-16 as well', () => {
    for (const example of rule.examples) {
      const text = `\n${example()}\n`;
      const place = placeOf(rule);
      const subject = place.startsWith('config.') ? { field: place } : { path: place };
      const plain = scanText(scanner, `${'\0'.repeat(301)}${text}${'~'.repeat(50)}`, subject).map(
        (hit) => hit.rule,
      );
      expect(plain).toContain(id);
      const wide = Buffer.concat([Buffer.alloc(7), Buffer.from(text, 'utf16le'), Buffer.alloc(7)]);
      expect(scanText(scanner, wide.toString('latin1'), subject).map((hit) => hit.rule)).toContain(id);
    }
  });
});

describe('the rule set', () => {
  it('holds each id once', () => {
    const ids = RULE_SET.secrets.map((rule) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
    const signs = RULE_SET.minerSigns.map((sign) => sign.id);
    expect(new Set(signs).size).toBe(signs.length);
  });

  it('covers at least forty kinds of secrets', () => {
    expect(RULE_SET.counts.secrets).toBeGreaterThanOrEqual(40);
    expect(RULE_SET.counts.minerSigns).toBeGreaterThanOrEqual(50);
  });
});
