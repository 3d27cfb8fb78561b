import { createHash } from 'node:crypto';
import { RFC3161Timestamp } from '@sigstore/core';
import { askService, badAnswer, type Question, type SigningWorld } from './service.ts';

const WHO = 'the timestamp authority';
/** bytes; what is verified later is no longer */
const LIMIT = 65_536;
/** Where Sigstore's server listens, for an address without a path. */
const PATH = '/api/v1/timestamp';
/** DER of `AlgorithmIdentifier { sha256 }` */
const SHA256 = Buffer.from('300b0609608648016503040201', 'hex');
const [INTEGER, OCTET_STRING, SEQUENCE] = [0x02, 0x04, 0x30];

/**
 * A timestamp over a signature. No nonce: the signature is new itself, so that no earlier answer can be played back for it.
 * Whether the authority is one that is trusted is checked with the finished bundle.
 * @returns `TimeStampResp`, DER
 * @throws {PratiqueError} `SIGNING_FAILED`
 * @see RFC 3161, sections 2.4.1 and 3.4
 */
export async function stamp(base: URL, signature: Buffer, world: SigningWorld): Promise<Buffer> {
  const url = new URL(base);
  if (url.pathname === '/') url.pathname = PATH;
  const question: Question = {
    who: WHO,
    method: 'POST',
    url,
    headers: { accept: 'application/timestamp-reply', 'content-type': 'application/timestamp-query' },
    body: timestampRequest(signature),
  };
  const answer = Buffer.from(await askService(question, world));
  if (answer.length > LIMIT || !isGranted(answer)) throw badAnswer(question, 'gave no timestamp');
  return answer;
}

/** `TimeStampReq` version 1 over the SHA-256 of some bytes; certificates are not asked for, the trust root has them. */
export function timestampRequest(bytes: Uint8Array): Buffer {
  const digest = createHash('sha256').update(bytes).digest();
  const imprint = tlv(SEQUENCE, Buffer.concat([SHA256, tlv(OCTET_STRING, digest)]));
  return tlv(SEQUENCE, Buffer.concat([tlv(INTEGER, Buffer.from([1])), imprint]));
}

function isGranted(answer: Buffer<ArrayBuffer>): boolean {
  try {
    const { status, signerDigestAlgorithm } = RFC3161Timestamp.parse(answer);
    return (status === 0n || status === 1n) && signerDigestAlgorithm !== '';
  } catch {
    return false;
  }
}

/** DER of a value of fewer than 128 bytes. */
function tlv(tag: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, value.length]), value]);
}
