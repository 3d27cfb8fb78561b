import type { Bundle, TransparencyLogEntry } from '@sigstore/bundle';
import { type SignedEntity, toSignedEntity, VerificationError } from '@sigstore/verify';
import { toPratiqueError } from '../../errors.ts';
import type { CertificateClaims } from '../../model/certificate-claims.ts';
import type { RejectionReason } from '../../model/trusted.ts';
import { readClaims } from './certificate-claims.ts';
import { requireEnvelopeEntry } from './envelope-entry.ts';
import type { Instance } from './instance.ts';
import { KeylessFault } from './keyless-fault.ts';
import {
  ENVELOPE_KIND,
  kindOf,
  requireBounded,
  requireCheckpointBy,
  requireSameCertificate,
} from './log-entry.ts';

/** Who signed and when (of several moments the first), proved under one trust root, or the first thing that is wrong. */
export type Proof =
  | { readonly claims: CertificateClaims; readonly signedAt: Date }
  | { readonly reason: RejectionReason; readonly detail: string };

/** What a bundle does not hold itself. */
export interface Beside {
  /** the bytes that are signed, where it is over no envelope */
  readonly payload?: Uint8Array | undefined;
  /** the whole envelope as it was stored, which an old entry of a log has the digest of */
  readonly envelope?: Uint8Array | undefined;
}

/** bytes of a certificate; a real one has 1 KiB */
const CERTIFICATE_LIMIT = 16_384;
/** bytes of all timestamps together; a real one with its certificates has 6 KiB, and 2 MiB of nothings take a second to read */
const TIMESTAMPS_LIMIT = 131_072;
/** certificates in a chain; only the first is looked at */
const CHAIN_LIMIT = 16;

/**
 * Verifies a bundle that carries a certificate: the chain at the time of signing, the certificate's log, the transparency log,
 * the signature, and that all of them speak of the same certificate. The library does the cryptography; what it leaves
 * open is guarded here and in the files beside. Whatever is thrown on the way rejects the bundle.
 * @param bundle with a certificate, at most one DSSE signature, and a bounded number of proofs; see `readBundle`
 * @see Sigstore client specification, section 4
 */
export function verifyKeyless(instance: Instance, bundle: Bundle, beside: Beside = {}): Proof {
  try {
    return prove(instance, bundle, beside);
  } catch (thrown) {
    if (thrown instanceof KeylessFault) return { reason: thrown.reason, detail: thrown.message };
    if (thrown instanceof VerificationError) return explain(thrown);
    const { what, why } = toPratiqueError(thrown).problem;
    return { reason: 'malformed', detail: why === undefined ? what : `it cannot be read: ${why}` };
  }
}

function prove(
  instance: Instance,
  bundle: Bundle,
  { payload, envelope }: Beside,
): Extract<Proof, { claims: unknown }> {
  const { tlogEntries: entries } = bundle.verificationMaterial;
  const certificate = certificateOf(bundle);
  for (const entry of entries) requireBounded(entry);
  requireLogsOnce(entries);
  const read = toSignedEntity(bundle, payload && Buffer.from(payload));
  const entity = envelope === undefined ? read : stampedWhole(read, envelope);
  verifyWith(instance, entity, envelope);
  const times = timesOf(entity);
  for (const entry of entries) {
    requireSameCertificate(entry, certificate);
    requireLogInService(instance, entry, times);
  }
  if (entity.key.$case !== 'certificate') throw new KeylessFault('bad-certificate', 'it carries none');
  const claims = readClaims(entity.key.certificate);
  return { claims, signedAt: new Date(Math.min(...times.map((time) => time.getTime()))) };
}

/**
 * The same, with timestamps that are over the envelope as it was stored. cosign v2 has that stamped, for attestations, and not
 * the signature, which is in it: either way the signature was there by then.
 * @see cosign v2, cmd/cosign/cli/attest/attest.go, `tsaPayload`
 */
