import { createHash, X509Certificate } from 'node:crypto';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { PratiqueError } from '../../errors.ts';
import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';

const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
const ANNOTATION = {
  certificate: 'dev.sigstore.cosign/certificate',
  log: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const;
/** characters of one annotation; an entry of a log with its body takes some 4,000 */
const LIMIT = 131_072;
/** JSON values of an envelope; the statement is one text among them */
const VALUE_LIMIT = 1000;
const PEM = /^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;
const HEX = /^(?:[0-9a-f]{2})+$/;

/**
 * What cosign v2 writes beside a signature or an attestation, as a bundle v0.1, so that all go the same way. The chain beside the
 * certificate is left out: only the trust root says whose certificates count. Without a certificate it is by a key.
 * @param content `toMessage` or `toEnvelope`
 * @throws {PratiqueError} `JSON_INVALID` where an annotation is not what cosign writes
 * @see cosign, specs/SIGNATURE_SPEC.md
 */
export function toBundle(
  content: Readonly<Record<string, unknown>>,
  annotations: ReadonlyMap<string, string>,
): Bundle {
  const log = readAnnotation(annotations, ANNOTATION.log);
  const timestamp = readAnnotation(annotations, ANNOTATION.timestamp);
  return bundleFromJSON({
    mediaType: MEDIA_TYPE,
    verificationMaterial: {
      ...(annotations.has(ANNOTATION.certificate)
        ? { x509CertificateChain: { certificates: [{ rawBytes: readCertificate(annotations) }] } }
        : { publicKey: { hint: '' } }),
      tlogEntries: log === undefined ? [] : [readLogEntry(log)],
      timestampVerificationData: {
        rfc3161Timestamps:
          timestamp === undefined ? [] : [{ signedTimestamp: timestamp.string('SignedRFC3161Timestamp') }],
      },
    },
    ...content,
  });
}

/** A signature over bytes that are not in it. */
export function toMessage(payload: Uint8Array, signature: Uint8Array) {
  return {
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: createHash('sha256').update(payload).digest('base64'),
      },
      signature: Buffer.from(signature).toString('base64'),
    },
  };
}

/**
 * An envelope with what is signed in it.
 * @throws {PratiqueError} `JSON_INVALID`
 * @see DSSE v1.0, envelope.md
 */
export function toEnvelope(bytes: Uint8Array) {
  const where = 'DSSE envelope';
  const envelope = readFields(readJson(bytes, { where, values: VALUE_LIMIT }), { where });
  return {
    dsseEnvelope: {
      payload: envelope.string('payload'),
      payloadType: envelope.string('payloadType'),
      signatures: envelope.objects('signatures').map((signature) => ({ sig: signature.string('sig') })),
    },
  };
}

/** cosign writes exactly one certificate here; of two, one reader would take the first and one the last. */
function readCertificate(annotations: ReadonlyMap<string, string>): string {
  const pem = annotations.get(ANNOTATION.certificate) ?? '';
  if (pem.length > LIMIT || !PEM.test(pem))
    throw unusable(ANNOTATION.certificate, 'it does not hold exactly one certificate');
  try {
    return new X509Certificate(pem).raw.toString('base64');
  } catch {
    throw unusable(ANNOTATION.certificate, 'the PEM block holds no certificate');
  }
}

function readAnnotation(annotations: ReadonlyMap<string, string>, name: string): JsonFields | undefined {
  const text = annotations.get(name);
  if (text === undefined) return undefined;
  if (text.length > LIMIT) throw unusable(name, `it has more than ${LIMIT} characters`);
  return readFields(readJson(Buffer.from(text), { where: name }), { where: name });
}

function readLogEntry(log: JsonFields): unknown {
  const payload = log.object('Payload');
  const body = payload.string('body');
  const id = payload.string('logID');
  if (!HEX.test(id)) throw payload.error('logID', 'it is not in hexadecimal digits');
  const where = 'entry of a transparency log';
  const entry = readFields(readJson(Buffer.from(body, 'base64'), { where }), { where });
  return {
    logIndex: String(payload.integer('logIndex')),
    logId: { keyId: Buffer.from(id, 'hex').toString('base64') },
    kindVersion: { kind: entry.string('kind'), version: entry.string('apiVersion') },
    integratedTime: String(payload.integer('integratedTime')),
    inclusionPromise: { signedEntryTimestamp: log.string('SignedEntryTimestamp') },
    canonicalizedBody: body,
  };
}

function unusable(annotation: string, why: string): PratiqueError {
  return new PratiqueError('JSON_INVALID', { what: `the annotation ${annotation} cannot be used`, why });
}
