import type { Limits } from '../io/limits.ts';
import type { ApprovedBase } from '../model/base.ts';
import type { CustomRule } from '../model/custom-rule.ts';
import type { ImagePattern } from '../model/image-pattern.ts';
import type { PackagePattern } from '../model/package-pattern.ts';
import type { Reference } from '../model/reference.ts';
import type { TrustRoot } from '../model/trust-root.ts';
import type { Signer } from '../model/trusted.ts';
import type {
  AdmitRule,
  AllowEntry,
  AttestSetting,
  CheckSetting,
  Exception,
  ImageRule,
  Policy,
  Sources,
} from './policy.ts';
import type { OPENINGS } from './schema.ts';
import type { YaraDraft } from './yara/yara-draft.ts';

/** A part of a policy that its owner can leave open. */
export type Opening = (typeof OPENINGS)[number];

/** What one policy file says, read and understood; absent where it says nothing. */
export interface Draft {
  readonly name?: string;
  /** what a file that extends this one may loosen */
  readonly open: readonly Opening[];
  readonly sources?: DraftSources;
  readonly protect?: Protected;
  readonly maxDistance?: number;
  /** those that the file itself or one that it extends names */
  readonly trustRoots: ReadonlyMap<string, TrustRoot>;
  readonly signers: ReadonlyMap<string, Signer>;
  readonly admit: readonly AdmitRule[];
  readonly images: readonly ImageRule[];
  readonly checks: ReadonlyMap<string, CheckSetting>;
  /** those of the baseline last */
  readonly exceptions: readonly Exception[];
  readonly rules: readonly CustomRule[];
  readonly yara?: YaraDraft;
  /** what of the rules could not be carried over; printable */
  readonly remarks: readonly string[];
  readonly ownPackages: readonly PackagePattern[];
  readonly bases: readonly ApprovedBase[];
  readonly baseFindings?: Policy['baseFindings'];
  readonly limits: Partial<Limits>;
  readonly attest: Partial<AttestSetting>;
}

export interface DraftSources {
  readonly allow: readonly AllowEntry[];
  readonly deny: readonly ImagePattern[];
  readonly requireDigest?: Sources['requireDigest'];
}

/** Names that must not be imitated. */
export interface Protected {
  readonly references: readonly Reference[];
  /** `host/name` */
  readonly namespaces: readonly string[];
}

/** What a file says that says nothing. */
export const EMPTY_DRAFT: Draft = {
  open: [],
  trustRoots: new Map(),
  signers: new Map(),
  admit: [],
  images: [],
  checks: new Map(),
  exceptions: [],
  rules: [],
  remarks: [],
  ownPackages: [],
  bases: [],
  limits: {},
  attest: {},
};
