import { X509Certificate as NodeCertificate } from 'node:crypto';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { KeylessFault } from './keyless-fault.ts';

/** An entry that holds digests of the envelope only; see `envelope-entry.ts`. */
export const ENVELOPE_KIND = 'intoto/0.0.1';
/** Where an entry of a kind and version keeps the certificate of whoever signed. */
const CERTIFICATES: Readonly<Record<string, (spec: JsonFields) => Buffer>> = {
  'hashedrekord/0.0.1': (spec) => pem(spec.object('signature').object('publicKey').string('content')),
  'hashedrekord/0.0.2': (spec) => raw(spec.object('hashedRekordV002').object('signature')),
  [ENVELOPE_KIND]: (spec) => pem(spec.string('publicKey')),
  'dsse/0.0.1': (spec) => pem(only(spec, 'signatures').string('verifier')),
  'dsse/0.0.2': (spec) => raw(only(spec.object('dsseV002'), 'signatures')),
  'intoto/0.0.2': (spec) =>
    pem(only(spec.object('content').object('envelope'), 'signatures').string('publicKey')),
};
/** bytes of what a log has recorded: digests, a signature and a certificate, some 4,000 */
const BODY_LIMIT = 131_072;
/** characters of a signed checkpoint; one with a dozen cosigners takes 3,000 */
const CHECKPOINT_LIMIT = 16_384;
/** hashes of an inclusion proof; each doubles the log */
const PROOF_LIMIT = 64;
const DIGITS = /^[0-9]{1,19}$/;
const NAME = /^[A-Za-z0-9./_:+-]{1,128}$/;
const SIGNATURE_LINE = /^\u2014 (\S+) \S+$/;
const WHERE = 'entry of a transparency log';

/**
 * Bounds an entry before the library computes with it: numbers that are numbers, a checkpoint and a proof of sane size, names
 * that are names. An earlier version compiled the names as regular expressions, and `(.*)*x` took 21 seconds.
 * @throws {KeylessFault} `bad-log-entry`, `unsupported`
 */
export function requireBounded(entry: TransparencyLogEntry): void {
  const { inclusionProof: proof, integratedTime, logIndex, canonicalizedBody } = entry;
  const kind = kindOf(entry);
  if (!Object.hasOwn(CERTIFICATES, kind))
    throw new KeylessFault('unsupported', `its log entry has the kind ${kind}`);
  if (canonicalizedBody.length > BODY_LIMIT) throw bad('its log entry is too long');
  const numbers = [integratedTime, logIndex, ...(proof ? [proof.logIndex, proof.treeSize] : [])];
  if (!numbers.every((number) => DIGITS.test(number))) throw bad('a number in its log entry is none');
  if (proof === undefined) return;
  const { hashes, checkpoint } = proof;
  if (hashes.length > PROOF_LIMIT) throw bad(`its proof of inclusion has ${hashes.length} hashes`);
  const envelope = checkpoint?.envelope ?? '';
  if (envelope.length > CHECKPOINT_LIMIT) throw bad('its checkpoint is too long');
  if (!namesIn(envelope).every((name) => NAME.test(name))) throw bad('its checkpoint is signed by no name');
}

/**
 * Who has signed the checkpoint of an entry, as the lines say. The library looks for a name somewhere in the log's address;
 * it has to be the log's own.
 * @throws {KeylessFault} `bad-log-entry`
 */
export function requireCheckpointBy(entry: TransparencyLogEntry, address: string): void {
  if (entry.inclusionProof === undefined) return;
  const { host, hostname, pathname } = new URL(address);
  const own = [host, hostname, `${host}${pathname}`.replace(/\/$/, '')];
  const names = namesIn(entry.inclusionProof.checkpoint?.envelope ?? '');
  if (!names.some((name) => own.includes(name)))
    throw bad('its checkpoint is not signed by the name of its log');
}

/**
 * Makes sure that the log has recorded this very certificate. The library compares signature and digest only, so an entry
 * of somebody else's certificate for the same signature would do (client-spec, 4.4, step 2).
 * @throws {KeylessFault} `bad-log-entry`
 */
export function requireSameCertificate(entry: TransparencyLogEntry, certificate: Buffer): void {
  const recorded = CERTIFICATES[kindOf(entry)]?.(readBody(entry).object('spec'));
  if (recorded === undefined || !recorded.equals(certificate))
    throw bad('its log entry records another certificate');
}

/** What the log has recorded. */
export function readBody({ canonicalizedBody }: TransparencyLogEntry): JsonFields {
  return readFields(readJson(canonicalizedBody, { where: WHERE }), { where: WHERE });
}

/** Kind and version, as `dsse/0.0.1`. */
export function kindOf({ kindVersion: { kind, version } }: TransparencyLogEntry): string {
  return `${kind}/${version}`;
}

function namesIn(envelope: string): readonly string[] {
  return envelope.split('\n').flatMap((line) => SIGNATURE_LINE.exec(line)?.[1] ?? []);
}

function only(fields: JsonFields, name: string): JsonFields {
  const [first, ...more] = fields.objects(name);
  if (first === undefined || more.length > 0) throw bad(`its log entry has ${more.length + 1} signatures`);
  return first;
}

/** DER of the first certificate in a PEM text that is written as base64. */
function pem(base64: string): Buffer {
  try {
    return new NodeCertificate(Buffer.from(base64, 'base64')).raw;
  } catch {
    throw bad('its log entry records no certificate');
  }
}

function raw(signature: JsonFields): Buffer {
  const verifier = signature.object('verifier').optionalObject('x509Certificate');
  if (verifier === undefined) throw bad('its log entry records no certificate');
  return Buffer.from(verifier.string('rawBytes'), 'base64');
}

function bad(detail: string): KeylessFault {
  return new KeylessFault('bad-log-entry', detail);
}
