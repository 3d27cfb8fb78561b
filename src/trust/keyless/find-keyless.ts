import type { Bundle } from '@sigstore/bundle';
import { matchesIdentity } from '../../model/identity-pattern.ts';
import { quoted } from '../../model/printable.ts';
import type { KeylessSigner, Signed } from '../keyring.ts';
import { openInstance } from './instance.ts';
import { type Beside, type Proof, verifyKeyless } from './verify-keyless.ts';

/** Who of the policy's keyless signers made a bundle. */
export type FindKeyless = (bundle: Bundle, beside?: Beside) => Signed;

/**
 * Opens the trust roots of keyless signers. A bundle is then verified once under each root, and the name in its certificate held
 * against the signers of that root.
 * @throws {PratiqueError} `KEY_INVALID` for a root that cannot be read
 */
export function openKeyless(signers: readonly KeylessSigner[]): FindKeyless {
  const instances = [...new Set(signers.map(({ root }) => root))].map(openInstance);
  return (bundle, beside) => {
    const proofs = instances.map((instance) => ({
      root: instance.root,
      proof: verifyKeyless(instance, bundle, beside),
    }));
    const names = signers
      .filter((signer) => proofs.some(({ root, proof }) => root === signer.root && isBy(signer, proof)))
      .map(({ name }) => name);
    const claims = proofs.flatMap(({ proof }) => ('claims' in proof ? [proof.claims] : []))[0];
    return names.length > 0 && claims !== undefined
      ? { signers: names, certificate: claims }
      : whyNobody(proofs);
  };
}

/** Issuer and identity belong together: the same address with another issuer is somebody else. */
function isBy({ issuer, identity }: KeylessSigner, proof: Proof): boolean {
  return (
    'claims' in proof && proof.claims.issuer === issuer && matchesIdentity(identity, proof.claims.identity)
  );
}

function whyNobody(
  proofs: readonly { readonly root: KeylessSigner['root']; readonly proof: Proof }[],
): Signed {
  const known = proofs.flatMap(({ proof }) => ('claims' in proof ? [proof.claims] : []))[0];
  if (known !== undefined) {
    const at = known.issuer === undefined ? '' : `, logged in at ${quoted(known.issuer)}`;
    const who = `${quoted(known.identity)}${at}`;
    return { reason: 'other-identity', detail: `signed by ${who}, whom the policy does not name` };
  }
  const [first] = proofs;
  if (first === undefined || 'claims' in first.proof)
    return {
      reason: 'other-key',
      detail: 'signed with a certificate, and the policy names no keyless signer',
    };
  const { reason, detail } = first.proof;
  return { reason, detail: `under the trust root ${quoted(first.root.name)} it does not hold: ${detail}` };
}
