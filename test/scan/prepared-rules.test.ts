import { describe, expect, it } from 'vitest';
import { prepareRules } from '../../src/scan/prepared-rules.ts';
import type { SecretRule } from '../../src/scan/rule.ts';
import { makeRuleSet, RULE_SET } from '../../src/scan/rule-set.ts';
import { makeScanner, scanText } from './scan-text.ts';

const [ANY] = RULE_SET.secrets as [SecretRule, ...SecretRule[]];

function ruleOf(some: Partial<SecretRule>): SecretRule {
  const { check: _, minEntropy: __, places: ___, before: ____, ...rest } = ANY;
  return { ...rest, id: 'secrets.lark', checkDecides: true, ...some };
}

function keywordsOf(rule: SecretRule): readonly string[] {
  const { keywords, matcher } = prepareRules(makeRuleSet([rule], []));
  return keywords.flatMap(({ wide }, index) =>
    wide ? [] : [Buffer.from(matcher.keywords[index] ?? []).toString('latin1')],
  );
}

describe('prepareRules', () => {
  const keywords = ['lark_key', 'Lark', 'larkspur', 'dove'];

  it('looks for no keyword that begins with another where the match begins with it, and finds the same', () => {
    const rule = ruleOf({ keywords, pattern: /(?:lark|dove)(?:_key|spur)?=(?<secret>[0-9a-z]{8})/i });
    expect(keywordsOf(rule)).toEqual(['dove', 'lark']);
    const scanner = makeScanner({ rules: makeRuleSet([rule], []) });
    const text = 'LARK_KEY=q7k2m9x4 larkspur=z8w3n6v1 dove=h5j9p2r7';
    expect(scanText(scanner, text).map(({ offset }) => offset)).toEqual([9, 27, 41]);
  });

  it('tells keywords apart by their case where the pattern does', () => {
    const rule = ruleOf({
      keywords: ['Lark', 'lark_key'],
      pattern: /(?:Lark|lark_key)=(?<secret>[0-9a-z]{8})/,
    });
    expect(keywordsOf(rule)).toEqual(['lark', 'lark_key']);
  });

  it('keeps all where something may stand before the keyword', () => {
    const rule = ruleOf({ keywords, before: 4, pattern: /[a-z]{0,4}(?:lark|dove)=(?<secret>[0-9a-z]{8})/i });
    expect(keywordsOf(rule)).toHaveLength(4);
  });

  it('takes a pattern with one secret alone', () => {
    // Node 22 takes no pattern with two groups of one name; where one does, it must not come through here.
    const group = '(?<secret>[a-z]{8})';
    const twice = () => new RegExp(`lark=(?:${group}|${group})`);
    const prepare = () => prepareRules(makeRuleSet([ruleOf({ keywords, pattern: twice() })], []));
    expect(prepare).toThrow(/two groups|Duplicate capture group name/);
  });

  it('holds as much around a keyword as the patterns that ship want, and no more', () => {
    const { mostBefore, mostAfter } = prepareRules(makeRuleSet(RULE_SET.secrets, RULE_SET.minerSigns));
    expect(RULE_SET.reach).toEqual({ before: mostBefore, after: mostAfter });
  });

  it('runs no pattern that wants more than is held', () => {
    const rule = ruleOf({ keywords: ['lark='], pattern: /lark=(?<secret>[0-9a-z]{8,90})(?![0-9a-z])/ });
    const rules = { ...makeRuleSet([rule], []), reach: { before: 1, after: 90 } };
    expect(() => scanText(makeScanner({ rules }), 'lark=q7k2m9x4 ')).toThrow('wants more than is held');
  });
});
