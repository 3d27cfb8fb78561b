import type { Bundle } from '@sigstore/bundle';
import { type CertificateClaims, differingClaim } from '../../model/certificate-claims.ts';
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
    const proved = provedOf(proofs);
    return names.length > 0 && proved !== undefined
      ? { signers: names, certificate: proved.claims, signedAt: proved.signedAt }
      : whyNobody(proofs, signers);
  };
}

type Proofs = readonly { readonly root: KeylessSigner['root']; readonly proof: Proof }[];
type Proved = Extract<Proof, { claims: unknown }>;

function provedOf(proofs: Proofs): Proved | undefined {
  return proofs.flatMap(({ proof }) => ('claims' in proof ? [proof] : []))[0];
}

/** Issuer and identity belong together: the same address with another issuer is somebody else. */
function isBy(signer: KeylessSigner, proof: Proof): boolean {
  return (
    'claims' in proof &&
    isNamed(signer, proof.claims) &&
    differingClaim(proof.claims, signer.claims ?? {}) === undefined
  );
}

function isNamed({ issuer, identity }: KeylessSigner, claims: CertificateClaims): boolean {
  return claims.issuer === issuer && matchesIdentity(identity, claims.identity);
}

function whyNobody(proofs: Proofs, signers: readonly KeylessSigner[]): Signed {
  const known = provedOf(proofs)?.claims;
  if (known !== undefined) return { reason: 'other-identity', detail: whoElse(known, signers) };
  const [first] = proofs;
  if (first === undefined || 'claims' in first.proof)
    return {
      reason: 'other-key',
      detail: 'signed with a certificate, and the policy names no keyless signer',
    };
  const { reason, detail } = first.proof;
  return { reason, detail: `under the trust root ${quoted(first.root.name)} it does not hold: ${detail}` };
}

/** Whom a certificate names, and what keeps them from being a signer of the policy. */
function whoElse(claims: CertificateClaims, signers: readonly KeylessSigner[]): string {
  const at = claims.issuer === undefined ? '' : `, logged in at ${quoted(claims.issuer)}`;
  const who = `signed by ${quoted(claims.identity)}${at}`;
  const almost = signers.find((signer) => isNamed(signer, claims));
  const differing = almost && differingClaim(claims, almost.claims ?? {});
  if (almost === undefined || differing === undefined) return `${who}, whom the policy does not name`;
  const { name, said } = differing;
  return said === undefined
    ? `${who}, and the certificate does not say its ${name}, which ${quoted(almost.name)} must have`
    : `${who}, and its ${name} is ${quoted(said)}, not that of ${quoted(almost.name)}`;
}
