import { createHash, createPublicKey, webcrypto } from 'node:crypto';
import { initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';
import { parseDigest } from '../../src/model/digest.ts';
import type { TrustRoot } from '../../src/model/trust-root.ts';
import type { Signer } from '../../src/model/trusted.ts';
import { makeKey, preAuthEncoding, rawSignature, type TestKey } from './cosign.ts';

// Loaded after the mock, which brings what it needs to describe its classes.
const x509 = await import('@peculiar/x509');

export const ISSUER = 'https://token.issuer.example';
export const IDENTITY = 'https://forge.example/acme/app/.ci/release.yml@refs/tags/v1.2.3';
export const ISSUER_V1 = '1.3.6.1.4.1.57264.1.1';
export const ISSUER_V2 = '1.3.6.1.4.1.57264.1.8';
export const UTF8_STRING = 0x0c;
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const LONG_AGO = '2020-01-01T00:00:00Z';
const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const MINUTE = 60_000;

type Names = ConstructorParameters<typeof x509.SubjectAlternativeNameExtension>[0];
type Extensions = InstanceType<typeof x509.Extension>[];

/** Where a certificate departs from what Fulcio issues. */
export interface CertificateFaults {
  readonly names?: Names;
  /** bytes of a URI, as they are; instead of `names` */
  readonly rawName?: Buffer;
  /** of `rawName`; 0x86, a URI */
  readonly nameTag?: number;
  readonly issuer?: string;
  /** instead of the two extensions that say who let the owner log in */
  readonly issuerExtensions?: Extensions;
  readonly purposes?: string[];
  readonly usage?: number;
  readonly isAuthority?: boolean;
  readonly more?: Extensions;
  readonly notBefore?: Date;
  readonly withoutSct?: boolean;
  readonly sctFrom?: PrivateSigstore;
}

export type EntryKind = 'envelope' | 'dsse' | 'intoto' | 'hashedrekord' | 'hashedrekord-v2' | 'dsse-v2';

/** Where a keyless signature departs from a good one. */
export interface KeylessFaults {
  readonly certificate?: CertificateFaults;
  readonly kind?: EntryKind;
  /** the proposed entry, before the log signs it */
  readonly entry?: (body: Record<string, unknown>, pem: string) => unknown;
  /** with a signed time of entry; true */
  readonly promise?: boolean;
  /** with a proof of inclusion; true */
  readonly proof?: boolean;
  readonly timestamp?: boolean;
  /** whose timestamp, over what */
  readonly stamp?: (signature: Buffer) => Promise<Buffer>;
  readonly payloadType?: string;
  /** who signs in truth; the certificate stays */
  readonly signedBy?: TestKey;
  readonly mediaType?: string;
  /** what was logged, by another log */
  readonly logFrom?: PrivateSigstore;
}

export interface Keyless {
  /** a bundle v0.3 (v0.1 where `mediaType` says so) */
  readonly bundle: Record<string, unknown>;
  readonly key: TestKey;
  readonly certificate: Buffer;
}

/** An authority, its certificate log, a transparency log and a timestamp authority, in this process. */
export type PrivateSigstore = Awaited<ReturnType<typeof startSigstore>>;

/** What cosign v2 stores of an attestation. */
export interface Attestation {
  readonly envelope: Buffer;
  readonly annotations: Record<string, string>;
}

/** An entry as the log answers it. */
interface Logged {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly inclusionProof: { readonly rootHash: string; readonly checkpoint: string };
    readonly signedEntryTimestamp: string;
  };
}

/** How the instance itself departs from a good one. */
export interface InstanceFaults {
  /** last moment of the authority's certificate */
  readonly authorityUntil?: Date;
  readonly logUrl?: string;
  /** the moment that the log and the timestamp authority think it is; whole seconds */
  readonly clock?: Date;
}

