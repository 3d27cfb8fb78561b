import type { Severity } from '../../model/finding.ts';
import type { PredicateCondition } from '../../model/predicate-condition.ts';
import type { Signer } from '../../model/trusted.ts';

/** What an image rule demands of how an image was built. What is absent is not demanded. */
export interface ProvenanceDemand {
  /** any one of them; at least one */
  readonly signedBy: readonly Signer[];
  /** pattern; see `matchesIdentity` */
  readonly builder?: string;
  /** range of versions that the builder's tag is in; `builder` then stands for what is before its `@` */
  readonly builderVersion?: string;
  /** pattern of the repository's URI */
  readonly source?: string;
  /** pattern: `refs/heads/main` */
  readonly ref?: string;
  /** range of versions that the tag which was built is in */
  readonly tag?: string;
  /** pattern */
  readonly buildType?: string;
  readonly runner?: 'hosted';
  /** SLSA Build level, 1 to 3 */
  readonly slsaLevel?: number;
}

/** An attestation that an image rule demands. */
export interface AttestationDemand {
  /** as the policy writes it: a short name, or the URI of a predicate type */
  readonly type: string;
  /** URIs of predicate types, any of them */
  readonly predicateTypes: readonly string[];
  /** any one of them; at least one */
  readonly signedBy: readonly Signer[];
  readonly maxAgeSeconds?: number;
  /** of a vulnerability scan: least severity that refuses the image */
  readonly failFrom?: Severity;
  /** of a VSA: the verifier's id, whole */
  readonly verifier?: string;
  readonly where: readonly PredicateCondition[];
}
