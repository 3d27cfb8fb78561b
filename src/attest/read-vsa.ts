import { type JsonFields, readFields } from '../io/json/json-fields.ts';
import type { JsonValue } from '../io/json/strict-json.ts';
import { quoted } from '../model/printable.ts';
import type { Statement } from '../model/statement.ts';
import type { Verified } from '../model/trusted.ts';

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

const WHERE = 'verification summary';
/** RFC 3339 with a zone; `Date.parse` alone would take local times and half a dozen other forms. */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads the predicate of a verified statement of type VSA v1.
 * @throws {PratiqueError} `JSON_INVALID`; also without `timeVerified`, which the specification lets out and we need
 * @see SLSA v1.2, verification_summary.md, "Parsing rules"
 */
export function readVsa(statement: Verified<Statement>): ReadVsa {
  const vsa = readFields((statement.predicate ?? null) as JsonValue, { where: WHERE });
  const result = vsa.string('verificationResult');
  if (result !== 'PASSED' && result !== 'FAILED') {
    throw vsa.error('verificationResult', `it is ${quoted(result)}, neither PASSED nor FAILED`);
  }
  return {
    verifierId: vsa.object('verifier').string('id'),
    timeVerified: readTime(vsa),
    resourceUri: vsa.string('resourceUri'),
    policyDigest: vsa.object('policy').stringMap('digest'),
    passed: result === 'PASSED',
    levels: vsa.strings('verifiedLevels'),
  };
}

function readTime(vsa: JsonFields): Date {
  const text = vsa.string('timeVerified');
  const time = new Date(TIMESTAMP.test(text) ? text : Number.NaN);
  if (Number.isNaN(time.getTime())) throw vsa.error('timeVerified', `${quoted(text)} is not a time`);
  return time;
}
