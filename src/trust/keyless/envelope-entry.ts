import { createHash } from 'node:crypto';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { crypto, json } from '@sigstore/core';
import type { JsonFields } from '../../io/json/json-fields.ts';
import type { Instance } from './instance.ts';
import { KeylessFault } from './keyless-fault.ts';
import { readBody } from './log-entry.ts';

/**
 * Checks a log entry of the kind `intoto/0.0.1`, which cosign v2 wrote for attestations and the library does not know. It holds the
 * digest of the envelope as it was stored, signature included. What it proves is the log's signed time of entry; there is no
 * proof of inclusion beside these.
 * @param envelope the blob
 * @throws {KeylessFault} `bad-log-entry`
 * @see Rekor, pkg/types/intoto/v0.0.1; the signed time as in `toVerificationPayload` of @sigstore/verify
 */
export function requireEnvelopeEntry(
  entry: TransparencyLogEntry,
  envelope: Uint8Array,
  logs: Instance['logs'],
): void {
  const recorded = readBody(entry).object('spec').object('content').object('hash');
  if (!isDigestOf(recorded, envelope)) throw bad('its log entry is of another envelope');
  requirePromise(entry, logs);
}

function isDigestOf(hash: JsonFields, bytes: Uint8Array): boolean {
  const value = createHash('sha256').update(bytes).digest('hex');
  return hash.string('algorithm') === 'sha256' && hash.string('value') === value;
}

/** The time of entry, signed by a log of the root; whether it was in its term is checked with all entries. */
function requirePromise(entry: TransparencyLogEntry, logs: Instance['logs']): void {
  const { canonicalizedBody, integratedTime, logIndex, logId, inclusionPromise } = entry;
  const signed = json.canonicalize({
    body: canonicalizedBody.toString('base64'),
    integratedTime: Number(integratedTime),
    logIndex: Number(logIndex),
    logID: logId.keyId.toString('hex'),
  });
  const holds = logs.some(
    ({ logID, publicKey }) =>
      logID.equals(logId.keyId) &&
      inclusionPromise !== undefined &&
      crypto.verify(Buffer.from(signed), publicKey, inclusionPromise.signedEntryTimestamp),
  );
  if (!holds) throw bad('inclusion promise could not be verified');
}

function bad(detail: string): KeylessFault {
  return new KeylessFault('bad-log-entry', detail);
}