export async function startSigstore(faults: InstanceFaults = {}) {
  const keys = { log: makeKey(), certificateLog: makeKey(), timestamps: makeKey() };
  const logUrl = faults.logUrl ?? 'https://rekor.example';
  const log = await initializeTLog(logUrl, pair(keys.log), faults.clock);
  const certificateLog = await initializeCTLog(pair(keys.certificateLog));
  const authority = await makeAuthority(faults.authorityUntil);
  // The library reads no times with other fractions of a second than three digits: it is a whole one, soon.
  const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
  const timestamps = await initializeTSA(pair(keys.timestamps), faults.clock ?? soon);
  const tick = () => soon.setTime(Math.max(soon.getTime(), Math.floor(Date.now() / 1000) * 1000));

  async function certify(publicPem: string, faults: CertificateFaults = {}): Promise<Buffer> {
    const notBefore = faults.notBefore ?? new Date(Date.now() - MINUTE);
    const publicKey = await importPublic(publicPem);
    const tbs = {
      serialNumber: '0a',
      notBefore,
      notAfter: new Date(notBefore.getTime() + 10 * MINUTE),
      issuer: authority.certificate.subject,
      publicKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      signingKey: authority.keys.privateKey,
      extensions: [
        new x509.KeyUsagesExtension(faults.usage ?? x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(faults.purposes ?? [x509.ExtendedKeyUsage.codeSigning]),
        faults.rawName === undefined
          ? new x509.SubjectAlternativeNameExtension(faults.names ?? [{ type: 'url', value: IDENTITY }], true)
          : new x509.Extension('2.5.29.17', true, tlv(0x30, tlv(faults.nameTag ?? 0x86, faults.rawName))),
        ...(faults.isAuthority ? [new x509.BasicConstraintsExtension(true, undefined, true)] : []),
        ...(faults.issuerExtensions ?? issuerExtensions(faults.issuer ?? ISSUER)),
        ...(faults.more ?? []),
      ],
    };
    if (!faults.withoutSct) {
      const preliminary = await x509.X509CertificateGenerator.create(tbs, webcrypto as never);
      const sct = await (faults.sctFrom?.certificateLog ?? certificateLog).log(
        preliminary.rawData,
        Uint8Array.from(sha256(authority.spki)).buffer,
      );
      tbs.extensions.push(new x509.Extension(SCT_LIST, false, sctList(Buffer.from(sct))));
    }
    return Buffer.from((await x509.X509CertificateGenerator.create(tbs, webcrypto as never)).rawData);
  }

  /** A timestamp over bytes. */
  async function stamp(bytes: Buffer): Promise<Buffer> {
    return stampDigest(sha256(bytes));
  }

  /** A timestamp over a SHA-256 digest; with the certificate that it is signed with, where it is asked for. */
  async function stampDigest(digest: Buffer, certReq = false): Promise<Buffer> {
    tick();
    const request = {
      artifactHash: digest,
      hashAlgorithmOID: SHA256,
      nonce: 1,
      policyOID: '1.2.3.4',
      certReq,
    };
    return Buffer.from((await timestamps.timestamp(request)) as Uint8Array);
  }

  /** Logs an entry; as the log's server answers it. */
  async function record(body: unknown): Promise<Readonly<Record<string, Logged>>> {
    return (await log.log(body as object)) as Record<string, Logged>;
  }

  /** Logs an entry; as it stands in a bundle. */
  async function enter(body: unknown, { promise = true, proof = true }: KeylessFaults = {}) {
    const [logged] = Object.values(await record(body));
    if (logged === undefined) throw new Error('nothing was logged');
    const { inclusionProof, signedEntryTimestamp } = logged.verification;
    const { kind, apiVersion: version } = body as Record<string, string>;
    return {
      logIndex: String(logged.logIndex),
      logId: { keyId: Buffer.from(logged.logID, 'hex').toString('base64') },
      kindVersion: { kind, version },
      integratedTime: String(logged.integratedTime),
      canonicalizedBody: logged.body,
      ...(promise && { inclusionPromise: { signedEntryTimestamp } }),
      ...(proof && {
        inclusionProof: {
          logIndex: '0',
          treeSize: '1',
          rootHash: Buffer.from(inclusionProof.rootHash, 'hex').toString('base64'),
          hashes: [],
          checkpoint: { envelope: inclusionProof.checkpoint },
        },
      }),
    };
  }

  /** Signs a statement as a workflow without a key does. */
  async function sign(statement: unknown, faults: KeylessFaults = {}): Promise<Keyless> {
    const key = makeKey();
    const certificate = await certify(key.publicPem, faults.certificate);
    const payload = Buffer.from(typeof statement === 'string' ? statement : JSON.stringify(statement));
    const payloadType = faults.payloadType ?? 'application/vnd.in-toto+json';
    const bytes = preAuthEncoding(payloadType, payload);
    const signature = rawSignature(faults.signedBy ?? key, bytes);
    const said = { payload, payloadType, bytes, signature, certificate };
    const proposed = entryBody(faults.kind ?? 'dsse', said);
    const body = faults.entry?.(proposed, pemOf(certificate)) ?? proposed;
    const material = await materialOf(faults, body, signature);
    return {
      key,
      certificate,
      bundle: {
        mediaType: faults.mediaType ?? 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: { ...certificateIn(faults.mediaType, certificate), ...material },
        dsseEnvelope: {
          payload: payload.toString('base64'),
          payloadType,
          signatures: [{ sig: signature.toString('base64') }],
        },
      },
    };
  }

  async function materialOf(faults: KeylessFaults, body: unknown, signature: Buffer) {
    const stamps = faults.timestamp || faults.stamp ? [await (faults.stamp ?? stamp)(signature)] : [];
    return {
      tlogEntries: [await (faults.logFrom?.enter ?? enter)(body, faults)],
      timestampVerificationData: {
        rfc3161Timestamps: stamps.map((bytes) => ({ signedTimestamp: bytes.toString('base64') })),
      },
    };
  }

  /** A cosign v2 signature over a payload: what stands in the annotations beside it. */
  async function annotate(payload: Buffer, faults: KeylessFaults = {}): Promise<Record<string, string>> {
    const key = makeKey();
    const certificate = await certify(key.publicPem, faults.certificate);
    const signature = rawSignature(key, payload);
    const said = { payload, bytes: payload, signature, certificate, payloadType: '' };
    const beside = await annotationsFor(certificate, signature, entryBody('hashedrekord', said), faults);
    return { 'dev.cosignproject.cosign/signature': signature.toString('base64'), ...beside };
  }

  /** A cosign v2 attestation: the envelope as it is stored, and what stands in the annotations beside it. */
  async function attest(statement: unknown, faults: KeylessFaults = {}): Promise<Attestation> {
    const key = makeKey();
    const certificate = await certify(key.publicPem, faults.certificate);
    const payload = Buffer.from(JSON.stringify(statement));
    const payloadType = faults.payloadType ?? 'application/vnd.in-toto+json';
    const signature = rawSignature(faults.signedBy ?? key, preAuthEncoding(payloadType, payload));
    const signatures = [{ keyid: '', sig: signature.toString('base64') }];
    const envelope = Buffer.from(
      JSON.stringify({ payloadType, payload: payload.toString('base64'), signatures }),
    );
    const said = { payload, bytes: envelope, signature, certificate, payloadType };
    const body = entryBody(faults.kind ?? 'envelope', said);
    // cosign has the whole envelope stamped, and not the signature in it.
    const beside = await annotationsFor(certificate, envelope, body, faults);
    return { envelope, annotations: { 'dev.cosignproject.cosign/signature': '', ...beside } };
  }

  async function annotationsFor(
    certificate: Buffer,
    stamped: Buffer,
    proposed: Record<string, unknown>,
    faults: KeylessFaults,
  ): Promise<Record<string, string>> {
    const body = faults.entry?.(proposed, pemOf(certificate)) ?? proposed;
    const entry = await (faults.logFrom?.enter ?? enter)(body);
    const log = {
      SignedEntryTimestamp: entry.inclusionPromise ? entry.inclusionPromise.signedEntryTimestamp : '',
      Payload: {
        body: entry.canonicalizedBody,
        integratedTime: Number(entry.integratedTime),
        logIndex: Number(entry.logIndex),
        logID: Buffer.from(entry.logId.keyId, 'base64').toString('hex'),
      },
    };
    const stamps =
      faults.timestamp || faults.stamp
        ? { SignedRFC3161Timestamp: (await (faults.stamp ?? stamp)(stamped)).toString('base64') }
        : undefined;
    return {
      'dev.sigstore.cosign/certificate': pemOf(certificate),
      'dev.sigstore.cosign/chain': pemOf(Buffer.from(authority.certificate.rawData)),
      ...(faults.promise !== false && { 'dev.sigstore.cosign/bundle': JSON.stringify(log) }),
      ...(stamps && { 'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify(stamps) }),
    };
  }

  /** What `trusted_root.json` of the instance says; a plain object to be changed. */
  function trustedRoot() {
    return {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [{ baseUrl: logUrl, ...logEntryOf(keys.log) }],
      ctlogs: [{ baseUrl: 'https://ct.example', ...logEntryOf(keys.certificateLog) }],
      certificateAuthorities: [
        {
          uri: 'https://fulcio.example',
          certChain: chainOf(Buffer.from(authority.certificate.rawData)),
          validFor: { start: LONG_AGO } as { start: string; end?: string },
        },
      ],
      timestampAuthorities: [
        {
          uri: 'https://tsa.example',
          certChain: chainOf(
            Buffer.from(timestamps.intCertificate as Uint8Array),
            Buffer.from(timestamps.rootCertificate as Uint8Array),
          ),
          validFor: { start: LONG_AGO } as { start: string; end?: string },
        },
      ],
    };
  }

  /** What whoever trusts the instance without a `trusted_root.json` is given. */
  const pems = {
    authority: pemOf(Buffer.from(authority.certificate.rawData)),
    log: keys.log.publicPem,
    certificateLog: keys.certificateLog.publicPem,
    timestamps: [timestamps.intCertificate, timestamps.rootCertificate]
      .map((bytes) => pemOf(Buffer.from(bytes as Uint8Array)))
      .join(''),
  };

  return {
    certify,
    stamp,
    stampDigest,
    record,
    enter,
    sign,
    annotate,
    attest,
    trustedRoot,
    certificateLog,
    pems,
  };
}

/** A trust root of a policy. */
export function rootOf(
  json: unknown,
  demands: Partial<Pick<TrustRoot, 'needsLog' | 'needsCertificateLog'>> = {},
): TrustRoot {
  const text = JSON.stringify(json);
  const digest = parseDigest(`sha256:${sha256(Buffer.from(text)).toString('hex')}`);
  return { name: 'private', text, digest, needsLog: true, needsCertificateLog: true, ...demands };
}

/** A policy whose only signer is keyless. */
export function keylessSigner(
  root: TrustRoot,
  identity = IDENTITY,
  issuer = ISSUER,
): ReadonlyMap<string, Signer> {
  return new Map([['ci', { name: 'ci', kind: 'keyless', issuer, identity, root }]]);
}

/** An extension whose value is this text, in Latin-1: bare, or in DER with a tag. */
export function textExtension(oid: string, text: string, tag?: number) {
  const bytes = Buffer.from(text, 'latin1');
  return new x509.Extension(oid, false, tag === undefined ? Uint8Array.from(bytes).buffer : tlv(tag, bytes));
}

export function issuerExtensions(issuer: string): Extensions {
  return [textExtension(ISSUER_V1, issuer), textExtension(ISSUER_V2, issuer, UTF8_STRING)];
}

/** The name of a user as Fulcio wraps it: an `otherName` of its own kind, with a UTF8String. */
export function userName(name: string, { kind = 7, tag = UTF8_STRING } = {}): CertificateFaults {
  const oid = Uint8Array.from([0x2b, 6, 1, 4, 1, 0x83, 0xbf, 0x30, 1, kind]);
  const value = tlv(0xa0, tlv(tag, Buffer.from(name)));
  return { nameTag: 0xa0, rawName: Buffer.concat([Buffer.from(tlv(6, oid)), Buffer.from(value)]) };
}

/** An extension that nobody knows, and everybody must. */
export function criticalExtension() {
  return new x509.Extension('1.2.3.4', true, Uint8Array.from([5, 0]).buffer);
}

export const USAGE = x509.KeyUsageFlags;
export const PURPOSE = x509.ExtendedKeyUsage;

function entryBody(
  kind: EntryKind,
  said: { payload: Buffer; payloadType: string; bytes: Buffer; signature: Buffer; certificate: Buffer },
): Record<string, unknown> {
  const { payload, payloadType, bytes, signature, certificate } = said;
  const sig = signature.toString('base64');
  const pem = Buffer.from(pemOf(certificate)).toString('base64');
  const hash = (of: Buffer) => ({ algorithm: 'sha256', value: sha256(of).toString('hex') });
  const digest = (of: Buffer) => ({ algorithm: 'SHA2_256', digest: sha256(of).toString('base64') });
  const verifier = {
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    x509Certificate: { rawBytes: certificate.toString('base64') },
  };
  switch (kind) {
    case 'dsse':
      return {
        apiVersion: '0.0.1',
        kind,
        spec: {
          envelopeHash: hash(payload),
          payloadHash: hash(payload),
          signatures: [{ signature: sig, verifier: pem }],
        },
      };
    case 'envelope':
      return {
        apiVersion: '0.0.1',
        kind: 'intoto',
        spec: { content: { hash: hash(bytes), payloadHash: hash(payload) }, publicKey: pem },
      };
    case 'intoto':
      return {
        apiVersion: '0.0.2',
        kind,
        spec: {
          content: {
            envelope: {
              payloadType,
              signatures: [{ publicKey: pem, sig: Buffer.from(sig).toString('base64') }],
            },
            hash: hash(payload),
            payloadHash: hash(payload),
          },
        },
      };
    case 'hashedrekord':
      return {
        apiVersion: '0.0.1',
        kind,
        spec: { data: { hash: hash(bytes) }, signature: { content: sig, publicKey: { content: pem } } },
      };
    case 'hashedrekord-v2':
      return {
        apiVersion: '0.0.2',
        kind: 'hashedrekord',
        spec: { hashedRekordV002: { data: digest(bytes), signature: { content: sig, verifier } } },
      };
    case 'dsse-v2':
      return {
        apiVersion: '0.0.2',
        kind: 'dsse',
        spec: { dsseV002: { payloadHash: digest(payload), signatures: [{ content: sig, verifier }] } },
      };
  }
}

async function makeAuthority(until?: Date) {
  const keys = (await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: 'CN=private,O=example',
      notBefore: new Date(LONG_AGO),
      notAfter: until ?? new Date(Date.now() + 1000 * MINUTE),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      keys: keys as never,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    },
    webcrypto as never,
  );
  const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  return { keys, certificate, spki };
}

async function importPublic(pem: string) {
  const isRsa = createPublicKey(pem).asymmetricKeyType === 'rsa';
  const algorithm = isRsa ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : EC;
  return webcrypto.subtle.importKey('spki', spkiOf(pem), algorithm, true, ['verify']) as never;
}

function certificateIn(mediaType: string | undefined, certificate: Buffer) {
  const rawBytes = certificate.toString('base64');
  return /version=0\.[12]/.test(mediaType ?? '')
    ? { x509CertificateChain: { certificates: [{ rawBytes }] } }
    : { certificate: { rawBytes } };
}

function logEntryOf({ publicPem }: TestKey) {
  const spki = spkiOf(publicPem);
  return {
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: spki.toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: LONG_AGO } as { start: string; end?: string },
    },
    logId: { keyId: sha256(spki).toString('base64') },
  };
}

function chainOf(...certificates: readonly Buffer[]) {
  return { certificates: certificates.map((bytes) => ({ rawBytes: bytes.toString('base64') })) };
}

/** DER of a value of fewer than 128 bytes. */
function tlv(tag: number, value: Uint8Array | ArrayBuffer): ArrayBuffer {
  const bytes = new Uint8Array(value);
  return Uint8Array.from([tag, bytes.length, ...bytes]).buffer;
}

/** A list of one timestamp of a certificate log (which begins with its length), as an OCTET STRING. */
function sctList(sct: Buffer): ArrayBuffer {
  return tlv(4, Buffer.concat([Buffer.from([0, sct.length]), sct]));
}

function pair({ privateKey, publicPem }: TestKey) {
  return { privateKey, publicKey: createPublicKey(publicPem) };
}

function spkiOf(pem: string): Buffer {
  return createPublicKey(pem).export({ type: 'spki', format: 'der' });
}

export function pemOf(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
