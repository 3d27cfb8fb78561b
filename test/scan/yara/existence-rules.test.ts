import { describe, expect, test } from 'vitest';
import { asksOnlyForExistence } from '../../../src/scan/yara/existence-rules.ts';
import { rulesIn, tokensOf } from '../../../src/scan/yara/yara-tokens.ts';
import { yaraRule } from './yara-rules.ts';

const A = '$a = "x"';

describe('rules that are run on many files at once', () => {
  test.each([
    [A, '$a'],
    ['$a = "x" nocase wide ascii fullword private', '($a)'],
    [`${A} $b = "y"`, '$a and ($b or any of them)'],
    [`${A} $b = "y"`, '2 of them'],
    [`${A} $b = "y"`, 'all of ($a*, $b)'],
    ['$a = { 61 ?? [2-4] (62 | 63) [9] 64 }', '$a'],
    ['$a = /ab+c[0-9a-f]{3,7}\\.example\\/x?/i', '$a'],
    ['$a = /(foo|bar)?baz\\.com/ fullword', '$a'],
    ['$a = "a \\" } condition: not" // rule x { condition: not\n', '$a'],
    ['$a = "x" /* $b = "y" xor */', '$a'],
  ])('ask only whether something is there: %s, %s', (strings, condition) => {
    expect(asksOnlyForExistence(yaraRule(strings, condition))).toBe(true);
  });

  test.each([
    ['not $a'],
    ['none of them'],
    ['0 of them'],
    ['50% of them'],
    ['#a > 2'],
    ['@a[1] < 10'],
    ['!a[1] == 1'],
    ['$a at 0'],
    ['$a in (0..10)'],
    ['any of them in (0..10)'],
    ['$a and filesize < 10'],
    ['$a and uint32(0) == 0x464c457f'],
    ['for any of them : ($)'],
    ['for all i in (1..3) : (@a[i] > 0)'],
    ['$a and other'],
    ['true'],
    ['$a or true'],
    ['$a and defined $a'],
  ])('never ask %s', (condition) => {
    expect(asksOnlyForExistence(yaraRule(A, condition))).toBe(false);
  });

  test.each([
    ['$a = "x" xor'],
    ['$a = "x" base64'],
    ['$a = "xyz" base64wide'],
    ['$a = /abc(.{20}z)?/ fullword'],
    ['$a = /abc.?/ nocase fullword'],
    ['$a = /^x/'],
    ['$a = /x$/'],
    ['$a = /\\bx/'],
    ['$a = /x.*y/'],
    ['$a = /x.+y/s'],
    ['$a = /x.{1,900}y/s'],
    ['$a = /(xy){3}/'],
    ['$a = /x[^y]*z/'],
    ['$a = /x[\\S\\s]*z/'],
    ['$a = /x(.|\\n)*z/'],
    ['$a = { 61 [-] 62 }'],
    ['$a = { 61 [10-] 62 }'],
    ['$a = { 61 [60] 62 }  $b = { 61 [200] 62 }'],
    ['$a = { 61 [60] [60] 62 }'],
    [`$a = { 61 ${'?? '.repeat(120)} 62 }`],
  ])('never have a pattern that is read with what adjoins, or with a long gap: %s', (strings) => {
    expect(asksOnlyForExistence(yaraRule(strings, 'any of them'))).toBe(false);
  });

  test('never stand beside a module or a global rule, nor in an empty file', () => {
    const plain = yaraRule(A, '$a');
    expect(asksOnlyForExistence(`${plain} ${yaraRule(A, '$a', 'second')}`)).toBe(true);
    expect(asksOnlyForExistence(`import "elf" ${plain}`)).toBe(false);
    for (const before of ['global', 'private global', 'global private'])
      expect(asksOnlyForExistence(`${before} rule g { condition: filesize > 1 } ${plain}`)).toBe(false);
    expect(asksOnlyForExistence(`${plain} ${yaraRule(A, 'not $a', 'second')}`)).toBe(false);
    expect(asksOnlyForExistence('')).toBe(false);
    expect(asksOnlyForExistence('no rule at all')).toBe(false);
  });
});

test('names of rules are read around comments, texts, patterns and braces that look like rules', () => {
  const text = `
    // rule no1 { condition: true }
    import "pe" /* rule no2 { */
    private rule one : tag1 tag2 { meta: a = "rule no3 { condition: true }" strings: $a = { 61 [2] 62 } $b = /\\/ rule no4 {/ condition: $a and $b }
    rule two{condition:one}`;
  expect(rulesIn(tokensOf(text)).rules.map(({ name }) => name)).toEqual(['one', 'two']);
});
