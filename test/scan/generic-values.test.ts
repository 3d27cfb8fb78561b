import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkChosenPassword,
  checkLiteralPassword,
  checkRandomValue,
} from '../../src/scan/validators/chosen-password.ts';
import {
  checkExpiredJwt,
  checkLastingJwt,
  detailsOfServiceAccountJwt,
} from '../../src/scan/validators/jwt.ts';
import { isPublishedExample } from '../../src/scan/validators/known-examples.ts';
import { isMadeUp, isPlaceholder } from '../../src/scan/validators/placeholder.ts';
import { isRandomValue } from '../../src/scan/validators/random-value.ts';
import { makeScanner, scanText } from './scan-text.ts';

const scanner = makeScanner();

function token(claims: unknown): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'RS256' })}.${encode(claims)}.${createHash('sha256').update('x').digest('base64url')}`;
}

describe('isRandomValue', () => {
  it('knows nearly every value that was drawn at random, in hexadecimal and in base62', () => {
    const seeds = Array.from({ length: 400 }, (_, index) =>
      createHash('sha512').update(String(index)).digest(),
    );
    const hex = seeds.filter((seed) => isRandomValue(seed.toString('hex').slice(0, 32)));
    const base62 = seeds.filter((seed) =>
      isRandomValue(seed.toString('base64').replace(/[+/=]/g, '').slice(0, 40)),
    );
    expect(hex.length).toBeGreaterThan(390);
    expect(base62.length).toBeGreaterThan(350);
  });

  it.each([
    'isValidBase64EncodedSSECustomerKey',
    'node.declarationList.declarations',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '00000000-0000-0000-0000-000000000000',
    'correct-horse-battery-staple',
    '2026-11-21T10:00:00.000Z',
    'abcabcabcabcabcabcabcabc',
  ])('takes no name, no measure and no pattern: %s', (text) => expect(isRandomValue(text)).toBe(false));

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof isRandomValue(text) === 'boolean'));
  });
});

describe('passwords that somebody made up', () => {
  it.each(['Night7Harbour!', '4ian1234', 'super$ecret', 'Rrhh1234'])('takes %s', (text) =>
    expect(checkChosenPassword(text)).toBe('plausible'),
  );
  it.each([
    'string',
    'Passw0rd!',
    'changeme123',
    'getPassword()',
    'env.TEST_PASSWORD',
    'SOME_PASSWORD',
    '#add-password',
    'arn:aws:iam::aws:policy/X1',
    'identitytoolkit#VerifyPasswordResponse',
    '/run/secrets/db1',
  ])('refuses %s', (text) => expect(checkChosenPassword(text)).toBe('refuted'));

  it('takes a word only where the syntax leaves no doubt', () => {
    expect(checkLiteralPassword('whiteduke')).toBe('plausible');
    expect(checkChosenPassword('whiteduke')).toBe('refuted');
    expect(checkLiteralPassword('$1')).toBe('refuted');
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const check of [checkChosenPassword, checkLiteralPassword, checkRandomValue])
          expect(['plausible', 'refuted']).toContain(check(text));
      }),
    );
  });
});

describe('values that were typed', () => {
  it('refuses a row of the alphabet, and takes a value with one in it for a hint', () => {
    expect(isPlaceholder('0123456789abcdef0123456789abcdef')).toBe(true);
    expect(isMadeUp('a1b2c3d4e5f6a7b8c9d0e1f2')).toBe(true);
    expect(isMadeUp(createHash('sha256').update('gate').digest('hex'))).toBe(false);
  });

  it('reports one as a mere hint', () => {
    const [hit] = scanText(scanner, 'app.password=a1b2c3d4e5f6a7b8!Kq\n', { path: 'srv/app.properties' });
    expect(hit).toMatchObject({ rule: 'secrets.named-secret', confidence: 'low' });
  });
});

describe('isPublishedExample', () => {
  it("knows the key of the storage emulator, and none of one's own", () => {
    const key = [
      'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsu',
      'Fq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
    ].join('');
    expect(isPublishedExample(key)).toBe(true);
    expect(isPublishedExample(key.replace('Eby8', 'Eby9'))).toBe(false);
  });
});

describe('tokens and their days', () => {
  it('tells an expired token from a lasting one, whatever day it is', () => {
    const [old, lasting] = [token({ sub: 'gate', exp: 1577836800 }), token({ sub: 'gate' })];
    expect([checkExpiredJwt(old), checkLastingJwt(old)]).toEqual(['plausible', 'refuted']);
    expect([checkExpiredJwt(lasting), checkLastingJwt(lasting)]).toEqual(['refuted', 'plausible']);
  });

  it('takes the token of jwt.io for no secret', () => {
    expect(checkLastingJwt(token({ sub: '1234567890', name: 'John Doe' }))).toBe('refuted');
  });

  it('tells what a service account token opens', () => {
    const details = detailsOfServiceAccountJwt(
      token({
        aud: ['https://api'],
        sub: 'system:serviceaccount:kube-system:gate',
        'kubernetes.io': { pod: {} },
      }),
    );
    expect(details).toMatchObject({
      namespace: 'kube-system',
      account: 'gate',
      form: 'bound',
      audience: 'https://api',
      rights: 'runs the cluster',
    });
  });
});

describe('rules that see the same value', () => {
  it('tell of it once', () => {
    const hits = scanText(scanner, 'password=Night7Harbour\n', { path: 'usr/share/doc/manual.txt' });
    expect(hits).toHaveLength(1);
  });
});
