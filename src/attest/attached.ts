import { isDeepStrictEqual } from 'node:util';
import { readFields } from '../io/json/json-fields.ts';
import type { JsonValue } from '../io/json/strict-json.ts';
import type { Limits } from '../io/limits.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { ImageSource } from '../model/image-source.ts';
import { PREDICATE, type Statement } from '../model/statement.ts';
import type { Signer } from '../model/trusted.ts';
import { collectEvidence } from '../trust/collect-evidence.ts';
import { readStatement } from '../trust/read-statement.ts';
import type { UnsignedStatement } from './attest-verdict.ts';

export interface AttachedOptions {
  /** whoever signs now; what others say is not ours */
  readonly signer: Signer;
  readonly now: Date;
  readonly limits: Limits;
}

/** What a statement says, as far as it is the same whenever the same is found. */
interface Said {
  /** milliseconds since 1970 */
  readonly at: number;
  /** milliseconds since 1970; absent where it does not say */
  readonly until?: number;
  /** of which gate and repository it speaks */
  readonly place: unknown;
  readonly content: unknown;
}

/** how far ahead of ours the clock of an earlier run may have been */
const CLOCK_SKEW_MILLISECONDS = 300_000;

/**
 * Whether a verdict is attached already: the newest that this signer has said here of this image, as this verifier, is the same (about
 * the same subjects, with the same result, policy, rule set and platforms), and not yet half of its time is over. Only the newest is looked at: an
 * older PASSED beneath a FAILED has to be said again.
 * @param pair the summary and the detailed verdict that are to be attached
 * @throws {PratiqueError} a fault of the source; `LIMIT_EXCEEDED`
 */
async function isAttached(
  source: ImageSource,
  about: Descriptor,
  pair: readonly Statement[],
  { signer, now, limits }: AttachedOptions,
): Promise<boolean> {
  const evidence = await collectEvidence(source, [about], new Map([[signer.name, signer]]), limits);
  const there = evidence.flatMap((one) => (one.state === 'verified' && one.statement ? [one.statement] : []));
  const ours = pair.map((statement) => readStatement(Buffer.from(JSON.stringify(statement))));
  return READERS.every(([type, read]) => {
    const [wanted] = said(ours, type, read);
    if (wanted === undefined) return false;
    const [newest] = said(there, type, read)
      .filter(({ place }) => isDeepStrictEqual(place, wanted.place))
      .toSorted((a, b) => b.at - a.at);
    if (newest === undefined || !counts(newest, now) || countsLonger(newest, wanted)) return false;
    return isDeepStrictEqual(newest.content, wanted.content);
  });
}

/** Whether all statements of a verdict are attached already, beside what each is about. @throws {PratiqueError} as `isAttached` */
export async function areAttached(
  source: ImageSource,
  unsigned: readonly UnsignedStatement[],
  options: AttachedOptions,
): Promise<boolean> {
  for (const pair of Map.groupBy(unsigned, ({ about }) => about.digest).values()) {
    const statements = pair.map(({ statement }) => statement);
    const [first] = pair;
    if (first !== undefined && !(await isAttached(source, first.about, statements, options))) return false;
  }
  return unsigned.length > 0;
}

/**
 * Whether it is young enough to be left alone: until half of its time is over. Renewed at its end only, it would run out between two
 * nightly checks, and `admit` would refuse an image that is checked every night. Written so that a time that is none does not count.
 */
function counts({ at, until = Number.POSITIVE_INFINITY }: Said, now: Date): boolean {
  return at <= now.getTime() + CLOCK_SKEW_MILLISECONDS && now.getTime() - at < (until - at) / 2;
}

/** What is there would still count when what is wanted no longer does: less time was asked for. */
function countsLonger(newest: Said, wanted: Said): boolean {
  return newest.until !== undefined && wanted.until !== undefined && newest.until > wanted.until;
}

type Reader = (statement: Statement) => Said;
const READERS: readonly (readonly [string, Reader])[] = [
  [PREDICATE.vsa, readSummary],
  [PREDICATE.verdict, readDetail],
];

/** What cannot be read is nothing that we have said. */
function said(statements: readonly Statement[], type: string, read: Reader): readonly Said[] {
  return statements
    .filter(({ predicateType }) => predicateType === type)
    .flatMap((statement) => {
      try {
        return [read(statement)];
      } catch {
        return [];
      }
    });
}

function readSummary(statement: Statement): Said {
  const vsa = fieldsOf(statement);
  const policy = vsa.object('policy');
  return {
    at: Date.parse(vsa.string('timeVerified')),
    place: [vsa.object('verifier').string('id'), vsa.string('resourceUri')],
    content: [
      subjectsOf(statement),
      vsa.string('verificationResult'),
      vsa.strings('verifiedLevels'),
      policy.string('uri'),
      [...policy.stringMap('digest')],
    ],
  };
}

function readDetail(statement: Statement): Said {
  const verdict = fieldsOf(statement);
  return {
    at: Date.parse(verdict.string('decidedAt')),
    until: Date.parse(verdict.string('validUntil')),
    place: [],
    content: [
      subjectsOf(statement),
      verdict.string('result'),
      [...verdict.object('policy').stringMap('digest')],
      [...verdict.object('pratique').stringMap('ruleSet')],
      verdict.strings('platforms'),
      verdict.strings('leftOut'),
    ],
  };
}

function fieldsOf({ predicate }: Statement) {
  return readFields((predicate ?? null) as JsonValue, { where: 'predicate' });
}

function subjectsOf({ subject }: Statement): readonly string[] {
  return subject.map(({ name = '', digest }) => JSON.stringify([name, Object.entries(digest)])).toSorted();
}
