import { quoted } from '../../model/printable.ts';
import type { Statement } from '../../model/statement.ts';
import type { Verified } from '../../model/trusted.ts';
import { predicateFields, readTime } from './predicate-fields.ts';

/** What a consumer needs of a verification summary. Unknown fields are ignored, as the specification demands. */
export interface ReadVsa {
  readonly verifierId: string;
  readonly timeVerified: Date;
  readonly resourceUri: string;
  /** hex digits by algorithm; empty where the summary does not say */
  readonly policyDigest: ReadonlyMap<string, string>;
  readonly passed: boolean;
  readonly levels: readonly string[];
}

/**
 * Reads the predicate of a verified statement of type VSA v1.
 * @throws {PratiqueError} `JSON_INVALID`; also without `timeVerified`, which the specification lets out and we need
 * @see SLSA v1.2, verification_summary.md, "Parsing rules"
 */
export function readVsa(statement: Verified<Statement>): ReadVsa {
  const vsa = predicateFields(statement, 'verification summary');
  const result = vsa.string('verificationResult');
  if (result !== 'PASSED' && result !== 'FAILED') {
    throw vsa.error('verificationResult', `it is ${quoted(result)}, neither PASSED nor FAILED`);
  }
  return {
    verifierId: vsa.object('verifier').string('id'),
    timeVerified: readTime(vsa, 'timeVerified'),
    resourceUri: vsa.string('resourceUri'),
    policyDigest: vsa.object('policy').stringMap('digest'),
    passed: result === 'PASSED',
    levels: vsa.strings('verifiedLevels'),
  };
}

/**
 * The repository that the name of a resource speaks of, where it is a package URL of an image:
 * `pkg:oci/app@sha256%3A…?repository_url=ghcr.io/acme/app` → `ghcr.io/acme/app`; `undefined` for any other.
 * An empty text for one that names no repository, or more than one.
 * @see package-url, purl-types `oci`
 */
export function repositoryOf(resourceUri: string): string | undefined {
  if (!/^pkg:oci\//i.test(resourceUri)) return undefined;
  const query = resourceUri.split('#')[0]?.split('?')[1] ?? '';
  const places = new URLSearchParams(query).getAll('repository_url');
  return places.length === 1 ? (places[0] ?? '') : '';
}
