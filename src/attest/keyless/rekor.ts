import { createHash } from 'node:crypto';
import { dsse } from '@sigstore/core';
import type { JsonFields } from '../../io/json/json-fields.ts';
import { readFields } from '../../io/json/json-fields.ts';
import { isJsonObject, readJson } from '../../io/json/strict-json.ts';
import { MEDIA } from '../../model/media-type.ts';
import { askService, badAnswer, below, type Question, readingAnswer, type SigningWorld } from './service.ts';

/** A transparency log, and the version of Rekor that it speaks. */
export interface Log {
  readonly url: URL;
  readonly version: 1 | 2;
}

/** What is to be logged. */
export interface Signed {
  /** the statement */
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** DER */
  readonly certificate: Buffer;
}

/** An entry as it stands in a bundle: `TransparencyLogEntry` of sigstore's protobuf-specs, in JSON. */
export type LogEntry = Readonly<Record<string, unknown>>;

const WHO = 'the transparency log (Rekor)';
const WHERE = 'answer';

/**
 * Enters a signed statement into a log. The answer is only brought into shape here; whether it is of this statement, by this
 * certificate, and signed by a log that is trusted is checked with the finished bundle.
 * @throws {PratiqueError} `SIGNING_FAILED`
 */
export function enterLog(log: Log, signed: Signed, world: SigningWorld): Promise<LogEntry> {
  return log.version === 1 ? enterFirst(log.url, signed, world) : enterTiles(log.url, signed, world);
}

/**
 * Rekor v1: an entry of the kind `dsse`. The log answers with its signed time of entry and a proof of inclusion; both are wanted.
 * @see Rekor, openapi.yaml, `createLogEntry`; pkg/types/dsse/v0.0.1
 */
async function enterFirst(base: URL, signed: Signed, world: SigningWorld): Promise<LogEntry> {
  const { payload, signature, certificate } = signed;
  const envelope = JSON.stringify({
    payloadType: MEDIA.inToto,
    payload: payload.toString('base64'),
    signatures: [{ sig: signature.toString('base64') }],
  });
  const verifiers = [Buffer.from(pemOf(certificate)).toString('base64')];
  const question = questionOf(below(base, '/api/v1/log/entries'), {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: { proposedContent: { envelope, verifiers } },
  });
  const answer = await askService(question, world);
  return readingAnswer(question, () => readFirst(question, answer));
}

function readFirst(question: Question, answer: Uint8Array): LogEntry {
  const json = readJson(answer, { where: WHERE });
  const [entry, ...more] = isJsonObject(json) ? [...json.values()] : [];
  if (entry === undefined || more.length > 0) throw badAnswer(question, 'did not answer with one entry');
  const said = readFields(entry, { where: WHERE });
  const proofs = said.optionalObject('verification');
  const promise = proofs?.optionalString('signedEntryTimestamp');
  if (promise === undefined) throw badAnswer(question, 'did not sign when the entry was made');
  const proof = proofs?.optionalObject('inclusionProof');
  if (proof === undefined) throw badAnswer(question, 'did not prove that the entry is in it');
  const rootHash = base64OfHex(proof.string('rootHash'));
  requireSameTree(question, proof.string('checkpoint'), rootHash);
  return {
    logIndex: String(said.integer('logIndex')),
    logId: { keyId: base64OfHex(said.string('logID')) },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(said.integer('integratedTime')),
    inclusionPromise: { signedEntryTimestamp: promise },
    inclusionProof: {
      logIndex: String(proof.integer('logIndex')),
      rootHash,
      treeSize: String(proof.integer('treeSize')),
      hashes: proof.strings('hashes').map(base64OfHex),
      checkpoint: { envelope: proof.string('checkpoint') },
    },
    canonicalizedBody: said.string('body'),
  };
}

/**
 * Rekor v2: an entry of the kind `hashedrekord`, whose digest is over the envelope's pre-authentication encoding; the `dsse` kind of
 * its beginnings is no longer taken. It knows no time, so a timestamp has to be beside it.
 * @see rekor-tiles, CLIENTS.md and rekor_service.proto
 */
async function enterTiles(base: URL, signed: Signed, world: SigningWorld): Promise<LogEntry> {
  const { payload, signature, certificate } = signed;
  const digest = createHash('sha256').update(dsse.preAuthEncoding(MEDIA.inToto, payload)).digest('base64');
  const verifier = {
    x509Certificate: { rawBytes: certificate.toString('base64') },
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
  };
  const question = questionOf(below(base, '/api/v2/log/entries'), {
    hashedRekordRequestV002: { digest, signature: { content: signature.toString('base64'), verifier } },
  });
  const answer = await askService(question, world);
  return readingAnswer(question, () => readTiles(question, answer));
}

/** Only the members that a bundle has are taken over. */
function readTiles(question: Question, answer: Uint8Array): LogEntry {
  const said = readFields(readJson(answer, { where: WHERE }), { where: WHERE });
  const proof = said.optionalObject('inclusionProof');
  if (proof === undefined) throw badAnswer(question, 'did not prove that the entry is in it');
  const kind = said.object('kindVersion');
  const checkpoint = proof.object('checkpoint').string('envelope');
  requireSameTree(question, checkpoint, proof.string('rootHash'));
  return {
    logIndex: numberIn(said, 'logIndex'),
    logId: { keyId: said.object('logId').string('keyId') },
    kindVersion: { kind: kind.string('kind'), version: kind.string('version') },
    inclusionProof: {
      logIndex: numberIn(proof, 'logIndex'),
      rootHash: proof.string('rootHash'),
      treeSize: numberIn(proof, 'treeSize'),
      hashes: proof.optionalArray('hashes') === undefined ? [] : proof.strings('hashes'),
      checkpoint: { envelope: checkpoint },
    },
    canonicalizedBody: said.string('canonicalizedBody'),
  };
}

/**
 * The library that we verify with reads the root of the tree in the signed checkpoint and passes over the one in the proof; other
 * verifiers hold the two against each other.
 * @see C2SP, tlog-checkpoint.md: name, size, root in base64
 */
function requireSameTree(question: Question, checkpoint: string, rootHash: string): void {
  if (checkpoint.split('\n', 3)[2] !== rootHash)
    throw badAnswer(question, 'proves that the entry is in another tree than the one it signed');
}

/** Protobuf's JSON writes 64-bit numbers as texts and leaves a zero out; some write it as a number. */
function numberIn(fields: JsonFields, name: string): string {
  const value = fields.get(name) ?? '0';
  return typeof value === 'number' ? String(fields.integer(name)) : fields.optionalString(name) || '0';
}

function questionOf(url: URL, body: unknown): Question {
  const bytes = Buffer.from(JSON.stringify(body));
  return { who: WHO, method: 'POST', url, headers: { 'content-type': 'application/json' }, body: bytes };
}

function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function pemOf(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
