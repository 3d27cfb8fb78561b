/** Attempts to pass for a keyless signature, and what comes of them. */
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { Descriptor } from '../../../src/model/descriptor.ts';
import { isSignature, type RejectionReason, type Signer } from '../../../src/model/trusted.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { attachBundle, makeKey, type ReferrerFaults, signStatementOf } from '../../support/cosign.ts';
import { MemorySource, putImage } from '../../support/memory-source.ts';
import {
  type CertificateFaults,
  type KeylessFaults,
  keylessSigner,
  pemOf,
  rootOf,
  startSigstore,
} from '../../support/private-sigstore.ts';

export const sigstore = await startSigstore();
export const other = await startSigstore();
export const root = rootOf(sigstore.trustedRoot());
export const V01 = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
export const ANY_TIME = { promise: false, timestamp: true } as const;

export type Json = Record<string, unknown>;
type Entry = Json & {
  kindVersion: { kind: string; version: string };
  inclusionProof: { hashes: string[]; logIndex: string; treeSize: string; checkpoint: { envelope: string } };
  inclusionPromise: { signedEntryTimestamp: string };
};
/** The parts of a bundle that are tampered with. */
export interface Parts {
  verificationMaterial: {
    certificate?: { rawBytes: string };
    x509CertificateChain?: unknown;
    tlogEntries: Entry[];
    timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
}

function entryOf(parts: Parts): Entry {
  const [entry] = parts.verificationMaterial.tlogEntries;
  if (entry === undefined) throw new Error('there is no entry');
  return entry;
}

export interface Attempt extends KeylessFaults {
  readonly from?: typeof sigstore;
  readonly statement?: (about: Descriptor) => unknown;
  /** tampers with the finished bundle */
  readonly change?: (parts: Parts) => unknown;
  readonly referrer?: ReferrerFaults;
  readonly by?: ReadonlyMap<string, Signer>;
}

export async function judge({
  from = sigstore,
  change,
  statement = signStatementOf,
  referrer,
  by,
  ...faults
}: Attempt) {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  const { bundle } = await from.sign(statement(manifest), faults);
  await change?.(bundle as unknown as Parts);
  const layerType = faults.mediaType;
  attachBundle(source, manifest, bundle, { ...(layerType !== undefined && { layerType }), ...referrer });
  return collectEvidence(source, [manifest], by ?? keylessSigner(root), DEFAULT_LIMITS);
}

type Case = readonly [what: string, reason: RejectionReason, detail: string, attempt: Attempt];

export function rejects(cases: readonly Case[]): void {
  test.each(cases)('%s: %s, %s', async (_what, reason, detail, attempt) => {
    const evidence = await judge(attempt);
    expect(evidence).toMatchObject([{ state: 'rejected', reason, detail: expect.stringContaining(detail) }]);
    expect(evidence.some(isSignature)).toBe(false);
  });
}

/** Signed by a certificate that departs from the good one. */
export function certified(certificate: CertificateFaults): Attempt {
  return { certificate };
}

export function named(value: string): Attempt {
  return certified({ names: [{ type: 'url', value }] });
}

/** The policy's root, changed. */
export function under(
  change: (json: ReturnType<typeof sigstore.trustedRoot>) => unknown,
): ReadonlyMap<string, Signer> {
  const json = sigstore.trustedRoot();
  change(json);
  return keylessSigner(rootOf(json));
}

/** An entry that records somebody else's certificate for this very signature. */
async function strangersPem(): Promise<string> {
  return pemOf(
    await sigstore.certify(makeKey().publicPem, { names: [{ type: 'url', value: 'https://evil.example/' }] }),
  );
}
export const stranger = await strangersPem();

/** The entry with every certificate in it exchanged. */
export function withCertificate(text: string): NonNullable<KeylessFaults['entry']> {
  const pem = Buffer.from(text).toString('base64');
  const der = text.replaceAll(/-----[A-Z ]+-----|\n/g, '');
  return (body, own) => {
    const ownDer = own.replaceAll(/-----[A-Z ]+-----|\n/g, '');
    return JSON.parse(
      JSON.stringify(body).replaceAll(Buffer.from(own).toString('base64'), pem).replaceAll(ownDer, der),
    );
  };
}

/** The entry with a field of its `spec` changed. */
export function withSpec(change: (spec: Json) => Json): NonNullable<KeylessFaults['entry']> {
  return (body) => ({ ...body, spec: change(body['spec'] as Json) });
}

export function inEntry(change: (entry: Entry) => unknown): NonNullable<Attempt['change']> {
  return (parts) => change(entryOf(parts));
}

/** The name in a checkpoint's signature line, changed. */
export function signedAs(name: string): NonNullable<Attempt['change']> {
  return inEntry(({ inclusionProof: { checkpoint } }) => {
    checkpoint.envelope = checkpoint.envelope.replace('\u2014 rekor.example', `\u2014 ${name}`);
  });
}
