import type { BaseKnowledge } from '../model/base.ts';
import type { Digest } from '../model/digest.ts';
import type { Image } from '../model/image.ts';
import { printable } from '../model/printable.ts';
import type { EarlierVerdict, Level, Ruled, RuledFinding } from '../model/verdict.ts';
import type { ExceptionBook } from '../policy/exceptions.ts';
import type { Earlier, NoneEarlier } from './earlier.ts';
import type { ReadFinding, ReadImage } from './read-verdict.ts';

/** A check that is not run, and what it would weigh. */
export interface SparedCheck {
  readonly id: string;
  readonly level: Level;
}

/** An image that is judged now. */
export interface SparedImage {
  readonly digest: Digest;
  /** how many of its layers are those of the base that it stands on, as the bases are now */
  readonly baseLayers: number;
}

/** What is judged anew of an image: all but its files. */
interface Light {
  readonly image?: Image;
  readonly base?: BaseKnowledge;
}

/** Images with what an earlier verdict made of their files, or why there is none. */
export function restedOn<T extends Light>(
  earlier: Earlier | NoneEarlier,
  judged: readonly T[],
  checks: readonly SparedCheck[],
  book: ExceptionBook,
):
  | { readonly judged: readonly (T & { earlier?: readonly Ruled[] })[]; readonly reused: EarlierVerdict }
  | NoneEarlier {
  if ('why' in earlier) return earlier;
  const spared = judged.flatMap(({ image, base }) =>
    image === undefined ? [] : [{ digest: image.manifest.digest, baseLayers: base?.match?.layers ?? 0 }],
  );
  const rulings = rulingsOf(earlier, spared, checks, book);
  if ('why' in rulings) return rulings;
  const rested = judged.map((one) => {
    const ruled = one.image && rulings.get(one.image.manifest.digest);
    return ruled === undefined ? one : { ...one, earlier: ruled };
  });
  return { judged: rested, reused: earlier.verdict };
}

/** The note that says so in every view. */
export function restsOn({ signer, decidedAt, validUntil }: EarlierVerdict): string {
  return `no layer was read: what the files hold is the verdict of ${decidedAt} by ${printable(signer)}, which counts until ${validUntil}`;
}

/**
 * What an earlier verdict made of the checks of files, by image, as if they had been run now. None where it does not speak of each of
 * them, where one could not find out or refused an image, where not all that they found is listed, or where an image stands on another base
 * than it did.
 * @param book the policy's exceptions as they stand now
 */
export function rulingsOf(
  { images, verdict }: Earlier,
  spared: readonly SparedImage[],
  checks: readonly SparedCheck[],
  book: ExceptionBook,
): ReadonlyMap<Digest, readonly Ruled[]> | NoneEarlier {
  const all = new Map<Digest, readonly Ruled[]>();
  for (const { digest, baseLayers } of spared) {
    const image = images.get(digest);
    if (image === undefined) return { why: `it does not speak of ${digest}` };
    if (image.baseLayers !== baseLayers) return { why: 'the image stands on another base now' };
    const rulings = rulingsOfImage(image, checks, verdict, book);
    if ('why' in rulings) return rulings;
    all.set(digest, rulings);
  }
  return all;
}

function rulingsOfImage(
  image: ReadImage,
  checks: readonly SparedCheck[],
  verdict: EarlierVerdict,
  book: ExceptionBook,
): readonly Ruled[] | NoneEarlier {
  if (image.findingsNotListed > 0) return { why: 'it does not list all that was found' };
  const rulings: Ruled[] = [];
  for (const check of checks) {
    const ruled = rulingOf(image, check, verdict, book);
    if ('why' in ruled) return ruled;
    rulings.push(ruled);
  }
  return rulings;
}

function rulingOf(
  image: ReadImage,
  { id, level }: SparedCheck,
  verdict: EarlierVerdict,
  book: ExceptionBook,
): Ruled | NoneEarlier {
  const [outcome, ...more] = image.outcomes.filter(({ check }) => check === id);
  if (outcome === undefined || more.length > 0) return { why: `it does not speak of ${id}` };
  if (outcome.level !== level) return { why: `${id} was judged by another level` };
  const listed = image.findings.filter(({ check }) => check === id);
  if (listed.length !== outcome.findings) return { why: `it does not list all that ${id} found` };
  const from = `judged at ${verdict.decidedAt} by ${printable(verdict.signer)}`;
  if (outcome.state === 'passed' && listed.length === 0)
    return { outcome: { check: id, state: 'passed', note: from }, level, findings: [] };
  if (outcome.state !== 'failed' || listed.length === 0) return { why: `${id} could not find out` };
  const findings = listed.map((one) => ruledOf(one, from, book));
  const ruled = findings.flatMap((one) => one ?? []);
  const isOpen = ruled.some((one) => one.level === 'fail' && one.excepted === undefined);
  if (isOpen || ruled.length < listed.length) return { why: `${id} found what counts now` };
  return {
    outcome: { check: id, state: 'failed', findings: ruled.map(({ finding }) => finding) },
    level,
    findings: ruled,
  };
}

/** Undefined where it was excepted, and nothing excepts it now. */
function ruledOf(
  { check, level, excepted, demoted, finding: bare }: ReadFinding,
  from: string,
  book: ExceptionBook,
): RuledFinding | undefined {
  const shipped = demoted === undefined ? '' : `, as ${printable(demoted)} ships it`;
  const finding = {
    ...bare,
    message: `${printable(bare.rule)} found something here${shipped}; ${from}`,
    remedy: 'Check the image without --reuse to see what it is',
  };
  if (!excepted) return { finding, level };
  const exception = book.cover(check, finding);
  if (exception === undefined) return undefined;
  const { reason, owner, until } = exception;
  return { finding, level, excepted: { reason, owner, until } };
}
