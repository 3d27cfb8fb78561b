import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { isSignature, type RejectionReason, type Signer } from '../../src/model/trusted.ts';
import { publicGood } from '../../src/policy/signers/trust-root-file.ts';
import { openOciLayout } from '../../src/sources/layout/oci-layout.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import { keySigners, makeKey, preAuthEncoding, rawSignature, signStatementOf } from '../support/cosign.ts';
import { MemorySource, putImage } from '../support/memory-source.ts';
import {
  type Attestation,
  IDENTITY,
  type KeylessFaults,
  keylessSigner,
  pemOf,
  rootOf,
  startSigstore,
} from '../support/private-sigstore.ts';

const sigstore = await startSigstore();
const other = await startSigstore();
const signers = keylessSigner(rootOf(sigstore.trustedRoot()));
const anothersPem = Buffer.from(pemOf(await sigstore.certify(makeKey().publicPem))).toString('base64');
const PROVENANCE = 'https://slsa.dev/provenance/v0.2';
const LOG = 'dev.sigstore.cosign/bundle';

/** Puts attestations under the tag `sha256-<hex>.att`, as cosign v2 does. */
function tagAttestations(
  source: MemorySource,
  about: Descriptor,
  attestations: readonly Attestation[],
  mediaType: string = MEDIA.dsse,
): void {
  const layers = attestations.map(({ envelope, annotations }) => ({
    ...source.put(envelope, mediaType),
    annotations,
  }));
  const manifest = source.putManifest({
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: source.put(Buffer.from('{}'), MEDIA.ociConfig),
    layers,
  });
  source.tag(about.digest, 'att', manifest);
}

function provenanceOf(about: Descriptor, changes: Record<string, unknown> = {}) {
  const _type = 'https://in-toto.io/Statement/v0.1';
  return signStatementOf(about, { _type, predicateType: PROVENANCE, predicate: {}, ...changes });
}

/** Under a root whose log was given up long ago. */
function signersOfAnOldLog(): ReadonlyMap<string, Signer> {
  const json = sigstore.trustedRoot();
  for (const { publicKey } of json.tlogs) publicKey.validFor.end = '2021-01-01T00:00:00Z';
  return keylessSigner(rootOf(json));
}

interface Attempt extends KeylessFaults {
  readonly statement?: (about: Descriptor) => unknown;
  readonly change?: (attestation: Attestation) => Attestation;
  readonly mediaType?: string;
  readonly by?: ReadonlyMap<string, Signer>;
}

async function judge({ statement = provenanceOf, change, mediaType, by = signers, ...faults }: Attempt = {}) {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  const attestation = await sigstore.attest(statement(manifest), faults);
  tagAttestations(source, manifest, [change?.(attestation) ?? attestation], mediaType);
  return collectEvidence(source, [manifest], by, DEFAULT_LIMITS);
}

/** The attestation with an annotation changed. */
function annotated(name: string, value: (text: string) => string) {
  return ({ envelope, annotations }: Attestation) => ({
    envelope,
    annotations: { ...annotations, [name]: value(annotations[name] ?? '') },
  });
}

/** The attestation with its envelope changed. */
function enveloped(change: (envelope: Record<string, unknown>) => unknown) {
  return ({ envelope, annotations }: Attestation) => ({
    envelope: Buffer.from(JSON.stringify(change(JSON.parse(envelope.toString())))),
    annotations,
  });
}

function signatureIn(envelope: Buffer): Buffer {
  return Buffer.from(JSON.parse(envelope.toString()).signatures[0].sig, 'base64');
}

const ATTESTED = [
  { state: 'verified', form: 'cosign-attestation', signer: 'ci', statement: { predicateType: PROVENANCE } },
];

