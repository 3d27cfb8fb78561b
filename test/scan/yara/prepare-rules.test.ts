import { describe, expect, test } from 'vitest';
import { exitCodeOf, type PratiqueError } from '../../../src/errors.ts';
import { checkOf } from '../../../src/policy/check-names.ts';
import { findYaraEngine } from '../../../src/scan/yara/yara-engine.ts';
import { yaraRuleId } from '../../../src/scan/yara/yara-hit.ts';
import { prepareYaraRules, yaraRulesOf } from '../../../src/scan/yara/yara-rules.ts';
import { yaraRule, yaraRules, yaraSetting } from './yara-rules.ts';

const GOOD = yaraRule('$a = "x"', '$a', 'Good_One');

function faultOf(work: () => unknown): PratiqueError {
  try {
    work();
  } catch (thrown) {
    return thrown as PratiqueError;
  }
  throw new Error('nothing was thrown');
}

describe('rules of a policy', () => {
  test('are told with file, line and column where they do not compile, each file by itself', () => {
    const fault = faultOf(() =>
      yaraRules([
        GOOD,
        'rule a {\n  condition: foo\n}',
        GOOD,
        'rule b {',
        'import "nosuch" rule c { condition: true }',
      ]),
    );
    expect(fault.code).toBe('POLICY_INVALID');
    expect(exitCodeOf(fault)).toBe(2);
    expect(fault.problem.why?.split('\n')).toEqual([
      'rules/1.yar:2:14 unknown identifier `foo`',
      expect.stringMatching(/^rules\/3\.yar:1:\d+ syntax error$/),
      'rules/4.yar:1:1 unknown module `nosuch`',
    ]);
  });

  test('cannot include a file, nor show what is in one that was named by mistake', () => {
    const mistaken = 'password = "hunter2hunter2"\n';
    const fault = faultOf(() => yaraRules(['include "/etc/passwd"\n', mistaken]));
    expect(fault.message).toContain('rules/0.yar:1:1 error including file');
    expect(fault.message).toContain('rules/1.yar:1:1 syntax error');
    expect(fault.message).not.toMatch(/hunter2|root:/);
  });

  test('need an engine, and say how to install it', () => {
    const fault = faultOf(() =>
      prepareYaraRules(yaraSetting([GOOD]), () =>
        findYaraEngine(() => {
          throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
        }),
      ),
    );
    expect(exitCodeOf(fault)).toBe(2);
    expect(fault.message).toContain('the engine for them is not installed');
    expect(fault.message).toContain('npm install @virustotal/yara-x@');
  });

  test('are prepared once, and not at all where there are none', () => {
    const setting = yaraSetting([GOOD]);
    expect(yaraRulesOf(setting)).toBe(yaraRulesOf(setting));
    expect(yaraRulesOf(undefined)).toBeUndefined();
  });

  test('have a digest over all that decides, and nothing else', () => {
    const { digest } = yaraRules([GOOD]);
    const renamed = yaraSetting([GOOD]);
    const sources = renamed.sources.map((source) => ({ ...source, shown: 'elsewhere.yar' }));
    expect(prepareYaraRules({ ...renamed, sources }).digest).toBe(digest);
    const others = [
      yaraRules([`${GOOD} `]),
      yaraRules([GOOD, yaraRule('$a = "y"', '$a')]),
      yaraRules([GOOD], { severity: 'low' }),
      yaraRules([GOOD], { files: 'all' }),
      yaraRules([GOOD], { largerFiles: 'tell' }),
    ].map((one) => one.digest);
    expect(new Set([digest, ...others]).size).toBe(6);
  });

  test.each([
    ['Good_One', 'yara.good-one'],
    ['_x__Y9_', 'yara.x-y9'],
    ['___', 'yara.rule'],
    ['Unscanned', 'yara.unscanned-rule'],
  ])('are known to levels and exceptions by an id: %s as %s', (name, id) => {
    expect(yaraRuleId(name)).toBe(id);
    expect(checkOf(id)?.id).toBe('yara');
  });
});
