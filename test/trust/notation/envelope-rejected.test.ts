import { encode, Tagged } from 'cborg';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { keySigners, makeKey } from '../../support/cosign.ts';
import { MemorySource, putImage } from '../../support/memory-source.ts';
import { days, issue, NOW } from '../../support/notation/pki.ts';
import {
  ARTIFACT,
  type Attempt,
  attach,
  FIELD,
  intermediate,
  judge,
  leaf,
  notationSigner,
  signNotation,
} from '../../support/notation/sign.ts';
import { rejects } from './rejects.ts';

type Json = Record<string, unknown>;
const stranger = issue({ issuer: intermediate });
const CRIT = { jws: 'crit', cose: '2' } as const;

/** A JWS with its parts changed. */
function jws(change: (parts: Json) => unknown): Attempt {
  return {
    format: 'jws',
    change: (bytes) => {
      const parts = JSON.parse(bytes.toString());
      return Buffer.from(JSON.stringify(change(parts) ?? parts));
    },
  };
}

/** The text of a JWS, changed. */
function text(change: (text: string) => string): Attempt {
  return { format: 'jws', change: (bytes) => Buffer.from(change(bytes.toString())) };
}

/** Takes the last bits of a base64 text that mean nothing. */
function withLooseBits(value: unknown): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const textOf = String(value);
  const last = letters.indexOf(textOf.at(-1) ?? '');
  return `${textOf.slice(0, -1)}${letters[last + 1]}`;
}

