import type { FetchUrl } from '../io/fetch-url.ts';
import type { CertificateClaims } from '../model/certificate-claims.ts';
import { quoted } from '../model/printable.ts';
import type { RejectionReason, Signer } from '../model/trusted.ts';
import { loadPublicKey, type PublicKey, verifySignature } from './key.ts';
import type { FindKeyless } from './keyless/find-keyless.ts';
import type { FindNotation } from './notation/find-notation.ts';

export type KeylessSigner = Extract<Signer, { kind: 'keyless' }>;
export type NotationSigner = Extract<Signer, { kind: 'notation' }>;

/** What checking signatures needs beside them. */
export interface TrustMeans {
  /** the moment at which certificates have to be valid; needed where the policy has signers with certificates of its own */
  readonly now?: Date;
  /** asks the servers that certificates name; absent: nobody is asked, and what demands it is undecided */
  readonly fetchUrl?: FetchUrl;
}

/** The policy's signers, made ready to check with. */
export interface Keyring {
  /** in the policy's order */
  readonly keys: readonly { readonly signer: string; readonly key: PublicKey }[];
  readonly keyless: readonly KeylessSigner[];
  readonly notation: readonly NotationSigner[];
  readonly means: TrustMeans;
  /** what has been opened for this keyring, kept for all that is checked with it */
  readonly opened: { notation?: Promise<FindNotation> };
}

/** The policy's names for whoever made a signature, one at least; or why it is by nobody that the policy names. */
export type Signed =
  | {
      readonly signers: readonly string[];
      readonly certificate?: CertificateClaims;
      readonly signedAt?: Date;
    }
  | { readonly reason: RejectionReason; readonly detail: string };

/**
 * Loads every key once, before anything is fetched.
 * @throws {PratiqueError} `KEY_INVALID` for a key that cannot be read
 */
export function openKeyring(signers: ReadonlyMap<string, Signer>, means: TrustMeans = {}): Keyring {
  const all = [...signers];
  return {
    keys: all.flatMap(([name, signer]) =>
      signer.kind === 'key'
        ? [{ signer: name, key: loadPublicKey(signer.publicKey, `signer ${quoted(name)}`) }]
        : [],
    ),
    keyless: all.flatMap(([, signer]) => (signer.kind === 'keyless' ? [signer] : [])),
    notation: all.flatMap(([, signer]) => (signer.kind === 'notation' ? [signer] : [])),
    means,
    opened: {},
  };
}

/** Whether there is anything to check a signature against. */
export function isEmptyKeyring({ keys, keyless, notation }: Keyring): boolean {
  return keys.length === 0 && keyless.length === 0 && notation.length === 0;
}

/**
 * Loads what checks certificates, where a signer of the policy needs it: most have keys, and the libraries take memory.
 * @throws {PratiqueError} `KEY_INVALID` for a trust root that cannot be read
 */
export async function loadKeyless({ keyless }: Keyring): Promise<FindKeyless | undefined> {
  if (keyless.length === 0) return undefined;
  const { openKeyless } = await import('./keyless/find-keyless.ts');
  return openKeyless(keyless);
}

/**
 * Loads what checks signatures of Notation, once for a keyring: what was asked of a certificate is asked once.
 * @throws {PratiqueError} `KEY_INVALID` for a root that cannot be read
 */
export function loadNotation(keyring: Keyring): Promise<FindNotation> {
  const { notation, means, opened } = keyring;
  opened.notation ??= import('./notation/find-notation.ts').then(({ openNotation }) =>
    openNotation(notation, means),
  );
  return opened.notation;
}

/**
 * The first signer whose key verifies. Key hints and key ids in the signature are ignored: they are foreign
 * text, and naming a trusted key must not help.
 * @param withCertificate how the certificate beside the signature is checked; absent where there is none, or nobody asks
 */
export function findSigners(
  { keys }: Keyring,
  bytes: Uint8Array,
  signature: Uint8Array,
  withCertificate?: () => Signed,
): Signed {
  const signer = keys.find(({ key }) => verifySignature(key, bytes, signature))?.signer;
  if (signer !== undefined) return { signers: [signer] };
  return (
    withCertificate?.() ?? { reason: 'other-key', detail: 'signed, but no key of the policy verifies it' }
  );
}

/** Why a signature is not even fetched where the policy names no signer. */
export const UNKNOWN: Exclude<Signed, { signers: unknown }> = {
  reason: 'no-known-key',
  detail: 'signed by someone; the policy names no signer, so it was not checked',
};
