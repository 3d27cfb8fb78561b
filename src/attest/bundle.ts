import { bundleToJSON, type SerializedBundle, toDSSEBundle } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import type { Descriptor } from '../model/descriptor.ts';
import { MEDIA } from '../model/media-type.ts';
import type { Statement } from '../model/statement.ts';
import { type SigningKey, signBytes } from './signing-key.ts';

/** A signed statement, ready to be written or attached. */
export interface SignedBundle {
  /** the bundle as JSON, for a file */
  readonly json: SerializedBundle;
  /** the same as the bytes that are pushed */
  readonly content: Uint8Array;
  readonly predicateType: string;
  /** what it is to be attached to: the image or index that the statement names first */
  readonly about: Descriptor;
  /** RFC 3339, UTC */
  readonly createdAt: string;
}

/**
 * Signs a statement with a key: a Sigstore bundle v0.3 with a DSSE envelope and the key's hint, no log entry.
 * `cosign verify-attestation --key K --insecure-ignore-tlog` accepts it.
 * @see sigstore protobuf-specs, sigstore_bundle.proto; DSSE v1.0, protocol.md, "Signature Definition"
 */
export function signStatement(
  statement: Statement,
  key: SigningKey,
  { about, createdAt }: { about: Descriptor; createdAt: string },
): SignedBundle {
  const payload = Buffer.from(JSON.stringify(statement));
  const signature = signBytes(key, dsse.preAuthEncoding(MEDIA.inToto, payload));
  const bundle = toDSSEBundle({
    artifact: payload,
    artifactType: MEDIA.inToto,
    signature,
    keyHint: key.publicKey.hint,
  });
  // cosign counts a signature whose key id is not its own as none at all; it writes none itself.
  bundle.content.dsseEnvelope.signatures = [{ sig: signature, keyid: '' }];
  const json = bundleToJSON(bundle);
  return {
    json,
    content: Buffer.from(JSON.stringify(json)),
    predicateType: statement.predicateType,
    about,
    createdAt,
  };
}
