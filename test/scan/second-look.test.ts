import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { ForeignJson } from '../../src/model/image.ts';
import { createContentScanner } from '../../src/scan/content-scanner.ts';
import { scanConfig } from '../../src/scan/scan-config.ts';
import { makeImage, makeLayer } from './images.ts';

const scanner = createContentScanner(undefined, DEFAULT_LIMITS);
const rulesIn = (text: string, path = 'srv/app.env', using = scanner) => {
  using.begin({ path });
  using.write(Buffer.from(text, 'latin1'));
  return using.end();
};

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
function base62(value: number): string {
  return `${value < 62 ? '' : base62(Math.floor(value / 62))}${BASE62[value % 62]}`;
}
function token(seed: number): string {
  const body = String(seed).padStart(5, '0') + 'qWzRtYpLkJhGfDsAmNbVcXyUi'.slice(0, 25);
  return `${['gh', 'p_'].join('')}${body}${base62(crc32(body)).padStart(6, '0')}`;
}

describe('what the second look brought up', () => {
  test('a key whose letters make the word of a placeholder is still a key', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const head = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(0, 16);
    // Any 32 bytes are a seed: two that bring the rest to a border of base64, then thirty that spell.
    const spelt = Buffer.from('AAdummyBxxxxCexampleDEFGHIJKLMNOPQRSTUVW', 'base64');
    const der = Buffer.concat([head, Buffer.from([7, 7]), spelt]);
    expect(createPrivateKey({ key: der, type: 'pkcs8', format: 'der' }).asymmetricKeyType).toBe('ed25519');
    const pem = [
      '-----BEGIN',
      `PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`,
    ].join(' ');
    expect(pem).toMatch(/xxxx|dummy|example/);
    expect(rulesIn(pem).map(({ rule }) => rule)).toEqual(['secrets.private-key']);
  });

  test('values of another rule do not use up the place of a password', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `A${index}_TOKEN=${token(index)}`);
    const password = `DB_PASSWORD=${['vK7', 'tq9Lm', 'Xz2Rw'].join('')}`;
    const hits = rulesIn([...lines, password, ''].join('\n'));
    const broad = hits.filter(({ rule }) => rule !== 'secrets.github-token');
    expect(broad).not.toEqual([]);
  });

  test('a harmless key does not hide a graver secret beside it', () => {
    const key = ['sk_', 'test_', '4eC39HqLyjWDarjtT1zdp7dc'].join('');
    const hits = rulesIn(`url: https://${key}:${['vK7', 'tq9Lm', 'Xz2Rw'].join('')}@billing.acme.net/v1\n`);
    expect(hits.some(({ severity }) => severity === 'high' || severity === 'critical')).toBe(true);
  });

  test('words of detection rules in a comment do not make a script harmless', () => {
    const script = [
      '#!/bin/sh',
      '# rule x { strings: condition: } malware sid:1',
      './xmrig -o stratum+tcp://pool.supportxmr.com:3333 --donate-level 1 -a rx/0',
    ].join('\n');
    const [hit] = rulesIn(script, 'usr/bin/update').filter(({ check }) => check === 'miners');
    expect(hit).toMatchObject({ rule: 'miners.configuration', severity: 'high' });
  });

  test.each<[string, 'config' | 'manifest' | 'index', ForeignJson]>([
    ['a former build', 'config', new Map([['container_config', new Map([['Env', [`X=${token(1)}`]]])]])],
    ['the author', 'config', new Map([['author', token(2)]])],
    ['an unknown key', 'config', new Map([['x-note', new Map([['deep', [token(3)]]])]])],
    [
      'a key itself',
      'config',
      new Map([['config', new Map([['ExposedPorts', new Map([[token(4), new Map()]])]])]]),
    ],
    [
      'an annotation of a layer',
      'manifest',
      new Map([['layers', [new Map([['annotations', new Map([['a', token(5)]])]])]]]),
    ],
    [
      'inline data',
      'manifest',
      new Map([['config', new Map([['data', Buffer.from(token(6)).toString('base64')]])]]),
    ],
    ['an index line', 'index', new Map([['annotations', new Map([['note', token(7)]])]])],
  ])('a secret in %s is found', async (_where, name, json) => {
    const image = {
      ...makeImage([await makeLayer([{ name: 'a', content: 'x' }])]),
      documents: [{ name, json }],
    };
    const hits = scanConfig(image, scanner);
    expect(hits.map(({ hit }) => hit.rule)).toEqual(['secrets.github-token']);
    expect(hits[0]?.field).not.toContain(['gh', 'p_'].join(''));
  });
});
