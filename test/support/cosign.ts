import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { hexOf } from '../../src/model/digest.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import type { Signer } from '../../src/model/trusted.ts';
import { publicGood } from '../../src/policy/signers/trust-root-file.ts';
import type { MemorySource } from './memory-source.ts';
import { jsonBytes } from './memory-source.ts';

/** A throw-away key, as cosign would hold it. */
export interface TestKey {
  readonly privateKey: KeyObject;
  /** PEM, SubjectPublicKeyInfo */
  readonly publicPem: string;
  /** PEM, PKCS#8 */
  readonly privatePem: string;
}

export type Curve = 'P-256' | 'P-384' | 'P-521';

export function makeKey(curve: Curve = 'P-256'): TestKey {
  return pemsOf(generateKeyPairSync('ec', { namedCurve: curve }));
}

export function makeEd25519Key(): TestKey {
  return pemsOf(generateKeyPairSync('ed25519'));
}

export function makeRsaKey(modulusLength = 2048): TestKey {
  return pemsOf(generateKeyPairSync('rsa', { modulusLength }));
}

function pemsOf({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): TestKey {
  return {
    privateKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Signers of a policy: name → key. */
export function keySigners(keys: Readonly<Record<string, TestKey>>): ReadonlyMap<string, Signer> {
  return new Map(
    Object.entries(keys).map(([name, { publicPem }]) => [name, { name, kind: 'key', publicKey: publicPem }]),
  );
}

/** A keyless signer of a policy. */
export const KEYLESS: Signer = {
  name: 'ci',
  kind: 'keyless',
  issuer: 'https://token.actions.githubusercontent.com',
  identity: 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
  root: publicGood(),
};

/** Where a v2 signature departs from what cosign writes. */
export interface SignatureFaults {
  readonly payload?: unknown;
  readonly signature?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly mediaType?: string;
  readonly optional?: Readonly<Record<string, unknown>>;
  /** size that the layer claims, bytes */
  readonly claimedSize?: number;
}

/** The simple signing payload that cosign v2 signs. */
export function simpleSigning(digest: string, optional: unknown = null): Record<string, unknown> {
  return {
    critical: {
      identity: { 'docker-reference': 'registry.test/acme/app' },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional,
  };
}

/** One v2 signature as a layer of a `.sig` manifest; its blob is stored. */
export function signatureLayer(
  source: MemorySource,
  about: Descriptor,
  key: TestKey,
  faults: SignatureFaults = {},
): Record<string, unknown> {
  const payload = jsonBytes(faults.payload ?? simpleSigning(about.digest, faults.optional ?? null));
  const blob = source.put(payload, faults.mediaType ?? MEDIA.simpleSigning);
  return {
    ...blob,
    size: faults.claimedSize ?? blob.size,
    annotations: {
      'dev.cosignproject.cosign/signature':
        faults.signature ?? sign('sha256', payload, key.privateKey).toString('base64'),
      ...faults.annotations,
    },
  };
}

/** Puts layers under cosign's tag for the image. */
export function tagSignatures(
  source: MemorySource,
  about: Descriptor,
  layers: readonly unknown[],
): Descriptor {
  const manifest = source.putManifest({
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: source.put(jsonBytes({ architecture: '', layers: layers.length }), MEDIA.ociConfig),
    layers,
  });
  source.tag(about.digest, 'sig', manifest);
  return manifest;
}

/** Signs as `cosign sign --key` v2 does. */
export function signWithTag(
  source: MemorySource,
  about: Descriptor,
  key: TestKey,
  faults?: SignatureFaults,
): Descriptor {
  return tagSignatures(source, about, [signatureLayer(source, about, key, faults)]);
}

/** The statement that `cosign sign` v3 signs: no name, no predicate. */
export function signStatementOf(
  about: Descriptor,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: hexOf(about.digest) } }],
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    ...changes,
  };
}

