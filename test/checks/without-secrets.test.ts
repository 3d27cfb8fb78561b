import { describe, expect, test } from 'vitest';
import {
  errorWithoutSecrets,
  findingWithoutSecrets,
  makeWithoutSecrets,
  withoutSecrets,
} from '../../src/checks/without-secrets.ts';
import { PratiqueError } from '../../src/errors.ts';
import type { Finding } from '../../src/model/finding.ts';
import { prepareCustomRules } from '../../src/scan/custom/custom-rules.ts';
import { acmeToken, customRule } from '../scan/custom/rules.ts';
import { validToken } from '../scan/images.ts';

const clean = makeWithoutSecrets(prepareCustomRules([customRule({ pattern: 'acme_[a-z]{2}_[0-9a-f]{16}' })]));
const TOKEN = validToken('told');

describe('what is told beside a finding', () => {
  test('holds no secret that a rule of the policy knows, nor one that a built-in rule does', () => {
    expect(clean(`a ${acmeToken()} b ${TOKEN} c`)).toBe('a [secret] b [secret] c');
    expect(withoutSecrets(`a ${acmeToken()} b ${TOKEN} c`)).toBe(`a ${acmeToken()} b [secret] c`);
  });

  test('holds none that is written as base64', () => {
    const text = Buffer.from(`x = ${acmeToken()}; the rest`).toString('base64');
    expect(clean(text)).not.toContain(text.slice(8, 32));
  });

  test('is left out whole where it cannot be looked through, and the next is not', () => {
    const real = performance.now;
    let clock = 0;
    performance.now = () => (clock += 20_000);
    try {
      expect(clean(`a ${acmeToken()}`)).toBe('[secret]');
    } finally {
      performance.now = real;
    }
    expect(clean('a harmless text')).toBe('a harmless text');
    expect(clean(`a ${acmeToken()}`)).toBe('a [secret]');
  });

  test('is clean in every part of a fault, and without the cause that says the same', () => {
    const fault = new PratiqueError(
      'TAR_INVALID',
      { what: `a ${acmeToken()}`, where: TOKEN, why: 'why', next: `try ${acmeToken('b')}` },
      { cause: new Error(TOKEN) },
    );
    const told = errorWithoutSecrets(fault, clean);
    expect(told.problem).toEqual({ what: 'a [secret]', where: '[secret]', why: 'why', next: 'try [secret]' });
    expect([told.code, told.cause, told.message.includes('acme_eu')]).toEqual([
      'TAR_INVALID',
      undefined,
      false,
    ]);
  });

  test('is clean in every text of a finding, whose fingerprint stays', () => {
    const finding: Finding = {
      rule: 'hygiene.root-user',
      severity: 'low',
      confidence: 'high',
      message: `it runs as ${acmeToken()}`,
      remedy: 'none',
      where: { field: `config.ExposedPorts["${acmeToken()}"]` },
      args: { user: acmeToken(), port: 1, list: [acmeToken('b'), 'x'] },
      fingerprint: '0123456789abcdef',
    };
    expect(findingWithoutSecrets(finding, clean)).toEqual({
      ...finding,
      message: 'it runs as [secret]',
      where: { field: 'config.ExposedPorts["[secret]"]' },
      args: { user: '[secret]', port: 1, list: ['[secret]', 'x'] },
    });
  });
});
