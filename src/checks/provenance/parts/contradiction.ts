import { type CertificateClaims, isGitHubActions } from '../../../model/certificate-claims.ts';
import { quoted } from '../../../model/printable.ts';
import { isGitHubRunner, type Provenance, type SourceClaim } from '../../../trust/predicates/provenance.ts';

/**
 * Where a provenance and the certificate that it was signed with tell two stories; `undefined` where they agree in all that both
 * say. The workflow writes the provenance, an authority the certificate: one that lies about its source is no provenance.
 * @returns a printable clause
 */
export function contradictionOf(provenance: Provenance, certificate: CertificateClaims): string | undefined {
  for (const source of provenance.sources) {
    const wrong = sourceContradiction(source, certificate);
    if (wrong !== undefined) return wrong;
  }
  if (!isGitHubActions(certificate)) return undefined; // what others call their builder is in no certificate
  if (agreesOnBuilder(provenance, certificate)) return undefined;
  const signer = certificate.buildSigner ?? certificate.identity;
  return `it names the builder ${quoted(provenance.builderId)}, and its certificate ${quoted(signer)}`;
}

function sourceContradiction(
  { repository, ref, digest }: SourceClaim,
  { sourceRepository, sourceRef, sourceDigest }: CertificateClaims,
): string | undefined {
  return (
    differing('repository', repository, sourceRepository) ??
    differing('ref', ref, sourceRef) ??
    differing('commit', digest, sourceDigest)
  );
}

function differing(what: string, said?: string, certified?: string): string | undefined {
  if (said === undefined || certified === undefined || said === certified) return undefined;
  return `it names the ${what} ${quoted(said)}, and its certificate ${quoted(certified)}`;
}

/**
 * GitHub's builders are named by the workflow that signs; by GitHub's runners, in the first year of its attestations; or by the run, as
 * docker/build-push-action does it.
 */
function agreesOnBuilder({ builderId, runner }: Provenance, certificate: CertificateClaims): boolean {
  const { buildSigner, runner: certified, run } = certificate;
  if (builderId === buildSigner) return true;
  if (run !== undefined && (builderId === run || builderId === withoutAttempt(run))) return true;
  if (!isGitHubRunner(builderId)) return false;
  return certified === undefined || isHosted(certified) === (runner === 'hosted');
}

/** Whether a runner is a machine of the build service. */
export function isHosted(runner: string): boolean {
  return runner === 'github-hosted' || runner === 'gitlab-hosted';
}

function withoutAttempt(run: string): string {
  return run.replace(/\/attempts\/\d+$/, '');
}