/** Where a bundle departs from what cosign v3 writes. */
export interface BundleFaults {
  readonly payloadType?: string;
  /** what the envelope says; what is signed stays `payloadType` */
  readonly claimedPayloadType?: string;
  readonly mediaType?: string;
  readonly material?: unknown;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly signatures?: (sig: string) => unknown;
}

/** A DSSE bundle v0.3 over a statement, written from the specification and not with our own code. */
export function dsseBundle(
  statement: unknown,
  key: TestKey,
  faults: BundleFaults = {},
): Record<string, unknown> {
  const payload = Buffer.from(typeof statement === 'string' ? statement : JSON.stringify(statement));
  const type = faults.payloadType ?? 'application/vnd.in-toto+json';
  const sig = rawSignature(key, preAuthEncoding(type, payload)).toString('base64');
  return {
    mediaType: faults.mediaType ?? 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: faults.material ?? { publicKey: { hint: hintOf(key) } },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: faults.claimedPayloadType ?? type,
      signatures: faults.signatures?.(sig) ?? [{ sig }],
    },
    ...faults.extra,
  };
}

/** A bundle over bytes, as `cosign sign-blob --key --bundle` writes it. */
export function messageBundle(bytes: Uint8Array, key: TestKey): Record<string, unknown> {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: hintOf(key) } },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update(bytes).digest('base64') },
      signature: rawSignature(key, bytes).toString('base64'),
    },
  };
}

/** Where the manifest around a bundle departs from what cosign v3 writes. */
export interface ReferrerFaults {
  readonly subject?: unknown;
  readonly label?: string;
  readonly layerType?: string;
  readonly claimedSize?: number;
  readonly layers?: (layer: unknown) => readonly unknown[];
  readonly artifactType?: string;
}

/** Pushes a bundle as a referrer, laid out as cosign v3 does; bytes as they are. */
export function attachBundle(
  source: MemorySource,
  about: Descriptor,
  bundle: unknown,
  faults: ReferrerFaults = {},
): Descriptor {
  const bytes = bundle instanceof Uint8Array ? bundle : jsonBytes(bundle);
  const blob = source.put(bytes, faults.layerType ?? MEDIA.sigstoreBundle);
  const layer = { ...blob, size: faults.claimedSize ?? blob.size };
  const { mediaType, digest, size } = about;
  const manifest = source.putManifest({
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    artifactType: faults.artifactType ?? MEDIA.sigstoreBundle,
    config: source.put(Buffer.from('{}'), MEDIA.ociEmpty),
    layers: faults.layers?.(layer) ?? [layer],
    subject: faults.subject === undefined ? { mediaType, digest, size } : faults.subject,
    annotations: {
      'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': faults.label ?? 'https://sigstore.dev/cosign/sign/v1',
    },
  });
  source.list(about.digest, manifest);
  return manifest;
}

/** Signs as `cosign sign --key` v3 does. */
export function signWithBundle(source: MemorySource, about: Descriptor, key: TestKey): Descriptor {
  return attachBundle(source, about, dsseBundle(signStatementOf(about), key));
}

/** What a DSSE signature covers, written from the specification and not with our own code. */
export function preAuthEncoding(type: string, payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `),
    payload,
  ]);
}

/** A signature over bytes, with the hash that goes with the key. */
export function rawSignature({ privateKey }: TestKey, bytes: Uint8Array): Buffer {
  const hashes: Readonly<Record<string, string>> = {
    prime256v1: 'sha256',
    secp384r1: 'sha384',
    secp521r1: 'sha512',
  };
  if (privateKey.asymmetricKeyType === 'ed25519') return sign(null, bytes, privateKey);
  return sign(hashes[privateKey.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'sha256', bytes, privateKey);
}

function hintOf({ publicPem }: TestKey): string {
  const der = Buffer.from(publicPem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  return createHash('sha256').update(der).digest('base64');
}
