import { type CertificateClaims, isGitHubActions } from '../../../model/certificate-claims.ts';
import type { Signer } from '../../../model/trusted.ts';
import { isHosted } from './contradiction.ts';
import { isTagIn } from './versions.ts';

/** A builder whose level its makers publish. */
interface KnownBuilder {
  /** the workflow that signs, without its ref */
  readonly workflow: string;
  /** versions of it */
  readonly versions: string;
  readonly level: number;
  readonly source: string;
  /** when the source was read */
  readonly read: string;
}

const KNOWN: readonly KnownBuilder[] = [
  {
    workflow:
      'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml',
    versions: '>=1.4.0',
    level: 3,
    source:
      'https://github.com/slsa-framework/slsa-github-generator, README.md, "Provenance-only generators": level 3, since v1.4.0',
    read: '2026-11-21',
  },
];
/**
 * What GitHub says of its attestations as such. Level 3 needs a workflow for all, which the caller's own steps cannot reach: which
 * workflow is one, the certificate does not say, and the policy's owner has to (`slsa-level` of the signer).
 * Source: docs.github.com, "Using artifact attestations and reusable workflows to achieve SLSA v1 Build Level 3"; read 2026-11-21
 */
const GITHUB_HOSTED_LEVEL = 2;

/**
 * The SLSA Build level that a build is held for, by who signed its provenance; a signed one has level 1 in any case.
 * @see SLSA v1.2, verifying-artifacts.md: the verifier's roots of trust map signer and builder to a level
 */
export function slsaLevelOf(signer: Signer, certificate: CertificateClaims | undefined): number {
  const own = 'slsaLevel' in signer ? (signer.slsaLevel ?? 1) : 1;
  return certificate === undefined ? own : Math.max(own, publishedLevel(certificate));
}

function publishedLevel(certificate: CertificateClaims): number {
  if (!isGitHubActions(certificate)) return 1;
  const { buildSigner = '', runner } = certificate;
  if (runner !== undefined && !isHosted(runner)) return 1; // whoever has the machine can have the secrets of the signing job
  const at = buildSigner.indexOf('@');
  const [workflow, ref] = [buildSigner.slice(0, Math.max(0, at)), buildSigner.slice(at + 1)];
  const known = KNOWN.find((one) => one.workflow === workflow && isTagIn(ref, one.versions));
  return known?.level ?? (runner === undefined ? 1 : GITHUB_HOSTED_LEVEL);
}
