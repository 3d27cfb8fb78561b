import { quoted } from '../model/printable.ts';
import type { RejectionReason, Signer } from '../model/trusted.ts';
import { loadPublicKey, type PublicKey, verifySignature } from './key.ts';

/** The policy's signers, made ready to check with. */
export interface Keyring {
  /** in the policy's order */
  readonly keys: readonly { readonly signer: string; readonly key: PublicKey }[];
  /** whether the policy also names keyless signers, which are not checked yet */
  readonly keyless: boolean;
}

/**
 * Loads every key once, before anything is fetched.
 * @throws {PratiqueError} `KEY_INVALID` for a key that cannot be read
 */
export function openKeyring(signers: ReadonlyMap<string, Signer>): Keyring {
  const all = [...signers];
  return {
    keys: all.flatMap(([name, signer]) =>
      signer.kind === 'key'
        ? [{ signer: name, key: loadPublicKey(signer.publicKey, `signer ${quoted(name)}`) }]
        : [],
    ),
    keyless: all.some(([, signer]) => signer.kind === 'keyless'),
  };
}

/** Whether there is anything to check a signature against. */
export function isEmptyKeyring({ keys, keyless }: Keyring): boolean {
  return keys.length === 0 && !keyless;
}

/**
 * The first signer whose key verifies. Key hints and key ids in the signature are ignored: they are foreign
 * text, and naming a trusted key must not help.
 */
export function findSigner(keyring: Keyring, bytes: Uint8Array, signature: Uint8Array): string | undefined {
  return keyring.keys.find(({ key }) => verifySignature(key, bytes, signature))?.signer;
}

/** Why a signature that no key verified counts for nothing. */
export function whyUnverified(
  keyring: Keyring,
  carriesCertificate: boolean,
): { reason: RejectionReason; detail: string } {
  if (isEmptyKeyring(keyring)) {
    return {
      reason: 'no-known-key',
      detail: 'signed by someone; the policy names no signer, so it was not checked',
    };
  }
  if (carriesCertificate && keyring.keyless) {
    return {
      reason: 'keyless-unsupported',
      detail: 'signed with a certificate; this version cannot check keyless signatures',
    };
  }
  const how = carriesCertificate ? 'signed with a certificate, and' : 'signed, but';
  return { reason: 'other-key', detail: `${how} no key of the policy verifies it` };
}
