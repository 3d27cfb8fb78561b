import { sign } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import type { CertificateClaims } from '../../model/certificate-claims.ts';
import { MEDIA } from '../../model/media-type.ts';
import { printable } from '../../model/printable.ts';
import type { TrustRoot } from '../../model/trust-root.ts';
import { openInstance } from '../../trust/keyless/instance.ts';
import { verifyKeyless } from '../../trust/keyless/verify-keyless.ts';
import type { UnsignedStatement } from '../attest-verdict.ts';
import type { SignedBundle } from '../bundle.ts';
import { type Certified, certify } from './fulcio.ts';
import type { IdentityToken } from './identity-token.ts';
import { enterLog, type LogEntry } from './rekor.ts';
import type { SigningWorld } from './service.ts';
import type { SigningServices } from './signing-services.ts';
import { stamp } from './timestamp.ts';

/** How to sign without a key of one's own. */
export interface KeylessSigning {
  readonly services: SigningServices;
  /** what the bundles are verified with before anybody sees them */
  readonly root: TrustRoot;
  /** asked once for each call of `signKeyless`: a token counts for minutes */
  readonly token: () => Promise<IdentityToken>;
  readonly world: SigningWorld;
}

/** Bundles, and whom their certificate names. */
export interface KeylessBundles {
  readonly bundles: readonly SignedBundle[];
  readonly claims: CertificateClaims;
}

/**
 * Signs statements in the name of whoever the identity token names: one certificate for all of them, each logged and stamped by
 * itself. Every bundle is verified as others will verify it; one that does not hold is as good as none, and with it
 * all of them.
 * @throws {PratiqueError} `SIGNING_FAILED`; `USAGE` for a trust root, CA file or proxy that cannot be used
 * @see Sigstore client specification, section 2 ("Signing"); sigstore protobuf-specs, sigstore_bundle.proto, v0.3
 */
export async function signKeyless(
  statements: readonly UnsignedStatement[],
  signing: KeylessSigning,
): Promise<KeylessBundles> {
  try {
    return await signAll(statements, signing);
  } catch (thrown) {
    throw asSigningFault(thrown);
  }
}

async function signAll(
  statements: readonly UnsignedStatement[],
  signing: KeylessSigning,
): Promise<KeylessBundles> {
  const instance = openInstance(signing.root); // a root that cannot be read must not cost an entry in a log
  const token = await signing.token();
  const world = { ...signing.world, secrets: [...(signing.world.secrets ?? []), token.text] };
  const certified = await certify(signing.services.authority, token, world);
  const bundles: SignedBundle[] = [];
  for (const { statement, about, createdAt } of statements) {
    const payload = Buffer.from(JSON.stringify(statement));
    const json = await makeBundle(payload, certified, { ...signing, world });
    const content = Buffer.from(JSON.stringify(json));
    const bundle = bundleFromJSON(JSON.parse(content.toString()));
    const proof = verifyKeyless(instance, bundle);
    if (!('claims' in proof)) throw doesNotHold(signing.root, proof.reason, proof.detail);
    const { predicateType } = statement;
    bundles.push({ json: json as unknown as SignedBundle['json'], content, predicateType, about, createdAt });
  }
  return { bundles, claims: certified.claims };
}

async function makeBundle(
  payload: Buffer,
  { privateKey, certificate }: Certified,
  { services: { log, timestamps }, world }: KeylessSigning,
) {
  const signature = sign('sha256', dsse.preAuthEncoding(MEDIA.inToto, payload), privateKey);
  const entry = log && (await enterLog(log, { payload, signature, certificate }, world));
  const stamped = timestamps && (await stamp(timestamps, signature, world));
  return bundleOf(payload, signature, certificate, entry, stamped);
}

function bundleOf(
  payload: Buffer,
  signature: Buffer,
  certificate: Buffer,
  entry: LogEntry | undefined,
  stamped: Buffer | undefined,
) {
  return {
    mediaType: MEDIA.sigstoreBundle,
    verificationMaterial: {
      certificate: { rawBytes: certificate.toString('base64') },
      tlogEntries: entry === undefined ? [] : [entry],
      timestampVerificationData: {
        rfc3161Timestamps: stamped === undefined ? [] : [{ signedTimestamp: stamped.toString('base64') }],
      },
    },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: MEDIA.inToto,
      signatures: [{ sig: signature.toString('base64') }],
    },
  };
}

function doesNotHold({ name }: TrustRoot, reason: string, detail: string): PratiqueError {
  return new PratiqueError('SIGNING_FAILED', {
    what: 'what was signed does not hold, and is thrown away',
    where: `trust root ${printable(name)}`,
    why: printable(`${reason}: ${detail}`),
    next: 'check that the services and the trust root are of the same instance, and the clocks right',
  });
}

/** Whatever else is thrown on the way is a fault of signing too: it leaves the verdict alone. */
function asSigningFault(thrown: unknown): PratiqueError {
  const error = toPratiqueError(thrown);
  if (['SIGNING_FAILED', 'USAGE', 'KEY_INVALID', 'TRUST_ROOT_INVALID'].includes(error.code)) return error;
  const { what, why } = error.problem;
  return new PratiqueError('SIGNING_FAILED', {
    what: 'what was signed cannot be made a bundle',
    why: why ?? what,
  });
}
