import { constants, type KeyObject, sign } from 'node:crypto';
import { encode, Tagged } from 'cborg';
import type { FetchUrl } from '../../../src/io/fetch-url.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { Descriptor } from '../../../src/model/descriptor.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { parseSubject } from '../../../src/model/subject-pattern.ts';
import type { Evidence, Signer } from '../../../src/model/trusted.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { jsonBytes, MemorySource, putImage } from '../memory-source.ts';
import { chainOf, type Identity, issue, NOW, OID, purposes, type StampOptions, stamp } from './pki.ts';

export const JWS = 'application/jose+json';
export const COSE = 'application/cose';
export const ARTIFACT = 'application/vnd.cncf.notary.signature';
export const FIELD = {
  scheme: 'io.cncf.notary.signingScheme',
  time: 'io.cncf.notary.signingTime',
  authenticTime: 'io.cncf.notary.authenticSigningTime',
  expiry: 'io.cncf.notary.expiry',
  timestamp: 'io.cncf.notary.timestampSignature',
} as const;

/** The policy's authorities, and who signs under them. */
export const root = issue({ authority: true });
export const intermediate = issue({ authority: true, issuer: root });
export const leaf = issue({ issuer: intermediate });
export const tsaRoot = issue({ authority: true });
export const tsa = issue({ issuer: tsaRoot, purposes: purposes([OID.timeStamping], true) });

type Json = Record<string, unknown>;
type Algorithm = readonly [jws: string, cose: number, hash: string];

const RSA: Readonly<Record<number, Algorithm>> = {
  2048: ['PS256', -37, 'sha256'],
  3072: ['PS384', -38, 'sha384'],
  4096: ['PS512', -39, 'sha512'],
};
const EC: Readonly<Record<string, Algorithm>> = {
  prime256v1: ['ES256', -7, 'sha256'],
  secp384r1: ['ES384', -35, 'sha384'],
  secp521r1: ['ES512', -36, 'sha512'],
};

/** Where a signature departs from what notation writes. */
export interface Attempt {
  readonly format?: 'jws' | 'cose';
  readonly by?: Identity;
  readonly chain?: readonly Uint8Array[];
  readonly signedBy?: KeyObject;
  /** bytes of the salt of RSASSA-PSS; those of the hash where absent */
  readonly salt?: number;
  readonly scheme?: string;
  readonly signingTime?: Date;
  readonly expiry?: Date;
  /** changes the signed header; of COSE with its numbers as texts */
  readonly header?: (header: Json) => Json;
  /** changes the header that is not signed */
  readonly open?: (header: Json) => Json;
  readonly target?: (target: Json, about: Descriptor) => unknown;
  readonly payload?: Buffer;
  readonly timestamp?: StampOptions | ((signature: Buffer) => Buffer);
  /** changes the finished envelope */
  readonly change?: (envelope: Buffer) => Buffer;
  /** changes the manifest */
  readonly manifest?: (manifest: Json) => Json;
  readonly layerType?: string;
  readonly trust?: Partial<Extract<Signer, { kind: 'notation' }>>;
  readonly signers?: ReadonlyMap<string, Signer>;
  readonly fetchUrl?: FetchUrl;
  readonly now?: Date;
}

/** A policy's signer under the root above. */
export function notationSigner(
  trust: Attempt['trust'] = {},
  name = 'acme',
): Extract<Signer, { kind: 'notation' }> {
  return {
    name,
    kind: 'notation',
    store: 'ca',
    authorities: [root.der.toString('base64')],
    timestampAuthorities: [],
    identities: [parseSubject('C=US, ST=WA, O=acme')],
    timestamp: 'always',
    revocation: 'skip',
    ...trust,
  };
}

export const STAMPED = { timestampAuthorities: [tsaRoot.der.toString('base64')] };

/** Signs an image, attaches the signature, and collects what comes of it. */
export async function judge(attempt: Attempt = {}): Promise<readonly Evidence[]> {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  attach(source, manifest, signNotation(manifest, attempt), attempt);
  const signers = attempt.signers ?? new Map([['acme', notationSigner(attempt.trust)]]);
  return collectEvidence(source, [manifest], signers, DEFAULT_LIMITS, {
    now: attempt.now ?? NOW,
    ...(attempt.fetchUrl && { fetchUrl: attempt.fetchUrl }),
  });
}

/** The envelope over a descriptor. */
export function signNotation(about: Descriptor, attempt: Attempt = {}): Buffer {
  const target = { mediaType: about.mediaType, digest: about.digest, size: about.size };
  const payload =
    attempt.payload ??
    Buffer.from(JSON.stringify({ targetArtifact: attempt.target?.(target, about) ?? target }));
  const made = attempt.format === 'cose' ? signCose(payload, attempt) : signJws(payload, attempt);
  return attempt.change?.(made) ?? made;
}

