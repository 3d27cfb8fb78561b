import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { publicGood } from '../../src/policy/signers/trust-root-file.ts';
import { NOW } from '../checks/samples.ts';

const SIGNER = 'issuer: "https://issuer.example", identity: "https://host.example/app"';
const BUILT_IN = readFileSync('trust-roots/sigstore.json', 'utf8');

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'policy-'));
  put('root.json', BUILT_IN);
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
}

function load(text: string, file = 'own.yaml'): Promise<Policy> {
  put(file, `version: 1\n${text}`);
  return loadPolicy({ cwd: dir, file, env: {}, now: NOW });
}

/** The root in a policy's file, changed. */
function changed(change: (root: Record<string, unknown[]>) => void): string {
  const root = JSON.parse(BUILT_IN);
  change(root);
  return JSON.stringify(root);
}

function rootOf(policy: Policy) {
  const signer = policy.signers.get('ci');
  return signer?.kind === 'keyless' ? signer.root : undefined;
}

describe('the root that is built in', () => {
  test('is the one that its table says', () => {
    const { digest, needsLog, needsCertificateLog } = publicGood();
    expect(digest).toBe(`sha256:${createHash('sha256').update(BUILT_IN).digest('hex')}`);
    expect(readFileSync('trust-roots/README.md', 'utf8')).toContain(`\`${digest.slice(7)}\``);
    expect([needsLog, needsCertificateLog]).toEqual([true, true]);
  });

  test('is what a keyless signer is checked with, where nothing else is said', async () => {
    expect(rootOf(await load(`signers: {ci: {${SIGNER}}}`))).toBe(publicGood());
    expect(rootOf(await load(`signers: {ci: {${SIGNER}, root: sigstore}}`))).toBe(publicGood());
  });
});

describe('a root of the policy', () => {
  const ROOTS = (more = '') =>
    `trust-roots: {acme: {file: root.json${more}}}\nsigners: {ci: {${SIGNER}, root: acme}}`;

  test('is read from its file, and demands both logs unless it is told not to', async () => {
    expect(rootOf(await load(ROOTS()))).toMatchObject({
      name: 'acme',
      needsLog: true,
      needsCertificateLog: true,
    });
    const lax = await load(ROOTS(', transparency-log: none, certificate-log: none'));
    expect(rootOf(lax)).toMatchObject({ needsLog: false, needsCertificateLog: false });
  });

  test('changes the digest of the policy with every byte and every demand', async () => {
    const digests = [await load(ROOTS()), await load(ROOTS(', transparency-log: none'))];
    put('root.json', `${BUILT_IN}\n`);
    digests.push(await load(ROOTS()), await load(ROOTS(', certificate-log: none')));
    expect(new Set(digests.map(({ stamp }) => stamp.digest)).size).toBe(4);
  });

  test('can be named in a file that extends the one that has it', async () => {
    await load('trust-roots: {acme: {file: root.json}}', 'base.yaml');
    const own = await load(`extends: base.yaml\nsigners: {ci: {${SIGNER}, root: acme}}`);
    expect(rootOf(own)?.name).toBe('acme');
    await expect(load('extends: base.yaml\ntrust-roots: {acme: {file: root.json}}')).rejects.toThrow(
      'the file that this one extends has a trust root of that name',
    );
  });

  test.each<[string, string, string]>([
    ['of the name of the built-in one', BUILT_IN, 'trust-roots: {sigstore: {file: root.json}}'],
    ['that there is not', BUILT_IN, `signers: {ci: {${SIGNER}, root: acme}}`],
  ])('%s is refused', async (_what, json, text) => {
    put('root.json', json);
    await expect(load(text)).rejects.toMatchObject({ code: 'POLICY_INVALID' });
  });

  test.each<[string, () => string, string]>([
    ['that is no JSON', () => '{', 'JSON'],
    ['with two of one key', () => '{"mediaType":"a","mediaType":"b"}', 'mediaType'],
    ['of another type', () => BUILT_IN.replace('trustedroot', 'bundle'), '$.mediaType cannot be used'],
    ['without authorities', () => changed((root) => delete root['certificateAuthorities']), 'it names none'],
    ['without logs', () => changed((root) => delete root['tlogs']), 'say transparency-log: none'],
    ['without certificate logs', () => changed((root) => delete root['ctlogs']), 'say certificate-log: none'],
    [
      'with a log that has no beginning, whose key could date anything back',
      () => BUILT_IN.replace('"start": "2021-01-12T11:53:27Z"', ''),
      'it does not say since when the key counts',
    ],
  ])('%s is refused, once', async (_what, make, why) => {
    put('root.json', make());
    const refused = expect(load(ROOTS())).rejects;
    await refused.toThrow(why);
    await refused.toThrow(/^the policy cannot be used: own.yaml:2/);
  });

  test('without logs needs an authority for timestamps: nothing else would say when it was signed', async () => {
    put(
      'root.json',
      changed((root) => delete root['timestampAuthorities']),
    );
    await expect(load(ROOTS(', transparency-log: none'))).rejects.toThrow('nothing else proves');
  });
});