function stampedWhole(entity: SignedEntity, envelope: Uint8Array): SignedEntity {
  const { signature: content } = entity;
  const signature: SignedEntity['signature'] = {
    signature: Buffer.from(envelope),
    compareSignature: (signature) => content.compareSignature(signature),
    compareDigest: (digest) => content.compareDigest(digest),
    compareSignedDigest: (digest) => content.compareSignedDigest(digest),
    verifySignature: (key) => content.verifySignature(key),
  };
  return { ...entity, signature };
}

/** The library's part, but for an entry that it cannot read: that one is checked here, and not counted there. */
function verifyWith(instance: Instance, entity: SignedEntity, envelope: Uint8Array | undefined): void {
  const [entry, ...more] = entity.tlogEntries;
  if (entry === undefined || envelope === undefined || kindOf(entry) !== ENVELOPE_KIND) {
    if (entity.tlogEntries.some((one) => kindOf(one) === ENVELOPE_KIND))
      throw new KeylessFault('unsupported', `its log entry has the kind ${ENVELOPE_KIND}`);
    instance.verifier.verify(entity);
    return;
  }
  if (more.length > 0) throw new KeylessFault('bad-log-entry', 'it has more than one entry');
  requireEnvelopeEntry(entry, envelope, instance.logs);
  instance.verifierBesideLog.verify({ ...entity, tlogEntries: [] });
}

/** DER of the certificate that the signature is checked with. */
function certificateOf({ verificationMaterial: { content, timestampVerificationData } }: Bundle): Buffer {
  const chain =
    content.$case === 'certificate'
      ? [content.certificate]
      : content.$case === 'x509CertificateChain'
        ? content.x509CertificateChain.certificates
        : [];
  const leaf = chain[0]?.rawBytes;
  if (leaf === undefined || chain.length > CHAIN_LIMIT || leaf.length > CERTIFICATE_LIMIT)
    throw new KeylessFault('bad-certificate', 'it is not one certificate of sane size');
  const stamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  if (stamps.reduce((sum, { signedTimestamp }) => sum + signedTimestamp.length, 0) > TIMESTAMPS_LIMIT)
    throw new KeylessFault('bad-timestamp', 'its timestamps are too long');
  return leaf;
}

/** Two entries of one log prove no more than one (CVE-2026-49834), and which of them was checked could be mistaken. */
function requireLogsOnce(entries: readonly TransparencyLogEntry[]): void {
  const logs = new Set(entries.map(({ logId }) => logId.keyId.toString('hex')));
  if (logs.size !== entries.length) throw new KeylessFault('bad-log-entry', 'it has two entries of one log');
}

/**
 * The library holds a log's term against a signed time of entry only: without one, the key of a log that was given up could go
 * on vouching. The checkpoint has to bear the log's own name, too.
 */
function requireLogInService(instance: Instance, entry: TransparencyLogEntry, times: readonly Date[]): void {
  const log = instance.logs.find(
    ({ logID, validFor: { start, end } }) =>
      logID.equals(entry.logId.keyId) && times.every((time) => start <= time && time <= end),
  );
  if (log === undefined)
    throw new KeylessFault('bad-log-entry', 'its log was not in service when it was signed');
  requireCheckpointBy(entry, log.baseURL);
}

/** The moments that are proved; to be read after the proofs have been verified. */
function timesOf({ timestamps }: SignedEntity): readonly Date[] {
  return timestamps.flatMap((stamp) => {
    if (stamp.$case === 'timestamp-authority') return [stamp.timestamp.signingTime];
    const { inclusionPromise, integratedTime } = stamp.tlogEntry;
    return inclusionPromise === undefined ? [] : [new Date(Number(integratedTime) * 1000)];
  });
}

function explain({ code, message, cause }: VerificationError): Proof {
  const detail = cause instanceof Error ? `${message}: ${cause.message}` : message;
  if (code === 'CERTIFICATE_ERROR') return { reason: 'bad-certificate', detail };
  if (code === 'TIMESTAMP_ERROR') return { reason: 'bad-timestamp', detail };
  if (code === 'SIGNATURE_ERROR') return { reason: 'bad-signature', detail };
  return { reason: 'bad-log-entry', detail };
}
