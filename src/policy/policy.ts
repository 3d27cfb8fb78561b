import type { Limits } from '../io/limits.ts';
import type { ApprovedBase } from '../model/base.ts';
import type { CustomRule } from '../model/custom-rule.ts';
import type { Digest } from '../model/digest.ts';
import type { Severity } from '../model/finding.ts';
import type { ImagePattern } from '../model/image-pattern.ts';
import type { PackagePattern } from '../model/package-pattern.ts';
import type { Reference } from '../model/reference.ts';
import type { TrustRoot } from '../model/trust-root.ts';
import type { Signer } from '../model/trusted.ts';
import type { Level, PolicyStamp } from '../model/verdict.ts';
import type { YaraSetting } from '../model/yara-setting.ts';
import type { AttestationDemand, ProvenanceDemand } from './images/demands.ts';

/** A policy file, read and resolved. Immutable; `stamp.digest` is over everything that decides. */
export interface Policy {
  readonly stamp: PolicyStamp;
  /** absent: any name may enter (the built-in policy) */
  readonly sources?: Sources;
  readonly lookalikes: Lookalikes;
  readonly signers: ReadonlyMap<string, Signer>;
  /** whose verification summaries `pratique admit` believes; empty: the command line says so */
  readonly admit: readonly AdmitRule[];
  /** the first whose `match` fits decides */
  readonly images: readonly ImageRule[];
  /** by check id (`secrets`) or rule id (`secrets.github-token`); the more specific wins */
  readonly checks: ReadonlyMap<string, CheckSetting>;
  readonly exceptions: readonly Exception[];
  /** rules for secrets that the policy brings along */
  readonly rules: readonly CustomRule[];
  /** YARA rules of its own; absent: none, and no engine for them is needed */
  readonly yara?: YaraSetting;
  /** what is to be told of the rules in every report; printable */
  readonly remarks: readonly string[];
  /** packages whose files are one's own work: what is found in them is never demoted */
  readonly ownPackages: readonly PackagePattern[];
  /** empty: nothing is demanded of bases, and none is looked for */
  readonly bases: readonly ApprovedBase[];
  /** what a finding in a layer of the base weighs at most */
  readonly baseFindings: 'fail' | 'warn';
  readonly limits: Limits;
  readonly attest: AttestSetting;
}

/** Where images may come from. Deny beats allow; what nothing allows is refused. */
export interface Sources {
  readonly allow: readonly AllowEntry[];
  readonly deny: readonly ImagePattern[];
  /** `deploy`: only `pratique admit` demands a digest in the name */
  readonly requireDigest: 'never' | 'deploy' | 'always';
}

export interface AllowEntry {
  readonly pattern: ImagePattern;
  /** versions that a tag may be, beside the pattern, which then has no tag; as `parseTagRange` gives it */
  readonly tagRange?: string;
  /** file and line, or `policy`, for messages */
  readonly origin: string;
  readonly reason?: string;
  /** last day on which the entry counts, `YYYY-MM-DD` */
  readonly until?: string;
}

export interface Lookalikes {
  /** names that must not be imitated */
  readonly protect: readonly Reference[];
  /** namespaces that must not be imitated, as `host/name`: what a protected list allows whole (`ghcr.io/acme/**`) */
  readonly namespaces?: readonly string[];
  readonly maxDistance: number;
}

/** What is demanded of the images whose name matches. */
export interface ImageRule {
  readonly match: ImagePattern;
  /** any one of them must have signed; empty: signatures are reported, not demanded */
  readonly signedBy: readonly Signer[];
  /** seconds since the image was created */
  readonly maxAgeSeconds?: number;
  /** seconds since the base of the image was created */
  readonly baseMaxAgeSeconds?: number;
  /** how it must have been built; absent: no provenance is demanded */
  readonly provenance?: ProvenanceDemand;
  /** what must be attested of it, all of them */
  readonly attestations: readonly AttestationDemand[];
  readonly checks: ReadonlyMap<string, CheckSetting>;
}

/** A signer, and the verifier that it speaks for. Whoever signs for one verifier says nothing in the name of another. */
export interface AdmitRule {
  readonly signer: Signer;
  /** URI; our own where absent */
  readonly verifier?: string;
  /** policies that count; absent: the policy that this rule stands in */
  readonly policyDigests?: 'any' | readonly Digest[];
  /** all of them are demanded; absent: that of an image that this program admitted */
  readonly levels?: readonly string[];
  /** seconds; absent: as long as an attestation of this policy counts */
  readonly maxAgeSeconds?: number;
}

export interface CheckSetting {
  readonly level: Level;
  /** least severity that fails, findings below it only warn; where absent the check's own (`check-names.ts`) */
  readonly failFrom?: Severity;
  /** settings of the check itself, such as `ports` */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A finding that the policy's owner has accepted, for a while. */
export interface Exception {
  readonly rule: string;
  readonly image?: ImagePattern;
  /** glob over the path in the image; `*` inside a part, `**` any depth */
  readonly path?: string;
  readonly fingerprint?: string;
  readonly reason: string;
  readonly owner: string;
  /** last day on which it counts, `YYYY-MM-DD`; after it the finding counts again and the exception is named */
  readonly until: string;
  /** the baseline that it stands in, as it is shown; absent for one of `exceptions` */
  readonly baseline?: string;
}

export interface AttestSetting {
  /** seconds an attestation counts from the moment of the verdict */
  readonly validForSeconds: number;
  /** absent: as the caller says */
  readonly sign?: 'key' | 'keyless' | 'none';
  /** of the instance that keyless signatures are made with; the public one where absent */
  readonly root?: TrustRoot;
  /** absent: as the caller says */
  readonly push?: 'referrer' | 'none';
}
