import { matchesIdentity } from './identity-pattern.ts';

/**
 * What a Fulcio certificate says of whoever signed, taken from the certificate alone: an authority checked it at log-in. What a
 * predicate says of itself is the signer's own text. Every text is printable ASCII; absent where the certificate does not say.
 * @see Fulcio, docs/oid-info.md
 */
export interface CertificateClaims {
  /** whom it names */
  readonly identity: string;
  /** who let them log in; absent where the instance does not tell: GitHub's own, for releases */
  readonly issuer?: string;
  /** the workflow that signed, as a URI with its ref: of a reusable one the called, not the caller */
  readonly buildSigner?: string;
  /** commit of that workflow, hex */
  readonly buildSignerDigest?: string;
  /** where it ran: `github-hosted`, `self-hosted` */
  readonly runner?: string;
  /** the repository that was built, as a URI */
  readonly sourceRepository?: string;
  /** commit that was built, hex */
  readonly sourceDigest?: string;
  /** `refs/heads/main` */
  readonly sourceRef?: string;
  /** does not change where a repository is renamed */
  readonly sourceRepositoryId?: string;
  readonly sourceOwner?: string;
  /** the workflow at the top, which calls the others; a URI with its ref */
  readonly buildConfig?: string;
  /** name of that workflow, chosen freely by its author */
  readonly workflow?: string;
  /** the event that began the run: `push`, `release` */
  readonly trigger?: string;
  /** URI of the run */
  readonly run?: string;
  /** of the repository, when it was signed: `public`, `private` */
  readonly visibility?: string;
}

/** Who lets workflows of GitHub log in; an enterprise may have its own below it. */
const GITHUB_ACTIONS = 'https://token.actions.githubusercontent.com';

/** Whether a workflow of GitHub signed. */
export function isGitHubActions({ issuer }: Pick<CertificateClaims, 'issuer'>): boolean {
  return issuer === GITHUB_ACTIONS || issuer?.startsWith(`${GITHUB_ACTIONS}/`) === true;
}

/** Claims that a policy can demand, by their names there. */
export const CLAIMS = {
  'build-signer': 'buildSigner',
  'build-signer-digest': 'buildSignerDigest',
  runner: 'runner',
  'source-repository': 'sourceRepository',
  'source-digest': 'sourceDigest',
  'source-ref': 'sourceRef',
  'source-repository-id': 'sourceRepositoryId',
  'source-owner': 'sourceOwner',
  'build-config': 'buildConfig',
  workflow: 'workflow',
  trigger: 'trigger',
  visibility: 'visibility',
} as const satisfies Readonly<Record<string, keyof CertificateClaims>>;

export type ClaimName = keyof typeof CLAIMS;

/** Patterns by claim, of which one must fit; see `matchesIdentity`. */
export type ClaimDemands = Readonly<Partial<Record<ClaimName, readonly string[]>>>;

/** The first claim that is not as demanded, also where the certificate does not say; `undefined` where all are. */
export function differingClaim(
  claims: CertificateClaims,
  demands: ClaimDemands,
): { readonly name: ClaimName; readonly said?: string } | undefined {
  for (const [name, patterns] of Object.entries(demands) as [ClaimName, readonly string[]][]) {
    const said = claims[CLAIMS[name]];
    if (said === undefined) return { name };
    if (!patterns.some((pattern) => matchesIdentity(pattern, said))) return { name, said };
  }
  return undefined;
}
