/** Bundles that are made to keep a verifier busy: each as large as the limits let it be. */
import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { signStatementOf } from '../../support/cosign.ts';
import { pemOf } from '../../support/private-sigstore.ts';
import {
  type Attempt,
  inEntry,
  type Json,
  other,
  type Parts,
  signedAs,
  sigstore,
  V01,
  withSpec,
} from './attempt.ts';

const PROOFS = 32;
const KiB = 1024;
/** bytes of JSON that are left for what is hostile; base64 takes a third more */
const ROOM = DEFAULT_LIMITS.statementBytes - 64 * KiB;
const DECODED = Math.floor((ROOM * 3) / 4) - KiB;
/** bytes of what a log has recorded */
const BODY = 120 * KiB;
/** Only what a signer of the policy has signed is read as a statement: these are theirs, and no larger than most. */
const STATEMENT = 3_000_000;
const CERTIFICATE = 16_001;
/** each of as many as there may be */
const TIMESTAMP = 4001;
/** one that is alone */
const TIMESTAMPS = 130_001;
const CHECKPOINT = 16_000;
const HASH = randomBytes(32).toString('base64');
const SUBJECT = { digest: { sha256: 'ab'.repeat(32) } };

const strangersStamp = await other.stamp(Buffer.from('x'));

/** By what they are. The sizes are those of the program's own bounds, `CERTIFICATE_LIMIT` and its like. */
export const HOSTILE: readonly (readonly [string, Attempt])[] = [
  ['with names that are regular expressions', { change: signedAs('(.*)*x') }],
  ['with a checkpoint of such names', { change: checkpoint(lines((at) => `(.*)*${at}`)) }],
  ['with a checkpoint of dashes', { change: checkpoint(`a\n\n${'\u2014 \u2014 '.repeat(4000)}`) }],
  ['with a checkpoint of line feeds', { change: checkpoint('\n'.repeat(CHECKPOINT)) }],
  ['with a checkpoint of the log’s own name, signed badly again and again', { change: ownNames }],
  ['with a tree of a million digits', { change: proof({ treeSize: '9'.repeat(1_000_000) }) }],
  ['with the deepest proof', { change: proof({ treeSize: '9'.repeat(18), hashes: filled(64, HASH) }) }],
  ['with a proof of ninety thousand hashes', { change: proof({ hashes: filled(80_000, HASH) }) }],
  ['with 32 log entries as long as they may be', { change: manyEntries(BODY) }],
  ['with 32 copies of its own log entry', { change: manyEntries(0, true) }],
  ['with an entry of one text', { entry: bulky('x'.repeat(BODY)) }],
  ['with an entry of empty lists', { entry: bulky(filled(BODY / 3, [])) }],
  ['with an entry of names', { entry: bulky(members(BODY / 16)) }],
  ['with an entry of nothing but brackets', { change: recorded('['.repeat(BODY)) }],
  ['with an entry of 24 MB', { change: recorded(' '.repeat(DECODED)) }],
  [
    'with an entry that records a long certificate',
    {
      entry: withSpec((spec) => {
        const [signature] = spec['signatures'] as Json[];
        return { ...spec, signatures: [{ ...signature, verifier: base64(pemOf(Buffer.alloc(60_000))) }] };
      }),
    },
  ],
  ['with 32 timestamps that do not hold', { change: stamps(() => strangersStamp) }],
  ['with 32 timestamps that hold', { change: trueStamps, timestamp: true }],
  ['with 32 timestamps of nothings', { change: stamps(() => wide(TIMESTAMP, [5, 0])) }],
  ['with 32 timestamps of 64 KB', { change: stamps(() => wide(65_001, [5, 0])) }],
  ['with a timestamp of lists without an end', { change: stamps(() => wide(TIMESTAMPS, [0x30, 0x80]), 1) }],
  ['with a timestamp of sixty thousand nothings', { change: stamps(() => wide(TIMESTAMPS, [5, 0]), 1) }],
  ['with two timestamps of nothings in ten lists', { change: stamps(() => nested(0x30, 65_000, 10), 2) }],
  [
    'with two timestamps of nothings in a hundred texts',
    { change: stamps(() => nested(0x04, 65_000, 99), 2) },
  ],
  ['with two timestamps of lists in lists', { change: stamps(() => nested(0x30, 65_000), 2) }],
  ['with two timestamps of texts in texts', { change: stamps(() => nested(0x04, 65_000), 2) }],
  ['with a certificate of texts in texts', { change: leaf(nested(0x04, CERTIFICATE)) }],
  ['with a certificate of lists in lists', { change: leaf(nested(0x30, CERTIFICATE)) }],
  ['with a certificate of nothings', { change: leaf(wide(CERTIFICATE, [5, 0])) }],
  ['with a certificate of 24 MB', { change: leaf(Buffer.alloc(DECODED, 0x30)) }],
  [
    'with a chain of three hundred thousand certificates',
    { mediaType: V01, change: chain(filled(300_000, {})) },
  ],
  [
    'with a chain of 16 certificates of 16 KB',
    {
      mediaType: V01,
      change: chain(filled(16, { rawBytes: nested(0x30, CERTIFICATE, 99).toString('base64') })),
    },
  ],
  ['with three hundred thousand signatures', { change: signatures(filled(300_000, { sig: '' })) }],
  ['with a signature of 24 MB', { change: signatures([{ sig: 'A'.repeat(ROOM) }]) }],
  [
    'over a statement of 24 MB, by a stranger',
    { statement: stating('['.repeat(DECODED - 4 * KiB)), certificate: { issuer: 'https://evil.example' } },
  ],
  ['over a statement of 3 MB', { statement: stating(`"${'x'.repeat(STATEMENT)}"`) }],
  ['over a statement of a million lists', { statement: stating(`[${filled(800_000, '[]').join()}]`) }],
  ['over a statement of long numbers', { statement: stating(`[${filled(1000, '9'.repeat(2500)).join()}]`) }],
  ['over a statement of one long number', { statement: stating('9'.repeat(STATEMENT)) }],
  ['over a statement of escapes', { statement: stating(`"${'\\u0041'.repeat(400_000)}"`) }],
  ['over a statement of open lists', { statement: stating('['.repeat(STATEMENT)) }],
  ['over a statement about thirty thousand things', { statement: about(filled(30_000, SUBJECT)) }],
  [
    'over a statement with a hundred thousand digests',
    { statement: about([{ digest: members(150_000) as Readonly<Record<string, string>> }]) },
  ],
  [
    'with unknown members by the hundred thousand',
    { change: (parts) => Object.assign(parts, members(150_000)) },
  ],
  ['with a key of RSA, 16,384 bits, in its certificate', { change: rsa(65_537n) }],
  ['with such a key, and an exponent as long', { change: rsa((1n << 16_000n) + 1n) }],
  ['in the log of another', { logFrom: other }],
];

