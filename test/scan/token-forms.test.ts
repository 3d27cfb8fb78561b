import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measurePattern } from '../../src/scan/pattern-shape.ts';
import { announcedTokens, either, formTokens, withHexDigit } from '../../src/scan/rules/forms/form-token.ts';
import { alnum, hex, joined } from '../../src/scan/rules/named/named-token.ts';
import { checkGrafanaTail, checkZuploTail } from '../../src/scan/validators/checksum.ts';
import { checkGrafanaLegacyKey } from '../../src/scan/validators/json-token.ts';
import { checkMixedBody, checkMixedCase, checkTokenBody } from '../../src/scan/validators/token-body.ts';

const BASE = { provider: 'Acme', keywords: ['acm_'], source: 'Acme documentation, Keys' };

describe('a token that its form gives away', () => {
  it('is refuted where it says itself that it is none', () => {
    const blanked = [
      'acm_xxxxxxxxxxxxxxxxxxxx',
      'acm_EXAMPLE9f8e7d6c5b4a',
      `acm_\${ACME_KEY}`,
      'acm_<your-key>',
    ];
    for (const text of blanked) expect(checkTokenBody(text), text).toBe('refuted');
  });

  it('is refuted where one character makes most of it', () => {
    expect(checkTokenBody('acm_00000000000000000000000000000a1b2c3d')).toBe('refuted');
    expect(checkTokenBody('aaa_bbbbbbbb')).toBe('refuted');
  });

  it('counts though a row of digits stands in it: form and length are right', () => {
    expect(checkTokenBody('acm_1234567890abcdef1234567890abcdef')).toBe('plausible');
  });

  it('is no name of a program, where its prefix is short', () => {
    for (const text of ['acm_someLongSettingName', 'acm_some_long_setting_2', 'ACM_SOME_LONG_SETTING_2'])
      expect(checkMixedBody(text), text).toBe('refuted');
    expect(checkMixedBody('acm_q7Vn2xKd81Lm')).toBe('plausible');
  });

  it('has digits between letters and letters between digits, where it is written in one case', () => {
    for (const text of ['acm_configuration_settings', 'acm_settings_2019', 'acm_20190418'])
      expect(checkMixedCase(text), text).toBe('refuted');
    expect(checkMixedCase('acm_q7vn2xkd81lm')).toBe('plausible');
  });

  it('is judged without fault, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const check of [checkTokenBody, checkMixedBody, checkMixedCase, checkZuploTail])
          expect(['verified', 'plausible', 'refuted']).toContain(check(text));
      }),
    );
  });
});

describe('checksums of single providers', () => {
  it("prove a Zuplo key by the CRC-32 of its body, and only by the right one: cbf43926 is that of '123456789'", () => {
    expect(checkZuploTail('zpka_123456789_cbf43926')).toBe('verified');
    expect(checkZuploTail('zpka_123456789_cbf43927')).toBe('plausible');
  });

  it('prove no Grafana token that says it is invalid, though its checksum is right', () => {
    expect(checkGrafanaTail('glsa_iNValIdinVaLid_00000000')).toBe('refuted');
  });

  it('prove no old Grafana key whose key is an example', () => {
    const key = (k: string) => Buffer.from(JSON.stringify({ k, n: 'gate', id: 1 })).toString('base64');
    expect(checkGrafanaLegacyKey(key('EXAMPLETESTTESTEnnhZjjl3Xz9Z4'))).toBe('refuted');
    expect(checkGrafanaLegacyKey(key('q7Vn2xKd81LmT4sWz9YpB3cR6hJ0uEaG'))).toBe('verified');
  });
});

describe('rules made of rows', () => {
  const [rule] = formTokens([
    { ...BASE, id: 'acme-key', forms: [joined('acm_', either('live', 'test'), '_', alnum(24))] },
  ]);
  const [announced] = announcedTokens([
    { ...BASE, id: 'acme-old-key', lead: 'acm_key=', shown: 'acm_key=', forms: [hex(32)] },
  ]);

  it('match the whole token and nothing longer', () => {
    const token = `acm_live_${'q7Vn2xKd81LmT4sWz9YpB3cR'}`;
    expect(rule?.pattern.exec(` ${token} `)?.groups?.['secret']).toBe(token);
    expect(rule?.pattern.test(`${token}x`)).toBe(false);
    expect(rule?.pattern.test(`x${token}`)).toBe(false);
  });

  it('isolate the token behind what announces it', () => {
    expect(
      announced?.pattern.exec(`ACM_KEY=${'0123456789abcdef'.repeat(2)}`)?.groups?.['secret'],
    ).toHaveLength(32);
    expect(announced?.pattern.test('0123456789abcdef'.repeat(2))).toBe(false);
  });

  it('are linear by construction, have examples of each form, and counter-examples that their pattern could take for one', () => {
    for (const made of [rule, announced]) {
      expect(made && measurePattern(made.pattern).faults).toEqual([]);
      expect(made?.examples.every((example) => made.pattern.test(example()))).toBe(true);
      expect(made?.counterExamples.length).toBeGreaterThan(1);
    }
  });

  it('tell prefixes of hexadecimal tokens from words by one more letter', () => {
    expect(withHexDigit('key_')).toHaveLength(16);
    expect(withHexDigit('key_')).toContain('key_f');
  });
});
