import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { publicGood } from '../../../src/policy/signers/trust-root-file.ts';
import { canonical } from '../../support/tuf-repository.ts';

interface Metadata {
  readonly signed: {
    readonly version: number;
    readonly keys: Record<string, { keyval: { public: string } }>;
    readonly roles: Record<string, { keyids: string[]; threshold: number }>;
  };
  readonly signatures: readonly { keyid: string; sig: string }[];
}

const read = (name: string) => readFileSync(`trust-roots/${name}`);
const root = JSON.parse(String(read('tuf/root.json'))) as Metadata;

/** How many keys of a role of the root have signed a document. Checked by hand, beside the library. */
function signers(document: Metadata, role: string): number {
  const bytes = Buffer.from(canonical(document.signed));
  return (root.signed.roles[role]?.keyids ?? []).filter((id) => {
    const sig = document.signatures.find(({ keyid }) => keyid === id)?.sig ?? '';
    const key = createPublicKey(root.signed.keys[id]?.keyval.public ?? '');
    return sig !== '' && verify('sha256', bytes, key, Buffer.from(sig, 'hex'));
  }).length;
}

test('the root of the TUF repository that ships is signed by itself, three times at least', () => {
  expect(root.signed.roles['root']?.threshold).toBe(3);
  expect(signers(root, 'root')).toBeGreaterThanOrEqual(3);
});

test('the public instance is followed from that root, and never behind the targets that it was taken from', () => {
  expect(publicGood().repository).toEqual({
    mirror: 'https://tuf-repo-cdn.sigstore.dev',
    anchor: String(read('tuf/root.json')),
    target: 'trusted_root.json',
    targetsVersion: JSON.parse(String(read('tuf/versions.json'))).targets,
  });
});

test.each(['tuf/root.json', 'tuf/versions.json'])('%s is the one that its table says', (name) => {
  const digest = createHash('sha256').update(read(name)).digest('hex');
  expect(readFileSync('trust-roots/README.md', 'utf8')).toContain(`\`${digest}\``);
});