describe.each(['jws', 'cose'] as const)('a signature of Notation as %s does not count', (format) => {
  const crit = CRIT[format];
  const critical = (...names: unknown[]) => ({ header: (header: Json) => ({ ...header, [crit]: names }) });
  rejects(
    [
      ['by another key than its certificate', 'bad-signature', 'not by the key', { signedBy: stranger.key }],
      [
        'with the certificate of somebody else',
        'bad-signature',
        'not by the key',
        { chain: [stranger.der, ...chainAbove()] },
      ],
      [
        'with a shorter salt than its algorithm has',
        'bad-signature',
        'not by the key',
        { by: issue({ issuer: intermediate, kind: 2048 }), salt: 20 },
      ],
      [
        'over another image, moved here',
        'other-subject',
        'it signs "sha256:abab',
        { target: (one) => ({ ...one, digest: `sha256:${'ab'.repeat(32)}` }) },
      ],
      [
        'with another size (notation item 14)',
        'other-subject',
        '1 bytes',
        { target: (one) => ({ ...one, size: 1 }) },
      ],
      [
        'with another type (CVE-2023-33959)',
        'other-subject',
        'as "application/vnd.oci.image.index',
        { target: (one) => ({ ...one, mediaType: 'application/vnd.oci.image.index.v1+json' }) },
      ],
      ['over nothing', 'malformed', 'targetArtifact', { payload: Buffer.from('{}') }],
      ['over a payload that is no JSON', 'malformed', 'JSON', { payload: Buffer.from('x') }],
      [
        'over a payload that two readers read in two ways',
        'malformed',
        'JSON',
        { payload: Buffer.from('{"targetArtifact":{},"TargetArtifact":{}}') },
      ],
      [
        'over a size that is a text',
        'malformed',
        'size',
        { target: (one) => ({ ...one, size: String(one['size']) }) },
      ],
      [
        'with a critical field that nobody understands',
        'unsupported',
        'critical field "com.example.x"',
        { header: (one) => ({ ...one, 'com.example.x': 1, [crit]: [FIELD.scheme, 'com.example.x'] }) },
      ],
      ['whose scheme is not critical', 'malformed', 'signingScheme is not critical', critical(FIELD.time)],
      ['whose critical field is not there', 'malformed', 'not there', critical(FIELD.scheme, FIELD.expiry)],
      ['with a critical field twice', 'malformed', 'twice', critical(FIELD.scheme, FIELD.scheme)],
      ['without critical fields', 'malformed', '', { header: ({ [crit]: _, ...rest }) => rest }],
      [
        'whose expiry is not critical',
        'malformed',
        'expiry is not critical',
        { expiry: days(1), ...critical(FIELD.scheme) },
      ],
      ['whose own time is over', 'expired', 'it counts until', { signingTime: days(-9), expiry: days(-1) }],
      [
        'whose own time is over this second',
        'expired',
        'it counts until',
        { signingTime: days(-9), expiry: NOW },
      ],
      ['that expired before it was made', 'malformed', 'before it was made', { expiry: days(-1) }],
      [
        'of another scheme',
        'unsupported',
        'signing scheme is "notary.x509.evil"',
        { header: (one) => ({ ...one, [FIELD.scheme]: 'notary.x509.evil' }) },
      ],
      [
        'of a signing authority, under a root for others',
        'other-key',
        'for the other one',
        { scheme: 'notary.x509.signingAuthority' },
      ],
      [
        'with the other scheme, under the root of a signing authority',
        'other-key',
        'for the other one',
        { trust: { store: 'signing-authority' } },
      ],
      [
        'of a signing authority that does not say critically when',
        'malformed',
        'authenticSigningTime is not critical',
        { scheme: 'notary.x509.signingAuthority', ...critical(FIELD.scheme) },
      ],
      [
        'that does not say when it was made',
        'malformed',
        'when it was made',
        { header: ({ [FIELD.time]: _, ...rest }) => rest },
      ],
      [
        'that says it in both ways',
        'malformed',
        'in no other',
        { header: (one) => ({ ...one, [FIELD.authenticTime]: one[FIELD.time] }) },
      ],
      [
        'that needs a plugin',
        'unsupported',
        'plugin',
        { header: (one) => ({ ...one, 'io.cncf.notary.verificationPlugin': 'x' }) },
      ],
      [
        'over a payload of another type',
        'unsupported',
        '"text/plain"',
        { header: (one) => ({ ...one, [format === 'jws' ? 'cty' : '3']: 'text/plain' }) },
      ],
      [
        'with the algorithm of another key (item 14)',
        'bad-signature',
        'says ES384, and its key is for ES256',
        { header: (one) => ({ ...one, [format === 'jws' ? 'alg' : '1']: format === 'jws' ? 'ES384' : -35 }) },
      ],
      [
        'with no algorithm',
        'unsupported',
        'algorithm',
        { header: (one) => ({ ...one, [format === 'jws' ? 'alg' : '1']: format === 'jws' ? 'none' : 0 }) },
      ],
      [
        'with a secret in place of a key',
        'unsupported',
        'algorithm',
        { header: (one) => ({ ...one, [format === 'jws' ? 'alg' : '1']: format === 'jws' ? 'HS256' : 5 }) },
      ],
      [
        'with a moment that is none',
        'malformed',
        'no moment',
        {
          header: (one) => ({
            ...one,
            [FIELD.time]: format === 'jws' ? '2026-02-30T00:00:00Z' : 1_700_000_000,
          }),
        },
      ],
      [
        'with a field that is both signed and not',
        'malformed',
        'both signed and not',
        {
          header: (one) => ({ ...one, 'com.example.x': 1 }),
          open: (one) => ({ ...one, 'com.example.x': 1 }),
        },
      ],
      [
        'with an expiry that is not signed',
        'malformed',
        'is not signed',
        { open: (one) => ({ ...one, [FIELD.expiry]: 'never' }) },
      ],
      ['without certificates', 'malformed', 'certificate', { chain: [] }],
      [
        'with a certificate that is none',
        'bad-certificate',
        'cannot be read',
        { chain: [Buffer.from('x'), ...chainAbove()] },
      ],
      [
        'with twenty certificates',
        'bad-certificate',
        '20 certificates',
        { chain: Array.from({ length: 20 }, () => leaf.der) },
      ],
      ['that is cut', 'malformed', '', { change: (bytes) => bytes.subarray(0, -1) }],
      [
        'with something behind it',
        'malformed',
        '',
        { change: (bytes) => Buffer.concat([bytes, Buffer.from('0')]) },
      ],
      ['that is empty', 'malformed', '', { change: () => Buffer.from(format === 'jws' ? '{}' : [0x80]) }],
      [
        'with two layers',
        'malformed',
        '2 layers',
        { manifest: (one) => ({ ...one, layers: [...(one['layers'] as []), ...(one['layers'] as [])] }) },
      ],
      ['without a layer', 'malformed', '0 layers', { manifest: (one) => ({ ...one, layers: [] }) }],
      ['in an envelope of another type', 'unsupported', '"text/plain"', { layerType: 'text/plain' }],
      [
        'in the other envelope',
        'malformed',
        '',
        { layerType: format === 'jws' ? 'application/cose' : 'application/jose+json' },
      ],
      [
        'that names another image as its subject',
        'other-subject',
        'as its subject',
        {
          manifest: (one) => ({
            ...one,
            subject: { ...(one['subject'] as Json), digest: `sha256:${'cd'.repeat(32)}` },
          }),
        },
      ],
    ],
    format,
  );
});

