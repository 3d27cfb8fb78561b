import { sameBytes } from '../../io/der.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { quoted } from '../../model/printable.ts';
import { CHAIN_LIMIT, requireChain } from './certificate-chain.ts';
import type { NotationEnvelope } from './envelope.ts';
import { readCose } from './envelope-cose.ts';
import { readJws } from './envelope-jws.ts';
import { NotationFault, readingAs } from './notation-fault.ts';
import { readPayload, type TargetArtifact } from './payload.ts';
import { algorithmFor, isRawSignature } from './signature-algorithm.ts';
import { type Certificate, readCertificate } from './x509/certificate.ts';

/** A signature that holds in itself: its certificate's key made it, and its chain is whole. Who that is, nobody has asked yet. */
export interface NotationSignature {
  readonly envelope: NotationEnvelope;
  /** from the certificate that signed to the root */
  readonly chain: readonly Certificate[];
  readonly target: TargetArtifact;
}

const READERS: Readonly<Record<string, (bytes: Uint8Array) => NotationEnvelope>> = {
  'application/jose+json': readJws,
  'application/cose': readCose,
};

/** Whether a layer of this type can be read. */
export function isEnvelopeType(mediaType: string): boolean {
  return Object.hasOwn(READERS, mediaType);
}

/**
 * Verifies a signature with the certificate in it, and the certificate with those above it. Before anything is computed, the last of
 * them has to be one that some signer of the policy trusts: what strangers sign costs nothing.
 * @param isRoot whether a signer of the policy trusts this root
 * @throws {NotationFault} the first thing that is wrong; {PratiqueError} `JSON_INVALID`
 * @see Notary Project, trust-store-trust-policy.md, "Steps": integrity, and the first part of authenticity
 */
export function verifyNotation(
  bytes: Uint8Array,
  mediaType: string,
  isRoot: (root: Certificate) => boolean,
): NotationSignature {
  const envelope = READERS[mediaType]?.(bytes);
  if (envelope === undefined) throw new NotationFault('unsupported', `it has the type ${quoted(mediaType)}`);
  const chain = readChain(envelope.chain);
  const [leaf, root] = [chain[0], chain.at(-1)];
  if (leaf === undefined || root === undefined)
    throw new NotationFault('malformed', 'it carries no certificate');
  if (!isRoot(root))
    throw new NotationFault(
      'other-key',
      'signed with certificates of an authority that the policy does not name',
    );
  const algorithm = algorithmFor(leaf.key);
  if (algorithm === undefined)
    throw new NotationFault('bad-certificate', 'its key is of a kind or length that Notation does not know');
  // Or somebody could have it checked in a way that the key was never meant for.
  if (algorithm !== envelope.algorithm)
    throw new NotationFault(
      'bad-signature',
      `it says ${envelope.algorithm}, and its key is for ${algorithm}`,
    );
  requireChain(chain, 'code-signing');
  if (!isRawSignature(algorithm, leaf.key, envelope.signedBytes, envelope.signature))
    throw new NotationFault('bad-signature', 'it is not by the key of its certificate, or over other bytes');
  return { envelope, chain, target: readPayload(envelope.payload) };
}

/**
 * Makes sure that what was signed is what was resolved: the same digest under another type would be read as something else
 * (CVE-2023-33959).
 * @throws {NotationFault} `other-subject`
 */
export function requireTarget({ mediaType, digest, size }: TargetArtifact, about: Descriptor): void {
  if (digest !== about.digest) throw other(`it signs ${quoted(digest)}`);
  if (mediaType !== about.mediaType) throw other(`it signs this digest as ${quoted(mediaType)}`);
  if (size !== about.size) throw other(`it signs this digest with ${size} bytes`);
}

/** Whether a certificate is one of these, to the byte. */
export function isAmong(certificates: readonly Certificate[], { der }: Certificate): boolean {
  return certificates.some((one) => sameBytes(one.der, der));
}

function readChain(chain: readonly Uint8Array[]): readonly Certificate[] {
  if (chain.length > CHAIN_LIMIT)
    throw new NotationFault('bad-certificate', `it carries ${chain.length} certificates`);
  return readingAs('bad-certificate', 'a certificate', () => chain.map(readCertificate));
}

function other(detail: string): NotationFault {
  return new NotationFault('other-subject', detail);
}
