import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { NOW } from '../checks/samples.ts';
import { makeKey } from '../support/cosign.ts';
import { issue, pemOf } from '../support/notation/pki.ts';
import { leaf, root, tsaRoot } from '../support/notation/sign.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'policy-'));
  put('ca.pem', root.pem);
  put('tsa.pem', tsaRoot.pem);
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, text: string | Buffer): void {
  writeFileSync(join(dir, name), text);
}

const ID = 'identities: ["C=US, ST=WA, O=acme"]';

function load(notation: string): Promise<Policy> {
  put('own.yaml', `version: 1\nsigners: {acme: {notation: {${notation}}}}`);
  return loadPolicy({ cwd: dir, file: 'own.yaml', env: {}, now: NOW });
}

async function digestOf(notation: string): Promise<string> {
  return (await load(notation)).stamp.digest;
}

describe('a signer of Notation', () => {
  test('has what the policy says, and asks nobody where it says nothing', async () => {
    const { signers } = await load(`ca: [ca.pem], ${ID}`);
    expect(signers.get('acme')).toEqual({
      name: 'acme',
      kind: 'notation',
      store: 'ca',
      authorities: [root.der.toString('base64')],
      timestampAuthorities: [],
      identities: [
        new Map([
          ['C', 'US'],
          ['ST', 'WA'],
          ['O', 'acme'],
        ]),
      ],
      timestamp: 'always',
      revocation: 'skip',
    });
  });

  test('can be a signing authority, and anybody whom it certifies', async () => {
    const { signers } = await load('signing-authority: [ca.pem], identities: ["*"], revocation: check');
    expect(signers.get('acme')).toMatchObject({
      store: 'signing-authority',
      identities: 'any',
      revocation: 'check',
    });
  });

  test('can have several roots in one file', async () => {
    const other = issue({ authority: true });
    put('ca.pem', `${root.pem}\n${other.pem}${root.pem}`);
    const { signers } = await load(`ca: [ca.pem], ${ID}`);
    expect(signers.get('acme')).toMatchObject({
      authorities: [root, other].map(({ der }) => der.toString('base64')),
    });
  });

  test.each([
    [
      'both kinds of authorities',
      `ca: [ca.pem], signing-authority: [ca.pem], ${ID}`,
      'name either ca or signing-authority',
    ],
    ['no authority', ID, 'name either ca or signing-authority'],
    ['no file', `ca: [], ${ID}`, 'name at least one file'],
    ['nobody', 'ca: [ca.pem]', ''],
    ['an empty list', 'ca: [ca.pem], identities: []', 'name at least one subject'],
    ['a star beside others', 'ca: [ca.pem], identities: ["*", "C=US, ST=WA, O=acme"]', 'stands alone'],
    ['a star in a subject', 'ca: [ca.pem], identities: ["O=*"]', 'is missing'],
    ['a subject without a state', 'ca: [ca.pem], identities: ["C=US, O=acme"]', 'ST is missing'],
    [
      'a subject with a part twice',
      'ca: [ca.pem], identities: ["C=US, ST=WA, O=acme, O=evil"]',
      'O is there twice',
    ],
    [
      'two subjects that overlap',
      'ca: [ca.pem], identities: ["C=US, ST=WA, O=acme", "C=US, ST=WA, O=acme, OU=x"]',
      'both fit one certificate',
    ],
    [
      'when a timestamp is demanded, and by whom not',
      `ca: [ca.pem], ${ID}, timestamp: always`,
      'needs timestamp-authorities',
    ],
    [
      'timestamps of a signing authority',
      `signing-authority: [ca.pem], timestamp-authorities: [tsa.pem], ${ID}`,
      'would change nothing',
    ],
    [
      'a level that skips what is demanded (item 14)',
      'ca: [ca.pem], identities: ["*"], level: skip',
      'level',
    ],
    ['a level of the trust policy', `ca: [ca.pem], ${ID}, level: audit`, 'level'],
    ['another word for revocations', `ca: [ca.pem], ${ID}, revocation: log`, ''],
  ])('cannot name %s', async (_what, notation, why) => {
    await expect(load(notation)).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      message: expect.stringContaining(why),
    });
  });

  test.each<readonly [string, string | Buffer, string]>([
    ['a certificate that another one issued', leaf.pem, 'is no root'],
    ['a key', makeKey().publicPem, 'PEM blocks "CERTIFICATE" and nothing else'],
    ['a private key beside it', `${root.pem}${makeKey().privatePem}`, 'private key'],
    ['text beside it', `the root:\n${root.pem}`, 'and nothing else'],
    ['the bare certificate', root.der, ''],
    ['no certificate in its block', pemOf(Buffer.from('none')), 'holds no certificate'],
    ['nothing', '', 'PEM blocks'],
  ])('cannot have a file with %s', async (_what, text, why) => {
    put('ca.pem', text);
    await expect(load(`ca: [ca.pem], ${ID}`)).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      message: expect.stringContaining(why),
    });
  });

  test('cannot have a file that is not there', async () => {
    await expect(load(`ca: [none.pem], ${ID}`)).rejects.toMatchObject({
      message: expect.stringContaining('no such file'),
    });
  });

  test('is in the digest of the policy with all that decides, and not with how it is written', async () => {
    const base = `ca: [ca.pem], timestamp-authorities: [tsa.pem]`;
    const digest = await digestOf(`${base}, ${ID}`);
    put('same.pem', `\n${root.pem.replaceAll('\n', '\r\n')}`);
    const same = [
      'ca: [same.pem, ca.pem], timestamp-authorities: [tsa.pem], timestamp: always, revocation: skip',
    ];
    for (const written of same)
      expect(await digestOf(`${written}, identities: ["x509.subject: O=acme, S=WA, C=US"]`)).toBe(digest);
    const others = [
      `ca: [tsa.pem], timestamp-authorities: [tsa.pem], ${ID}`,
      `ca: [ca.pem, tsa.pem], timestamp-authorities: [tsa.pem], ${ID}`,
      `ca: [ca.pem], timestamp-authorities: [ca.pem], ${ID}`,
      `ca: [ca.pem], ${ID}`,
      `${base}, identities: ["*"]`,
      `${base}, identities: ["C=US, ST=WA, O=other"]`,
      `${base}, ${ID}, timestamp: after-expiry`,
      `${base}, ${ID}, revocation: check`,
      `${base}, ${ID}, revocation: best-effort`,
      `signing-authority: [ca.pem], ${ID}`,
    ];
    const seen = new Set([digest]);
    for (const one of others) seen.add(await digestOf(one));
    expect(seen.size).toBe(others.length + 1);
  });
});