describe('a JWS does not count', () => {
  rejects([
    [
      'with another field beside its own',
      'malformed',
      'the field "signatures"',
      jws((parts) => ({ ...parts, signatures: [] })),
    ],
    ['with a field twice', 'malformed', 'JSON', text((all) => all.replace('{', '{"payload":"",'))],
    ['with a field in other letters', 'malformed', '', text((all) => all.replace('{', '{"Payload":"",'))],
    [
      'whose signature is padded',
      'malformed',
      'its signature is not in base64url',
      jws((parts) => ({ ...parts, signature: `${parts['signature']}==` })),
    ],
    [
      'whose signature has bits that mean nothing',
      'malformed',
      'its signature is not in base64url',
      jws((parts) => ({ ...parts, signature: withLooseBits(parts['signature']) })),
    ],
    [
      'whose payload has other letters',
      'malformed',
      'its payload is not in base64url',
      jws((parts) => ({ ...parts, payload: `+${parts['payload']}` })),
    ],
    [
      'with another payload',
      'bad-signature',
      'over other bytes',
      jws((parts) => ({ ...parts, payload: Buffer.from('{"targetArtifact":{}}').toString('base64url') })),
    ],
    [
      'with a blank in a certificate',
      'malformed',
      'a certificate is not in base64',
      { open: (one) => ({ ...one, x5c: (one['x5c'] as string[]).map((der) => ` ${der}`) }) },
    ],
    [
      'with an expiry that is null',
      'malformed',
      'expiry',
      { header: (one) => ({ ...one, [FIELD.expiry]: null, crit: [FIELD.scheme, FIELD.expiry] }) },
    ],
    [
      'with a moment without its zone',
      'malformed',
      'no moment',
      { header: (one) => ({ ...one, [FIELD.time]: '2026-01-01T00:00:00' }) },
    ],
    [
      'with an expiry in other letters',
      'malformed',
      'JSON',
      { header: (one) => ({ ...one, 'io.cncf.notary.Expiry': '2026-01-01T00:00:00Z' }) },
    ],
    ['that is a list', 'malformed', 'an object was expected', text(() => '[]')],
    ['in its compact form', 'malformed', 'JSON', text(() => 'a.b.c')],
    ['that nests too deep', 'malformed', 'deep', text(() => `${'['.repeat(1000)}${']'.repeat(1000)}`)],
  ]);
});

