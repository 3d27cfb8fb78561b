import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IN_OWN_PROGRAMS } from '../../src/scan/rules/generic/own-programs.ts';
import { BASE62, HEX, sample } from '../../src/scan/rules/sample.ts';
import { detailsOfAwsKeyId } from '../../src/scan/validators/aws.ts';
import { encodeBase58Check } from '../../src/scan/validators/base58.ts';
import { checkHardCodedKey } from '../../src/scan/validators/chosen-password.ts';
import {
  checkLoginPassword,
  checkQuotedPassword,
  checkStoreLogin,
  checkTypedPassword,
} from '../../src/scan/validators/login.ts';
import { detailsOfPem } from '../../src/scan/validators/pem.ts';
import { checkWalletKey } from '../../src/scan/validators/wallet-key.ts';
import { makeScanner, scanText } from './scan-text.ts';

const scanner = makeScanner();

function found(text: string, path = 'srv/app/notes.txt'): readonly string[] {
  return scanText(scanner, text, { path }).map(({ rule, confidence }) => `${rule} ${confidence}`);
}

describe('the password of a login', () => {
  it.each(['secret', 's3cr3t', 'admin', 'hunter2', 'P4ssw0rd!', '123456', 'thisIsATestPassword'])(
    'is a hint where samples use it as well: %s',
    (text) => expect(checkLoginPassword(text)).toBe('doubtful'),
  );

  it.each([
    'password',
    'changeme',
    'change-me',
    'your-password',
    'my_password',
    'xxxxxxxx',
    '********',
    '<password>',
    `$\{PASSWORD}`,
    '$1',
    'example',
    'DB_PASSWORD',
    'getPassword()',
  ])('is none where a word stands in for it: %s', (text) => expect(checkLoginPassword(text)).toBe('refuted'));

  it('is what anybody has made up', () => {
    for (const text of ['lighthouse', 'quay 7 night', '#pier9', 'hQ7vN2xK9pLs'])
      expect(checkLoginPassword(text)).toBe('plausible');
  });

  it('is judged for any text without an error', () => {
    const checks = [
      checkLoginPassword,
      checkTypedPassword,
      checkQuotedPassword,
      checkStoreLogin,
      checkHardCodedKey,
    ];
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const check of checks) expect(['plausible', 'doubtful', 'refuted']).toContain(check(text));
      }),
    );
  });
});

describe('the address of a store', () => {
  it.each([
    ['gate:hQ7vN2xK9pLs@db.acme-prod.net', 'plausible'],
    [':hQ7v@N2xK9pLs@10.0.0.3', 'plausible'],
    ['gate:secret@localhost', 'doubtful'],
    ['gate:s3cr3t@db.example.com', 'doubtful'],
    ['gate:hQ7vN2xK9pLs@db.example.com', 'doubtful'],
    ['user:secret@example.com', 'refuted'],
    ['user:secret@[2001:db8::1]', 'refuted'],
    ['guest:guest@localhost', 'refuted'],
    ['user:password@db.acme-prod.net', 'refuted'],
    [`user:secret@$\{HOST}`, 'refuted'],
    ['[user][:password]@]host', 'refuted'],
  ])('with %s is %s', (text, judgement) => expect(checkStoreLogin(text)).toBe(judgement));

  it('fails no image where its password is one of samples', () => {
    expect(found('redis://:s3cr3t@cache:6379')).toEqual(['secrets.database-url low']);
    expect(found(`redis://:${sample(BASE62, 14, 'url')}@cache:6379`)).toEqual([
      'secrets.database-url medium',
    ]);
  });
});

