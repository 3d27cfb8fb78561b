import { PratiqueError, toPratiqueError } from '../errors.ts';
import { severalAtOnce } from '../io/several-at-once.ts';
import type { Catalogue } from '../model/catalogue.ts';
import type { Digest } from '../model/digest.ts';
import { matchesStars } from '../model/glob.ts';
import { matchesImage } from '../model/image-pattern.ts';
import { printable, quoted } from '../model/printable.ts';
import { formatReference, parseReference, type Reference } from '../model/reference.ts';
import type { SweepItem, UnresolvedName } from '../model/sweep.ts';
import { chooseTags, type TagChoice } from './choose-tags.ts';
import type { Wanted } from './wanted.ts';

/** Names of one image that are judged; a line of the ledger has an end, and who pushes an image under more of them is told so. */
const MOST_NAMES = 10_000;

export interface ListOptions {
  readonly wanted: readonly Wanted[];
  readonly tags: TagChoice;
  /** opens the lists of a registry; closed here */
  readonly open: (registry: string) => Catalogue;
  /** whether an image is young enough; absent: all are. May throw what could not be found out */
  readonly isYoung?: (reference: Reference) => Promise<boolean>;
  /** names whose digest is looked up at the same time */
  readonly atOnce: number;
  readonly onListed?: (names: number) => void;
}

/** Everything that a sweep will judge. */
export interface ListedImages {
  /** each digest once, in the order in which it was first found */
  readonly items: readonly SweepItem[];
  /** names and lists of which it is not known what they stand for: there is no pass with one of these */
  readonly unresolved: readonly UnresolvedName[];
  /** names that the filters left out */
  readonly leftOut: number;
}

/**
 * Finds the digests of everything that is wanted. A name that the registry has no more, a repository that cannot be listed, is told and
 * keeps nothing else from being found.
 */
export async function listImages(options: ListOptions): Promise<ListedImages> {
  const catalogues = new Map<string, Catalogue>();
  const catalogueOf = (registry: string) => {
    const catalogue = catalogues.get(registry) ?? options.open(registry);
    catalogues.set(registry, catalogue);
    return catalogue;
  };
  const found = new Map<Digest, Set<string>>();
  const known = new Set<string>(); // repositories that were listed already: a catalogue can say the same without end
  const unresolved: UnresolvedName[] = [];
  let leftOut = 0;
  let count = 0;
  let listed = 0; // tags that fit what is wanted, before any filter

  async function place(reference: Reference): Promise<void> {
    const name = formatReference(reference);
    try {
      if (options.isYoung !== undefined && !(await options.isYoung(reference))) {
        leftOut += 1;
        return;
      }
      const digest = reference.digest ?? (await lookUp(catalogueOf(reference.registry), reference));
      const names = found.get(digest) ?? new Set();
      if (names.size >= MOST_NAMES && !names.has(name)) throw tooManyNames(digest);
      found.set(digest, names.add(name));
      count += 1;
      options.onListed?.(count);
    } catch (thrown) {
      unresolved.push(unresolvedOf(name, thrown));
    }
  }

  async function placeTags(repository: Reference): Promise<void> {
    const all: string[] = [];
    for await (const tag of catalogueOf(repository.registry).tags(repository.repository)) all.push(tag);
    const { tag: own = '*' } = repository;
    const fitting = all.filter((tag) => matchesStars(own, tag));
    listed += fitting.length;
    const chosen = chooseTags(fitting, options.tags);
    leftOut += all.length - chosen.length;
    await severalAtOnce(chosen, options.atOnce, async (tag) => {
      const text = `${repository.registry}/${repository.repository}:${tag}`;
      const named = readListed(text, ({ tag: read, digest }) => read === tag && digest === undefined);
      if ('fault' in named) unresolved.push(named);
      else await place(named);
    });
  }

  async function placeAll(wanted: Wanted): Promise<void> {
    if (wanted.kind === 'image') return place(wanted.reference);
    if (wanted.kind === 'repository') return placeTags(wanted.reference);
    const { registry, pattern } = wanted;
    for await (const text of catalogueOf(registry).repositories()) {
      if (known.has(`${registry}/${text}`)) continue;
      known.add(`${registry}/${text}`);
      const repository = readListed(
        `${registry}/${text}`,
        ({ tag, digest }) => tag === undefined && digest === undefined,
      );
      if ('fault' in repository) {
        unresolved.push(repository);
        continue;
      }
      const { tag, ...path } = pattern;
      if (!matchesImage(path, repository)) continue;
      await placeTags({ ...repository, ...(tag !== undefined && { tag }) }).catch((thrown) =>
        unresolved.push(unresolvedOf(formatReference(repository), thrown)),
      );
    }
  }

  try {
    const [images, lists] = partition(options.wanted, ({ kind }) => kind === 'image');
    await severalAtOnce(images, options.atOnce, placeAll);
    for (const wanted of lists) {
      listed = 0;
      known.clear();
      const told = unresolved.length;
      await placeAll(wanted).catch((thrown) => unresolved.push(unresolvedOf(wanted.text, thrown)));
      if (listed === 0 && unresolved.length === told)
        unresolved.push(unresolvedOf(wanted.text, nothingFits()));
    }
  } finally {
    await Promise.all([...catalogues.values()].map((catalogue) => catalogue.close()));
  }
  const items = [...found].map(([digest, names]) => ({ digest, names: [...names] }));
  return { items, unresolved, leftOut };
}

async function lookUp(catalogue: Catalogue, { repository, tag = 'latest' }: Reference): Promise<Digest> {
  const found = await catalogue.lookUp(repository, tag);
  if (found !== undefined) return found.digest;
  throw new PratiqueError('NOT_FOUND', {
    what: 'the registry answered 404 (not found)',
    next: 'check the repository and the tag',
  });
}

function tooManyNames(digest: Digest): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `more than ${MOST_NAMES} names stand for ${digest}`,
    next: 'choose some of them with --tags or --newest',
  });
}

function nothingFits(): PratiqueError {
  return new PratiqueError('NOT_FOUND', {
    what: 'the registry lists nothing that fits',
    next: 'check the pattern, and what the login may see',
  });
}

/** A name that a registry listed, which may be none, or say more than it should: `shop:1.0` is no repository. */
function readListed(text: string, isWhole: (read: Reference) => boolean): Reference | UnresolvedName {
  try {
    const reference = parseReference(text);
    if (isWhole(reference)) return reference;
    throw new PratiqueError('REFERENCE_INVALID', { what: 'the registry lists a name that is none' });
  } catch (thrown) {
    return unresolvedOf(text, thrown);
  }
}

function unresolvedOf(name: string, thrown: unknown): UnresolvedName {
  const { code, message } = toPratiqueError(thrown);
  return { name, fault: { code, text: `${quoted(printable(name))}: ${message}` } };
}

function partition<T>(all: readonly T[], fits: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(fits), all.filter((one) => !fits(one))];
}