describe('a COSE_Sign1 does not count', () => {
  const cose = (bytes: Uint8Array): Attempt => ({ format: 'cose', change: () => Buffer.from(bytes) });
  /** The items of the good one, changed. */
  const items = (change: (bytes: Buffer) => Buffer): Attempt => ({ format: 'cose', change });
  rejects(
    [
      ['without its tag', 'malformed', 'no tagged', items((bytes) => bytes.subarray(1))],
      [
        'with its algorithm as a JWS names it',
        'unsupported',
        'algorithm',
        { header: (one) => ({ ...one, '1': 'ES256' }) },
      ],
      [
        'with another tag',
        'malformed',
        'CBOR',
        items((bytes) => Buffer.concat([Buffer.from([0xd1]), bytes.subarray(1)])),
      ],
      ['with a tag around its tag', 'malformed', '', cose(encode(new Tagged(18, new Tagged(18, []))))],
      [
        'of indefinite length',
        'malformed',
        'CBOR',
        items((bytes) => Buffer.concat([Buffer.from([0xd2, 0x9f]), bytes.subarray(2), Buffer.from([0xff])])),
      ],
      [
        'of five items',
        'malformed',
        'no tagged',
        items((bytes) => Buffer.concat([Buffer.from([0xd2, 0x85]), bytes.subarray(2), Buffer.from([0])])),
      ],
      [
        'with a length longer than it needs to be',
        'malformed',
        'CBOR',
        items((bytes) => Buffer.concat([Buffer.from([0xd2, 0x98, 4]), bytes.subarray(2)])),
      ],
      [
        'with a field twice',
        'malformed',
        'CBOR',
        cose(
          encode(
            new Tagged(18, [
              Uint8Array.from([0xa2, 1, 0x26, 1, 0x26]),
              new Map(),
              Buffer.from('x'),
              Buffer.from('x'),
            ]),
          ),
        ),
      ],
      [
        'with a payload that is elsewhere',
        'malformed',
        'lacks',
        cose(encode(new Tagged(18, [Uint8Array.from([0xa0]), new Map(), null, Buffer.from('x')]))),
      ],
      [
        'with a label in floating point, which is another label to others',
        'malformed',
        'floating point',
        items((bytes) => {
          const at = bytes.indexOf(Buffer.from([0x18, 33, 0x83])); // the label 33, of three certificates
          const float33 = Buffer.from([0xf9, 0x50, 0x20]);
          return Buffer.concat([bytes.subarray(0, at), float33, bytes.subarray(at + 2)]);
        }),
      ],
      [
        'with a label that is a list',
        'malformed',
        'no map of labels',
        cose(
          encode(
            new Tagged(18, [encode(new Map([[[1], 1]])), new Map(), Buffer.from('x'), Buffer.from('x')]),
          ),
        ),
      ],
      [
        'with a header that is no map',
        'malformed',
        'no map of labels',
        cose(encode(new Tagged(18, [encode([1]), new Map(), Buffer.from('x'), Buffer.from('x')]))),
      ],
      [
        'with one certificate that is no list',
        'malformed',
        'list of certificates',
        { open: (one) => ({ ...one, '33': leaf.der }) },
      ],
      [
        'with a moment in fractions',
        'malformed',
        'no moment',
        { header: (one) => ({ ...one, [FIELD.time]: new Tagged(1, 1.5) }) },
      ],
      [
        'with a moment as a text',
        'malformed',
        '',
        { header: (one) => ({ ...one, [FIELD.time]: new Tagged(0, '2026-01-01T00:00:00Z') }) },
      ],
      [
        'with a type that is a number',
        'malformed',
        'its field 3 is no text',
        { header: (one) => ({ ...one, '3': 50 }) },
      ],
      [
        'whose critical fields are no list',
        'malformed',
        'no list of critical',
        { header: (one) => ({ ...one, '2': FIELD.scheme }) },
      ],
      [
        'with a critical number',
        'unsupported',
        'critical field "1"',
        { header: (one) => ({ ...one, '2': [FIELD.scheme, 1] }) },
      ],
      [
        'with a timestamp that is a text',
        'malformed',
        'timestamp',
        { open: (one) => ({ ...one, [FIELD.timestamp]: 'x' }) },
      ],
      ['of ten thousand lists in each other', 'malformed', 'more than 512', cose(Buffer.alloc(10_000, 0x81))],
      [
        'that promises a thousand million items',
        'malformed',
        'CBOR',
        cose(Uint8Array.from([0xd2, 0x9a, 0x3b, 0x9a, 0xca, 0])),
      ],
    ],
    'cose',
  );
});

test('what looks like a signature of Notation and is none is not one', async () => {
  const manifest = ({ artifactType: _, ...rest }: Json) => ({
    ...rest,
    artifactType: 'application/vnd.example',
  });
  expect(await judge({ manifest })).toEqual([]);
});

test('is not fetched where the policy names nobody, and is by nobody where it names others', async () => {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  attach(source, manifest, signNotation(manifest));
  expect(await collectEvidence(source, [manifest], new Map(), DEFAULT_LIMITS)).toMatchObject([
    { reason: 'no-known-key' },
  ]);
  expect(source.calls.some((call) => call.startsWith('blob'))).toBe(false);
  const signers = keySigners({ vendor: makeKey() });
  expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
    { reason: 'other-key' },
  ]);
});

test('certificates are not checked without a clock', async () => {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  attach(source, manifest, signNotation(manifest));
  const signers = new Map([['acme', notationSigner()]]);
  await expect(collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).rejects.toMatchObject({
    code: 'INTERNAL',
  });
});

test('one larger than the limit is not fetched', async () => {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  attach(source, manifest, signNotation(manifest));
  const signers = new Map([['acme', notationSigner()]]);
  const limits = { ...DEFAULT_LIMITS, signatureBytes: 100 };
  expect(await collectEvidence(source, [manifest], signers, limits, { now: NOW })).toMatchObject([
    { reason: 'too-big' },
  ]);
});

test('one that does not hold takes nothing from one that does', async () => {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  attach(source, manifest, signNotation(manifest, { signedBy: stranger.key }));
  attach(source, manifest, signNotation(manifest), {
    manifest: (one) => ({ ...one, artifactType: ARTIFACT }),
  });
  const signers = new Map([['acme', notationSigner()]]);
  const evidence = await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS, { now: NOW });
  expect(evidence.map(({ state }) => state)).toEqual(['rejected', 'verified']);
});

function chainAbove(): Buffer[] {
  return [intermediate.der, ...(intermediate.issuer ? [intermediate.issuer.der] : [])];
}
