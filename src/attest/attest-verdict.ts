import { PratiqueError } from '../errors.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Reference } from '../model/reference.ts';
import { PREDICATE, type Statement } from '../model/statement.ts';
import type { JudgedImage, Verdict } from '../model/verdict.ts';
import { type SignedBundle, signStatement } from './bundle.ts';
import { resourceUri } from './resource-uri.ts';
import type { SigningKey } from './signing-key.ts';
import { makeStatement } from './statement.ts';
import { describeVerdict } from './verdict-predicate.ts';
import { DEFAULT_VERIFIER, summarize, type Vsa } from './vsa.ts';

export interface AttestOptions {
  /** URI; `DEFAULT_VERIFIER` where absent */
  readonly verifierId?: string;
  /** URI of the policy; made of its name where absent */
  readonly policyUri?: string;
  /** seconds from the verdict to `validUntil`; `policy.attest.validForSeconds`; 7 days where absent */
  readonly validForSeconds?: number;
  /** every attestation that decided, or nothing */
  readonly inputAttestations?: Vsa['inputAttestations'];
}

/** The statements of one verdict, and each of them signed; same order. */
export interface AttestedVerdict {
  readonly statements: readonly Statement[];
  readonly bundles: readonly SignedBundle[];
}

const WEEK_SECONDS = 7 * 24 * 3600;

/** A statement of a verdict, before it is signed. */
export interface UnsignedStatement {
  readonly statement: Statement;
  /** what it is to be attached to: the image or index that it names first */
  readonly about: Descriptor;
  /** RFC 3339, UTC */
  readonly createdAt: string;
}

/**
 * Writes a decided verdict down: a SLSA verification summary, and our own predicate beside it.
 * An index is named as a subject of a pass only when every platform in it was judged: where some were left out,
 * there is one pair for each judged image, since whoever pulls the index could get one that nobody looked at.
 * A failure has a pair for the index, and one for each image in it that was refused.
 * @param reference the image's name; a folder or archive has none unless the caller gave one (`--as`)
 * @throws {PratiqueError} `NOT_ATTESTABLE` for an undecided verdict, one without a digest, or without a name
 */
export function statementsOf(
  verdict: Verdict,
  reference: Reference | undefined,
  options: AttestOptions = {},
): readonly UnsignedStatement[] {
  const { subject, name } = requireAttestable(verdict, reference);
  const detail = describeVerdict(verdict, name, validUntil(verdict, options.validForSeconds ?? WEEK_SECONDS));
  return subjectsOf(verdict, subject).flatMap((subjects) => {
    const [about] = subjects;
    if (about === undefined) return [];
    const summary = summarize(verdict, {
      verifierId: options.verifierId ?? DEFAULT_VERIFIER,
      policyUri: options.policyUri ?? policyUriOf(verdict),
      resourceUri: resourceUri(name, about.digest),
      ...(options.inputAttestations && { inputAttestations: options.inputAttestations }),
    });
    const unsigned = (statement: Statement) => ({ statement, about, createdAt: verdict.at });
    return [
      unsigned(makeStatement(subjects, name, PREDICATE.vsa, summary)),
      unsigned(makeStatement(subjects, name, PREDICATE.verdict, detail)),
    ];
  });
}

/**
 * `statementsOf` a verdict, each of them signed with a key. Attach each bundle to its `about`.
 * @throws {PratiqueError} `NOT_ATTESTABLE`; `SIGNING_FAILED`
 */
export function attestVerdict(
  verdict: Verdict,
  key: SigningKey,
  reference: Reference | undefined,
  options: AttestOptions = {},
): AttestedVerdict {
  const unsigned = statementsOf(verdict, reference, options);
  return {
    statements: unsigned.map(({ statement }) => statement),
    bundles: unsigned.map((one) => signStatement(one.statement, key, one)),
  };
}

/**
 * Lets only a verdict pass that something is known by: decided, about a digest, with judged images behind it.
 * @throws {PratiqueError} `NOT_ATTESTABLE`
 */
export function requireAttestable(
  verdict: Verdict,
  reference: Reference | undefined,
): { subject: Descriptor; name: Reference } {
  const { subject, result, faults, images, reused } = verdict;
  // Signed anew it would count for longer than the scan that it rests on, and be renewed for ever without another.
  if (reused !== undefined) throw refuse('it rests on an earlier one', 'check again without --reuse');
  if (result === 'undecided' || faults.length > 0) {
    throw refuse('it is undecided', 'mend the reason it is undecided for, and check again');
  }
  if (subject === undefined) throw refuse('the image was refused before its digest was known');
  if (reference === undefined)
    throw refuse('the image has no name', 'give the name it will have with --as NAME');
  if (!images.every(isJudged) || images.length === 0) throw refuse('an image in it was not judged');
  if (result === 'admitted' && images.some((image) => isRefused(image) || isUndecided(image))) {
    throw refuse('it contradicts what was found', 'report this with the command you ran');
  }
  return { subject, name: reference };
}

/** The sets of subjects, one for each statement pair. */
function subjectsOf(
  { result, images, leftOut }: Verdict,
  subject: Descriptor,
): readonly (readonly Descriptor[])[] {
  const judged = manifestsOf(images);
  if (result === 'refused') {
    const refused = manifestsOf(images.filter(isRefused));
    const parts = refused.filter(({ digest }) => digest !== subject.digest);
    // Beside each part as well: whoever asks for it by its own digest sees nothing that lies beside the index.
    return [distinct([subject, ...refused]), ...distinct(parts).map((part) => [part])];
  }
  return leftOut.length === 0 ? [distinct([subject, ...judged])] : judged.map((manifest) => [manifest]);
}

function isJudged({ manifest, ruled }: JudgedImage): boolean {
  return manifest !== undefined && ruled.length > 0;
}

function isRefused({ ruled }: JudgedImage): boolean {
  return ruled.some(
    ({ level, findings }) =>
      level === 'fail' &&
      findings.some((finding) => finding.level === 'fail' && finding.excepted === undefined),
  );
}

function isUndecided({ ruled }: JudgedImage): boolean {
  return ruled.some(({ level, outcome }) => level === 'fail' && outcome.state === 'unknown');
}

function manifestsOf(images: readonly JudgedImage[]): readonly Descriptor[] {
  return images.flatMap(({ manifest }) => (manifest === undefined ? [] : [manifest]));
}

function distinct(descriptors: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()];
}

/** Not the file's path: that says something about the machine and nothing about the policy. */
function policyUriOf({ policy }: Verdict): string {
  return `https://pratique.dev/policy/v1/${encodeURIComponent(policy.name)}`;
}

function validUntil({ at }: Verdict, seconds: number): string {
  return new Date(Date.parse(at) + seconds * 1000).toISOString();
}

function refuse(why: string, next?: string): PratiqueError {
  const problem = { what: 'the verdict is not attested', why };
  return new PratiqueError('NOT_ATTESTABLE', next === undefined ? problem : { ...problem, next });
}