describe('a cosign v2 attestation', () => {
  test.each<[string, Attempt]>([
    ['with a log entry of the kind intoto/0.0.1', {}],
    ['with a log entry of the kind dsse/0.0.1', { kind: 'dsse' }],
    ['with a timestamp, too', { timestamp: true }],
    ['that its label calls what it is', { change: annotated('predicateType', () => PROVENANCE) }],
  ])('%s is verified, and is no signature', async (_what, attempt) => {
    const evidence = await judge(attempt);
    expect(evidence).toMatchObject(ATTESTED);
    expect(evidence.some(isSignature)).toBe(false);
  });

  test('by a key is verified with the key, whatever stands beside it', async () => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    const key = makeKey();
    const payload = Buffer.from(JSON.stringify(provenanceOf(manifest)));
    const sig = rawSignature(key, preAuthEncoding(MEDIA.inToto, payload)).toString('base64');
    const envelope = Buffer.from(
      JSON.stringify({
        payloadType: MEDIA.inToto,
        payload: payload.toString('base64'),
        signatures: [{ keyid: '', sig }],
      }),
    );
    tagAttestations(source, manifest, [{ envelope, annotations: {} }]);
    const collect = (by: ReadonlyMap<string, Signer>) =>
      collectEvidence(source, [manifest], by, DEFAULT_LIMITS);
    expect(await collect(keySigners({ ci: key }))).toMatchObject(ATTESTED);
    expect(await collect(keySigners({ ci: makeKey() }))).toMatchObject([{ reason: 'other-key' }]);
    expect(await collect(signers)).toMatchObject([{ reason: 'other-key' }]);
    expect(await collect(new Map())).toMatchObject([{ reason: 'no-known-key' }]);
  });

  test('is listed and not fetched where the policy names no signer', async () => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    tagAttestations(source, manifest, [await sigstore.attest(provenanceOf(manifest))]);
    expect(await collectEvidence(source, [manifest], new Map(), DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'no-known-key', about: manifest },
    ]);
    expect(source.calls.filter((call) => call.startsWith('blob'))).toEqual([]);
  });

  test('counts beside another that does not', async () => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    const good = await sigstore.attest(provenanceOf(manifest));
    const bad = await other.attest(provenanceOf(manifest));
    tagAttestations(source, manifest, [bad, good]);
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'bad-log-entry' },
      ...ATTESTED,
    ]);
  });

  const stranger = Buffer.from(pemOf(Buffer.alloc(8))).toString('base64');

  test.each<[string, RejectionReason, string, Attempt]>([
    ['by somebody else', 'other-identity', 'evil', { certificate: { issuer: 'https://evil.example' } }],
    [
      'about another image',
      'other-subject',
      'other content',
      { statement: (about) => provenanceOf(about, { subject: [{ digest: { sha256: 'ab'.repeat(32) } }] }) },
    ],
    [
      'that its label calls something else',
      'wrong-predicate',
      'its label says',
      { change: annotated('predicateType', () => 'https://spdx.dev/Document') },
    ],
    ['of another type', 'unsupported', 'a layer has the type', { mediaType: 'application/json' }],
    [
      'whose envelope was written anew, which changes its digest',
      'bad-log-entry',
      'of another envelope',
      { change: enveloped((envelope) => ({ more: 1, ...envelope })) },
    ],
    [
      'whose payload was exchanged',
      'bad-log-entry',
      'of another envelope',
      { change: enveloped((envelope) => ({ ...envelope, payload: 'e30=' })) },
    ],
    [
      'signed by another key than the certificate has',
      'bad-signature',
      'verification failed',
      { signedBy: makeKey() },
    ],
    [
      'with two signatures',
      'malformed',
      'invalid',
      { change: enveloped((all) => ({ ...all, signatures: [{ sig: 'AAAA' }, { sig: 'AAAA' }] })) },
    ],
    ['over no statement', 'malformed', 'its payload has the type', { payloadType: 'application/x' }],
    ['that is no envelope', 'malformed', 'payload', { change: enveloped(() => ({})) }],
    ['in no log', 'bad-timestamp', 'got 0', { promise: false }],
    ['in no log, with a timestamp', 'bad-log-entry', 'got 0', { promise: false, timestamp: true }],
    [
      'whose timestamp is over the signature in it',
      'bad-timestamp',
      'could not be verified',
      { stamp: (envelope) => sigstore.stamp(signatureIn(envelope)) },
    ],
    ['in a log whose term is over', 'bad-log-entry', 'not in service', { by: signersOfAnOldLog() }],
    ['in a log that the root does not know', 'bad-log-entry', 'promise', { logFrom: other }],
    [
      'whose time of entry was changed',
      'bad-log-entry',
      'promise',
      {
        change: annotated(LOG, (text) =>
          text.replace(/(?<="integratedTime":)\d+/, (time) => String(Number(time) + 1)),
        ),
      },
    ],
    [
      'whose log entry names another kind of digest',
      'bad-log-entry',
      'of another envelope',
      {
        entry: (body) =>
          JSON.parse(JSON.stringify(body).replaceAll('"algorithm":"sha256"', '"algorithm":"sha512"')),
      },
    ],
    [
      'whose log entry records no certificate',
      'bad-log-entry',
      'records no certificate',
      {
        entry: (body) => ({ ...body, spec: { ...(body['spec'] as object), publicKey: stranger } }),
      },
    ],
    [
      'whose log entry records another certificate',
      'bad-log-entry',
      'another certificate',
      {
        entry: (body) => ({ ...body, spec: { ...(body['spec'] as object), publicKey: anothersPem } }),
      },
    ],
    [
      'with a certificate that had run out',
      'bad-certificate',
      'expired',
      { certificate: { notBefore: new Date(Date.now() - 3_600_000) } },
    ],
  ])('does not count %s: %s', async (_what, reason, detail, attempt) => {
    expect(await judge(attempt)).toMatchObject([
      { state: 'rejected', reason, detail: expect.stringContaining(detail) },
    ]);
  });
});

/** Layouts with real attestations of slsa-github-generator; kept beside the repository. */
const FIXTURES = '../shared/fixtures/trust/slsa-verifier';
const here = existsSync(FIXTURES);
if (!here) process.stderr.write(`skipped: real attestations (${FIXTURES} is not there)\n`);

describe.skipIf(!here)('an attestation of slsa-github-generator holds offline', () => {
  const identityOf = (tag: string) =>
    `https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/${tag}`;
  const ACTIONS = 'https://token.actions.githubusercontent.com';

  test.each(['v1.4.0', 'v1.7.0', 'v2.1.0'])('of %s, by its workflow only', async (version) => {
    const layout = `${FIXTURES}/${version}/container_workflow_dispatch`;
    const source = openOciLayout(layout, { name: version, limits: DEFAULT_LIMITS });
    const { subject } = await source.resolve();
    expect(subject.digest).toBe(readFileSync(`${layout}.digest`, 'utf8').trim());
    const collect = (identity: string) =>
      collectEvidence(source, [subject], keylessSigner(publicGood(), identity, ACTIONS), DEFAULT_LIMITS);
    expect(await collect(identityOf(version))).toMatchObject(ATTESTED);
    expect(await collect(identityOf('v*'))).toMatchObject(ATTESTED);
    expect(await collect(identityOf(`${version}0`))).toMatchObject([{ reason: 'other-identity' }]);
    expect(await collect(IDENTITY)).toMatchObject([{ reason: 'other-identity' }]);
    await source.close();
  });
});
