import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { awsAccountOf, checkAwsSecret } from '../../src/scan/validators/aws.ts';
import { checkAnnotatedKey, checkAzureKey, marvin32 } from '../../src/scan/validators/azure-key.ts';
import { bech32Checksum, checkAgeIdentity, isBech32 } from '../../src/scan/validators/bech32.ts';
import {
  base62Checksum,
  checkBase36Tail,
  checkBase62Tail,
  checkBase64Tail,
  checkGrafanaTail,
  checkHexTail,
} from '../../src/scan/validators/checksum.ts';
import { entropyOf } from '../../src/scan/validators/entropy.ts';
import { checkJwt, checkServiceAccountJwt, detailsOfJwt } from '../../src/scan/validators/jwt.ts';
import { checkAssignedSecret, checkBasicLogin, checkUserInfo } from '../../src/scan/validators/login.ts';
import { checkEncryptedPem, checkOpenPem, detailsOfPem } from '../../src/scan/validators/pem.ts';
import { crc24 } from '../../src/scan/validators/pgp.ts';
import { isPlaceholder } from '../../src/scan/validators/placeholder.ts';

const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (header: unknown, claims: unknown, signature = 'c2lnbmF0dXJlLW9mLXNvbWUtbGVuZ3Ro') =>
  `${b64(header)}.${b64(claims)}.${signature}`;

describe('checksums', () => {
  it('know the CRC-32 of "123456789" (0xcbf43926) in each coding', () => {
    const text = '123456789';
    expect(base62Checksum(text, 6)).toBe('3jZRME');
    expect(checkHexTail(`${text}cbf43926`)).toBe('verified');
    expect(checkGrafanaTail(`${text}_2639f4cb`)).toBe('verified');
    expect(checkBase36Tail(`${text}${(0xcbf43926).toString(36).padStart(7, '0')}`)).toBe('verified');
    expect(checkBase64Tail(`${text}Jjn0yw`)).toBe('verified');
  });

  it('verify a tail only where it is right, and refute nothing: older tokens carry none', () => {
    const entropy = 'qM4tX8vB2nC6zL0kJ3hG7fD1sA5pR9';
    expect(checkBase62Tail(`x_${entropy}${base62Checksum(entropy, 6)}`)).toBe('verified');
    expect(checkBase62Tail(`x_${entropy}000000`)).toBe('plausible');
    expect(checkHexTail('abc00000000')).toBe('plausible');
    expect(checkGrafanaTail('abc_00000000')).toBe('plausible');
    expect(checkBase36Tail('abc0000000')).toBe('plausible');
    expect(checkBase64Tail('abcAAAAAA')).toBe('plausible');
  });

  it('know the CRC-24 of "123456789"', () => {
    expect(crc24(Buffer.from('123456789'))).toBe(0x21cf02);
  });
});

describe('bech32', () => {
  it('accepts what it makes, and no other last letter', () => {
    const data = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.repeat(2).slice(0, 52);
    const good = `age-secret-key-1${data}${bech32Checksum('age-secret-key-', data)}`;
    expect(isBech32(good)).toBe(true);
    expect(checkAgeIdentity(good.toUpperCase())).toBe('verified');
    expect(isBech32(`${good.slice(0, -1)}${good.endsWith('q') ? 'p' : 'q'}`)).toBe(false);
    expect(isBech32(`${good.slice(0, -1)}B`)).toBe(false);
  });
});

describe('AWS', () => {
  it('tells the account of a key id, as published with the way to decode it', () => {
    expect(awsAccountOf(['AS', 'IAQNZGKIQY56JQ7WML'].join(''))).toBe('029608264753');
    expect(awsAccountOf('AKIA11111111')).toBeUndefined();
  });

  it('takes no commit, path or word for a secret key', () => {
    for (const text of [
      '0123456789abcdef0123456789abcdef01234567',
      'usr/share/applications/defaults/Lists12',
    ]) {
      expect(checkAwsSecret(text)).toBe('refuted');
    }
  });
});