/** What is no bundle at all, and takes its time to turn out so. */
export const HOSTILE_TEXTS: readonly (readonly [string, () => Buffer])[] = [
  ['of escapes', () => Buffer.from(`{"mediaType":"${'\\n'.repeat(ROOM / 2)}"}`)],
  ['of escaped letters', () => Buffer.from(`{"mediaType":"${'\\u0041'.repeat(Math.floor(ROOM / 6))}"}`)],
  ['of spaces', () => Buffer.from(`${' '.repeat(ROOM)}{}`)],
  ['of digits', () => Buffer.from(`{"mediaType":${'9'.repeat(ROOM)}}`)],
  ['of open lists', () => Buffer.from('['.repeat(ROOM))],
  ['of empty lists', () => Buffer.from(`[${filled(ROOM / 4, '[]').join()}]`)],
  [
    'of names',
    () =>
      Buffer.from(
        `{${filled(ROOM / 16, 0)
          .map((_, at) => `"${at}":0`)
          .join()}}`,
      ),
  ],
  ['of one name', () => Buffer.from(`{"${'x'.repeat(ROOM)}":0}`)],
  ['of bytes that are no text', () => Buffer.alloc(ROOM, 0xff)],
];

function filled<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

function members(count: number): Json {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, 'x']));
}

function base64(text: string | Uint8Array): string {
  return Buffer.from(text).toString('base64');
}

function lines(name: (at: number) => string): string {
  const line = (at: number) => `\u2014 ${name(at)} AAAAAAAAAA==\n`;
  let text = 'a\n1\nAAAA\n\n';
  for (let at = 0; text.length < CHECKPOINT; at += 1) text += line(at);
  return text;
}

function checkpoint(envelope: string): NonNullable<Attempt['change']> {
  return inEntry(({ inclusionProof }) => Object.assign(inclusionProof.checkpoint, { envelope }));
}

function proof(change: Json): NonNullable<Attempt['change']> {
  return inEntry(({ inclusionProof }) => Object.assign(inclusionProof, change));
}

function recorded(body: string): NonNullable<Attempt['change']> {
  return inEntry((entry) => Object.assign(entry, { canonicalizedBody: base64(body) }));
}

function bulky(more: unknown): NonNullable<Attempt['entry']> {
  return withSpec((spec) => ({ ...spec, more }));
}

function signatures(all: readonly { sig: string }[]): NonNullable<Attempt['change']> {
  return ({ dsseEnvelope }) => Object.assign(dsseEnvelope, { signatures: all });
}

/** A signature's statement with this JSON text as its predicate. */
function stating(predicate: string): NonNullable<Attempt['statement']> {
  return (manifest) =>
    JSON.stringify({ ...signStatementOf(manifest), predicate: 'HERE' }).replace('"HERE"', () => predicate);
}

function about(subject: readonly unknown[]): NonNullable<Attempt['statement']> {
  return (manifest) => ({ ...signStatementOf(manifest), subject });
}

