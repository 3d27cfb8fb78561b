import { type CertificateClaims, isGitHubActions } from '../../../model/certificate-claims.ts';
import { isGitHubRunner, type Provenance } from '../../../trust/predicates/provenance.ts';
import { isHosted } from './contradiction.ts';

/** What is known of a build, and by whom. Absent where nobody who counts says it. */
export interface BuildFacts {
  /** names of the builder, any of which may be demanded */
  readonly builders: readonly string[];
  readonly source?: string;
  readonly ref?: string;
  readonly isHosted?: boolean;
  /** text of the provenance in any case: no certificate has it */
  readonly buildType: string;
}

/**
 * The facts of a build by a workflow that signed without a key: its certificate's alone. The provenance is text of the workflow, and
 * at most names the builder in other words than the certificate, where both agree.
 */
export function certifiedFacts(provenance: Provenance, certificate: CertificateClaims): BuildFacts {
  const { buildSigner, sourceRepository, sourceRef, runner } = certificate;
  // Anybody can write GitHub's name into a provenance: it counts where GitHub's own certificate says the same of the runner.
  const isGeneric =
    isGitHubActions(certificate) && runner !== undefined && isGitHubRunner(provenance.builderId);
  const generic = isGeneric ? [provenance.builderId] : [];
  return {
    builders: [...(buildSigner === undefined ? [] : [buildSigner]), ...generic],
    ...(sourceRepository === undefined ? {} : { source: sourceRepository }),
    ...(sourceRef === undefined ? {} : { ref: sourceRef }),
    ...(runner === undefined ? {} : { isHosted: isHosted(runner) }),
    buildType: provenance.buildType,
  };
}

/** The facts of a build whose provenance was signed with a key: the key's owner answers for what it says. */
export function vouchedFacts({ builderId, buildType, sources, runner }: Provenance): BuildFacts {
  const source = sources.find(({ repository }) => repository !== undefined)?.repository;
  const ref = sources.find((one) => one.ref !== undefined)?.ref;
  return {
    builders: [builderId],
    ...(source === undefined ? {} : { source }),
    ...(ref === undefined ? {} : { ref }),
    ...(runner === undefined ? {} : { isHosted: runner === 'hosted' }),
    buildType,
  };
}

/** Whether a provenance names more than one source: which of them was built, it does not say. */
export function namesTwoSources({ sources }: Provenance): boolean {
  const distinct = (pick: (source: Provenance['sources'][number]) => string | undefined) =>
    new Set(sources.map(pick).filter((one) => one !== undefined)).size > 1;
  return (
    distinct(({ repository }) => repository) || distinct(({ ref }) => ref) || distinct(({ digest }) => digest)
  );
}