describe('Azure keys', () => {
  it('carry a Marvin32 checksum over what is before it', () => {
    const body = Buffer.alloc(60);
    createHash('sha512').update('storage').digest().copy(body);
    Buffer.from('A+ASt', 'base64').copy(body, 57);
    const seed = { low: 0x756c7430, high: 0x44656661 };
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(marvin32(body, seed));
    const whole = Buffer.concat([body, sum]).toString('base64');
    const key = `${whole.slice(0, 76)}+ASt${whole.slice(80)}`;
    const marked = Buffer.from(key, 'base64');
    sum.writeUInt32LE(marvin32(marked.subarray(0, 60), seed));
    const good = Buffer.concat([marked.subarray(0, 60), sum]).toString('base64');
    expect(good).toContain('+ASt');
    expect(checkAzureKey(good)).toBe('verified');
    expect(checkAzureKey(good.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')))).toBe('plausible');
  });

  it('of the annotated form are only plausible with another checksum', () => {
    expect(checkAnnotatedKey('A'.repeat(84))).toBe('plausible');
  });
});

describe('private keys', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();

  it.each([
    ['as written', pem],
    ['with escaped line ends', pem.replaceAll('\n', '\\n')],
    ['with twice escaped line ends', pem.replaceAll('\n', '\\\\r\\\\n')],
    [
      'quoted line by line',
      pem
        .trim()
        .split('\n')
        .map((line) => `"${line}\\n" +\n`)
        .join('  '),
    ],
    ['indented, as in YAML', pem.replaceAll('\n', '\n      ')],
    ['in one line with blanks', pem.replaceAll('\n', ' ')],
  ])('parse %s', (_, text) => {
    expect(checkOpenPem(text)).toBe('verified');
    expect(detailsOfPem(text)).toEqual({ key: 'rsa 1024' });
  });

  it('are plausible where they are cut off, and refuted where they are words', () => {
    expect(checkOpenPem(pem.slice(0, 400))).toBe('plausible');
    expect(
      checkOpenPem(
        `${['-----BEGIN', 'PRIVATE KEY-----'].join(' ')}\nput your key between these two lines please\n`,
      ),
    ).toBe('refuted');
  });

  it('under a pass phrase are another matter', () => {
    const options = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
    for (const type of ['pkcs1', 'pkcs8'] as const) {
      const text = privateKey.export({ ...options, type }).toString();
      expect(checkOpenPem(text)).toBe('refuted');
      expect(checkEncryptedPem(text)).toBe('plausible');
    }
    expect(checkEncryptedPem(pem)).toBe('refuted');
  });
});

describe('JSON web tokens', () => {
  it('count where they are signed, whatever the day', () => {
    const token = jwt({ alg: 'RS256' }, { iss: 'https://id.acme.test', exp: 1_600_000_000 });
    expect(checkJwt(token)).toBe('plausible');
    expect(detailsOfJwt(token)).toEqual({
      issuer: 'https://id.acme.test',
      expires: '2020-09-13T12:26:40.000Z',
    });
  });

  it('do not count unsigned, without JSON or without an algorithm', () => {
    expect(checkJwt(jwt({ alg: 'none' }, {}))).toBe('refuted');
    expect(checkJwt(jwt({ alg: 'HS256' }, {}, ''))).toBe('refuted');
    expect(checkJwt(jwt({ typ: 'JWT' }, {}))).toBe('refuted');
    expect(checkJwt(jwt('text', {}))).toBe('refuted');
    expect(checkJwt('eyJhbGciOi.eyJ.x')).toBe('refuted');
  });

  it('of Kubernetes name the cluster, in either form', () => {
    expect(checkServiceAccountJwt(jwt({ alg: 'RS256' }, { iss: 'kubernetes/serviceaccount' }))).toBe(
      'verified',
    );
    expect(checkServiceAccountJwt(jwt({ alg: 'RS256' }, { 'kubernetes.io': { namespace: 'a' } }))).toBe(
      'verified',
    );
    expect(checkServiceAccountJwt(jwt({ alg: 'RS256' }, { iss: 'https://id.acme.test' }))).toBe('refuted');
  });

  it('print what they tell, without control characters', () => {
    const text = JSON.stringify(
      detailsOfJwt(jwt({ alg: 'RS256' }, { iss: 'a\u001b[31m', sub: 5, exp: 9e99 })),
    );
    expect(text).toBe('{"issuer":"a\\\\u{1b}[31m"}');
  });
});

describe('logins', () => {
  it.each([
    'gate:hQ7vN2xK9pLs@db.acme-prod.net',
    ':hQ7vN2xK9pLs@10.0.0.3',
    'gate:p%40ss-W0rt9@db.acme-prod.net',
  ])('in %s are plausible', (text) => {
    expect(checkUserInfo(text)).toBe('plausible');
  });

  it.each([
    'user:password@db.acme-prod.net',
    'postgres:postgres@db',
    'root:root@localhost',
    `user:$\{PASSWORD}@host`,
    'user:$PASSWORD@host',
    'user:%s@host',
    'user:<password>@host',
    'user:hQ7vN2xK9pLs@db.example.com',
    'user:p%61ssword@db.acme-prod.net',
  ])('in %s are none', (text) => {
    expect(checkUserInfo(text)).toBe('refuted');
  });

  it('in base64 are a name and a password that is no sample', () => {
    expect(checkBasicLogin(Buffer.from('gate:hQ7vN2xK9pLs').toString('base64'))).toBe('verified');
    for (const text of ['user:password', 'no colon in it', ':x', 'gate:\u0001\u0002\u0003']) {
      expect(checkBasicLogin(Buffer.from(text).toString('base64'))).toBe('refuted');
    }
  });

  it('by name are values, not references to somewhere else', () => {
    expect(checkAssignedSecret('hQ7vN2xK9pLs')).toBe('plausible');
    for (const text of [
      '/run/secrets/db',
      'https://id.acme.test',
      '$TOKEN',
      'self._token',
      'my-secret-name',
      'DB_PASSWORD',
      'changeme',
    ]) {
      expect(checkAssignedSecret(text), text).toBe('refuted');
    }
  });
});

describe('isPlaceholder', () => {
  it.each([
    ['AK', 'IAIOSFODNN7EXAMPLE'].join(''),
    'changeme',
    'change-me-now',
    '<token>',
    `$\{X}`,
    '$(cat f)',
    '{{ x }}',
    'xxxxxxxx',
    'aaaaaaaaaaaa',
    'your_api_key',
    '****',
    '%s',
    '#{secret}',
    '[token]',
    'token_0123456789abcdef0123',
  ])('knows %s', (text) => expect(isPlaceholder(text)).toBe(true));

  it('takes nothing that was drawn at random', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    const random = Array.from({ length: 3000 }, (_, i) =>
      [...createHash('sha256').update(String(i)).digest()].map((byte) => alphabet[byte % 62]).join(''),
    );
    expect(random.filter(isPlaceholder)).toEqual([]);
  });
});

describe('entropyOf', () => {
  it('is 0 for one letter, 1 for two in equal parts, 4 for each hex digit once', () => {
    expect([entropyOf('aaaa'), entropyOf('abab'), entropyOf('0123456789abcdef')]).toEqual([0, 1, 4]);
    expect(entropyOf('')).toBe(0);
  });
});