/** Every line is by the log's own key, as far as one sees before one has verified it. */
function ownNames(parts: Parts): void {
  inEntry(({ inclusionProof: { checkpoint: said } }) => {
    const [note = '', signature = ''] = said.envelope.split('\n\n');
    const [, , base = ''] = signature.trim().split(' ');
    const bytes = Buffer.from(base, 'base64');
    const last = bytes.length - 1;
    bytes[last] = (bytes[last] ?? 0) ^ 1;
    const line = `\u2014 rekor.example ${bytes.toString('base64')}\n`;
    said.envelope = `${note}\n\n${line.repeat(Math.floor((CHECKPOINT - note.length) / line.length))}`;
  })(parts);
}

/** As many entries as there may be, each of a log of its own. */
function manyEntries(bytes: number, areCopies = false): NonNullable<Attempt['change']> {
  return ({ verificationMaterial: material }) => {
    const [entry] = material.tlogEntries;
    if (entry === undefined) throw new Error('there is no entry');
    const body = JSON.parse(Buffer.from(String(entry['canonicalizedBody']), 'base64').toString());
    const canonicalizedBody = base64(JSON.stringify({ ...body, more: 'x'.repeat((bytes * 3) / 4) }));
    material.tlogEntries = Array.from({ length: PROOFS }, () =>
      areCopies
        ? entry
        : { ...entry, canonicalizedBody, logId: { keyId: randomBytes(32).toString('base64') } },
    );
  };
}

/** All are over the signature and by the right authority, and no two are the same. */
async function trueStamps({ verificationMaterial: material, dsseEnvelope }: Parts): Promise<void> {
  const signature = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
  const all = Array.from({ length: PROOFS }, () => sigstore.stamp(signature));
  material.timestampVerificationData.rfc3161Timestamps = (await Promise.all(all)).map((bytes) => ({
    signedTimestamp: bytes.toString('base64'),
  }));
}

function stamps(make: () => Buffer, count = PROOFS): NonNullable<Attempt['change']> {
  return ({ verificationMaterial: material }) => {
    const stamp = make().toString('base64');
    material.timestampVerificationData.rfc3161Timestamps = filled(count, { signedTimestamp: stamp });
  };
}

function leaf(der: Buffer): NonNullable<Attempt['change']> {
  return ({ verificationMaterial }) => {
    verificationMaterial.certificate = { rawBytes: der.toString('base64') };
  };
}

function chain(certificates: readonly unknown[]): NonNullable<Attempt['change']> {
  return ({ verificationMaterial }) => {
    delete verificationMaterial.certificate;
    verificationMaterial.x509CertificateChain = { certificates };
  };
}

/** Values of this type inside each other, as deep as said, and nothings in the innermost, to so many bytes. */
export function nested(tag: number, bytes: number, levels = Math.floor(bytes / 4) - 1): Buffer {
  const der = Buffer.alloc(Math.floor(bytes / 2) * 2, Buffer.from([5, 0]));
  for (let at = 0; at < levels * 4; at += 4) {
    der.set([tag, 0x82], at);
    der.writeUInt16BE(der.length - at - 4, at + 2);
  }
  return der;
}

/** A list of the same again and again. */
function wide(bytes: number, what: readonly number[]): Buffer {
  const der = Buffer.alloc(bytes, Buffer.from(what));
  der.set([0x30, 0x83], 0);
  der.writeUIntBE(bytes - 5, 2, 3);
  return der;
}

/**
 * Its certificate is by the true authority and its entry in the true log, for a key of RSA that is long and nothing else: all that
 * is left is to verify the signature.
 */
function rsa(exponent: bigint): NonNullable<Attempt['change']> {
  return async ({ verificationMaterial: material, dsseEnvelope }) => {
    const certificate = await sigstore.certify(longKey(exponent));
    const sig = Buffer.concat([Buffer.alloc(1), randomBytes(2047)]).toString('base64');
    const value = createHash('sha256').update(Buffer.from(dsseEnvelope.payload, 'base64')).digest('hex');
    const hash = { algorithm: 'sha256', value };
    const signatures = [{ signature: sig, verifier: base64(pemOf(certificate)) }];
    const spec = { envelopeHash: hash, payloadHash: hash, signatures };
    const entry = await sigstore.enter({ apiVersion: '0.0.1', kind: 'dsse', spec });
    material.certificate = { rawBytes: certificate.toString('base64') };
    material.tlogEntries = [entry as unknown as (typeof material.tlogEntries)[number]];
    dsseEnvelope.signatures = [{ sig }];
  };
}

/** A public key of 16,384 bits that nobody has the other half of. */
function longKey(exponent: bigint): string {
  const modulus = randomBytes(2048);
  modulus.set([0xff], 0);
  modulus.set([0xff], 2047);
  const digits = exponent.toString(16);
  const e = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: e.toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
}