export function attach(
  source: MemorySource,
  about: Descriptor,
  envelope: Buffer,
  attempt: Attempt = {},
): Descriptor {
  const type = attempt.layerType ?? (attempt.format === 'cose' ? COSE : JWS);
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    artifactType: ARTIFACT,
    config: source.put(jsonBytes({}), MEDIA.ociEmpty),
    layers: [source.put(envelope, type)],
    subject: about,
    annotations: { 'io.cncf.notary.x509chain.thumbprint#S256': '["00"]' },
  };
  const referrer = source.putManifest(attempt.manifest?.(manifest) ?? manifest);
  source.list(about.digest, referrer);
  return referrer;
}

function headerOf(attempt: Attempt, algorithm: string | number, moment: (at: Date) => unknown): Json {
  const { scheme = 'notary.x509', expiry } = attempt;
  const isAuthentic = scheme === 'notary.x509.signingAuthority';
  const time = isAuthentic ? FIELD.authenticTime : FIELD.time;
  const critical = [FIELD.scheme, ...(isAuthentic ? [time] : []), ...(expiry ? [FIELD.expiry] : [])];
  const names = typeof algorithm === 'string' ? ['alg', 'cty', 'crit'] : ['1', '3', '2'];
  const header = {
    [names[0] as string]: algorithm,
    [names[1] as string]: 'application/vnd.cncf.notary.payload.v1+json',
    [names[2] as string]: critical,
    [FIELD.scheme]: scheme,
    [time]: moment(attempt.signingTime ?? NOW),
    ...(expiry && { [FIELD.expiry]: moment(expiry) }),
  };
  return attempt.header?.(header) ?? header;
}

function signJws(payload: Buffer, attempt: Attempt): Buffer {
  const by = attempt.by ?? leaf;
  const [name, , hash] = algorithmOf(by.publicKey);
  const header = headerOf(attempt, name, (at) => at.toISOString().replace('.000Z', 'Z'));
  const parts = [Buffer.from(JSON.stringify(header)), payload].map((part) => part.toString('base64url'));
  const signature = rawSign(Buffer.from(parts.join('.')), attempt.signedBy ?? by.key, hash, attempt.salt);
  const stamped = stampOf(attempt, signature);
  const open = {
    x5c: (attempt.chain ?? chainOf(by)).map((der) => Buffer.from(der).toString('base64')),
    'io.cncf.notary.signingAgent': 'a test',
    ...(stamped && { [FIELD.timestamp]: stamped.toString('base64') }),
  };
  return Buffer.from(
    JSON.stringify({
      payload: parts[1],
      protected: parts[0],
      header: attempt.open?.(open) ?? open,
      signature: signature.toString('base64url'),
    }),
  );
}

function signCose(payload: Buffer, attempt: Attempt): Buffer {
  const by = attempt.by ?? leaf;
  const [, number, hash] = algorithmOf(by.publicKey);
  const header = headerOf(attempt, number, (at) => new Tagged(1, Math.floor(at.getTime() / 1000)));
  const headerBytes = encodeMap(header);
  const toBeSigned = encode(['Signature1', headerBytes, new Uint8Array(), payload]);
  const signature = rawSign(Buffer.from(toBeSigned), attempt.signedBy ?? by.key, hash, attempt.salt);
  const stamped = stampOf(attempt, signature);
  const open = {
    '33': attempt.chain ?? chainOf(by),
    'io.cncf.notary.signingAgent': 'a test',
    ...(stamped && { [FIELD.timestamp]: stamped }),
  };
  const unsigned = numbered(attempt.open?.(open) ?? open);
  return Buffer.from(encode(new Tagged(18, [headerBytes, unsigned, payload, signature])));
}

/** CBOR of a map whose labels that look like numbers are numbers. */
export function encodeMap(map: Json): Uint8Array {
  return encode(numbered(map));
}

function numbered(map: Json): Map<string | number, unknown> {
  return new Map(
    Object.entries(map).map(([label, value]) => [/^\d+$/.test(label) ? Number(label) : label, value]),
  );
}

function stampOf({ timestamp }: Attempt, signature: Buffer): Buffer | undefined {
  if (timestamp === undefined) return undefined;
  return typeof timestamp === 'function' ? timestamp(signature) : stamp(tsa, signature, timestamp);
}

function algorithmOf({ asymmetricKeyDetails: details }: KeyObject): Algorithm {
  return (
    EC[details?.namedCurve ?? ''] ?? RSA[details?.modulusLength ?? 0] ?? (['ES256', -7, 'sha256'] as const)
  );
}

function rawSign(
  bytes: Buffer,
  key: KeyObject,
  hash: string,
  saltLength: number = constants.RSA_PSS_SALTLEN_DIGEST,
): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, bytes, key);
  if (key.asymmetricKeyType === 'ec') return sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });
  return sign(hash, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}