describe('a key in a program', () => {
  const key = sample(BASE62, 40, 'own program');
  const line = `const apiKey = "${key}";\n`;

  it.each(['srv/app/server.js', 'usr/src/app/config.py', 'app/Main.java', 'app/appsettings.json'])(
    'fails an image in %s',
    (path) => expect(found(line, path)).toEqual(['secrets.hard-coded-key medium']),
  );

  it.each([
    'srv/app/node_modules/a/server.js',
    'usr/lib/python3/dist-packages/a.py',
    'usr/local/lib/python3.12/site-packages/a.py',
    'go/pkg/mod/a/b.go',
    'srv/app/test/server.js',
    'srv/app/server.test.ts',
    'srv/app/static/app.min.js',
    'srv/app/static/app.1f2e3d4c5b6a.js',
    'srv/app/package-lock.json',
    'srv/app/README.md',
  ])('is a hint in %s', (path) => {
    expect(IN_OWN_PROGRAMS.test(path)).toBe(false);
    expect(found(line, path).filter((hit) => !hit.endsWith(' low'))).toEqual([]);
  });

  it.each(['publicKey', 'cacheKey', 'clientRequestToken', 'commitToken', 'sha256Token'])(
    'named %s opens nothing',
    (name) =>
      expect(found(`${name}: "${key}"`, 'srv/app/a.ts')).not.toContain('secrets.hard-coded-key medium'),
  );

  it('is told once, whatever it is named', () => {
    for (const name of ['K3S_TOKEN', 'CODECOV_TOKEN', 'NGROK_AUTHTOKEN', 'SONAR_TOKEN', 'VULTR_API_KEY'])
      for (const value of [key, sample(HEX, 40, name), sample(HEX, 32, name)])
        for (const path of ['srv/app/a.env', 'srv/app/a.ts', 'srv/app/a.txt'])
          expect(found(`${name}="${value}"`, path), `${name} ${path}`).toHaveLength(1);
  });
});

describe('values that cannot be what their name says', () => {
  it.each([
    `AWS_SECRET_ACCESS_KEY=${sample(HEX, 42, 'too long')}`,
    `aws_secret_key: ${sample(BASE62, 38, 'too short')}`,
    `GITHUB_CLIENT_SECRET = "${sample(HEX, 32, 'too short')}"`,
  ])('are none: %s', (line) => {
    for (const path of ['srv/app/notes.txt', 'srv/app/.env', 'srv/app/a.ts'])
      expect(found(line, path).filter((hit) => /random|named|chosen|hard-coded/.test(hit))).toEqual([]);
  });

  it('are secrets where the form is right', () => {
    expect(found(`GITHUB_CLIENT_SECRET = "${sample(HEX, 40, 'right')}"`)).not.toEqual([]);
  });
});

describe('keys', () => {
  it('tell the fingerprint that servers log, of the form of OpenSSH', () => {
    const string = (text: string | Buffer) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return Buffer.concat([length, Buffer.from(text)]);
    };
    const publicKey = Buffer.concat([string('ssh-ed25519'), string(Buffer.alloc(32, 7))]);
    const body = Buffer.concat([
      Buffer.from('openssh-key-v1\0'),
      ...[string('none'), string('none'), string(''), Buffer.from([0, 0, 0, 1]), string(publicKey)],
      string(Buffer.from(sample(BASE62, 120, 'openssh'))),
    ]).toString('base64');
    const pem = ['-----BEGIN', `OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----`].join(
      ' ',
    );
    expect(detailsOfPem(pem)).toEqual({
      key: 'ssh-ed25519',
      fingerprint: 'SHA256:gNSIRW+2Iyiuvsdp/bgjy38bvWHw6wQm3tuoXrl3WjQ',
    });
    const { privateKey } = generateKeyPairSync('ed25519');
    expect(detailsOfPem(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toEqual({
      key: 'ed25519',
    });
  });

  it('of wallets count by their checksum', () => {
    const body = Buffer.concat([
      Buffer.from([0x80]),
      Buffer.from(sample(BASE62, 32, 'wif')),
      Buffer.from([1]),
    ]);
    const key = encodeBase58Check(body);
    expect(checkWalletKey(key)).toBe('verified');
    expect(checkWalletKey(`${key.slice(0, -1)}${key.endsWith('z') ? 'y' : 'z'}`)).toBe('refuted');
    fc.assert(fc.property(fc.string(), (text) => checkWalletKey(text) === 'refuted'));
  });

  it('of accounts of canaries say so', () => {
    expect(detailsOfAwsKeyId(['AK', 'IAYVP4CIPP', 'ABQWERTZ'].join(''))).toEqual({
      account: '595918472158',
      canary: 'canarytokens.org',
    });
  });
});
