import { type PratiqueError, toPratiqueError } from '../errors.ts';
import {
  type ApprovedBase,
  type BaseChain,
  type BaseKnowledge,
  claimedBase,
  matchBase,
} from '../model/base.ts';
import { formatPlatform } from '../model/descriptor.ts';
import { isDigest } from '../model/digest.ts';
import type { Image } from '../model/image.ts';
import { type ImagePattern, matchesImage } from '../model/image-pattern.ts';
import type { ImageSource } from '../model/image-source.ts';
import { formatReference, parseReference, type Reference } from '../model/reference.ts';
import { parsePlatform } from './documents/platform.ts';

export interface ApprovedBasesOptions {
  readonly bases: readonly ApprovedBase[];
  /** opens the source of a base; it is closed here */
  readonly open: (reference: Reference) => ImageSource;
  /** what has been read before, kept between images; its keys are made here. A fault is not kept there */
  readonly known: Map<string, readonly BaseChain[]>;
}

/**
 * Makes what finds the base of an image among the approved ones. Of a base its manifest and its configuration are read
 * for the platform of the image, and no layer. What cannot be read is told in `unread`, and is not tried again for the
 * next platform.
 */
export function findAmong({
  bases,
  open,
  known,
}: ApprovedBasesOptions): (image: Image) => Promise<BaseKnowledge> {
  const failed = new Map<string, PratiqueError>();

  async function chainsOf(reference: Reference, platforms: readonly string[]): Promise<readonly BaseChain[]> {
    const name = formatReference(reference);
    const key = [name, ...platforms].join(' ');
    const before = known.get(key);
    if (before !== undefined) return before;
    const fault = failed.get(name);
    if (fault !== undefined) throw fault;
    try {
      const chains = await readChains(open(reference), name, platforms);
      known.set(key, chains);
      return chains;
    } catch (thrown) {
      failed.set(name, toPratiqueError(thrown));
      throw thrown;
    }
  }

  return async (image) => {
    const platforms = platformsOf(image);
    const chains: BaseChain[] = [];
    const unread: { name: string; error: PratiqueError }[] = [];
    for (const base of bases) {
      const reference = base.kind === 'chain' ? undefined : referenceOf(base, image);
      try {
        if (base.kind === 'chain') chains.push(base);
        else if (reference !== undefined) chains.push(...(await chainsOf(reference, platforms)));
      } catch (thrown) {
        unread.push({ name: base.name, error: toPratiqueError(thrown) });
      }
    }
    const match = matchBase(image.config.diffIds, chains);
    return { ...(match && { match }), unread };
  };
}

/** The image that an approved name stands for; of a pattern the one that the image claims, if it may. */
function referenceOf(base: Exclude<ApprovedBase, BaseChain>, image: Image): Reference | undefined {
  return base.kind === 'image' ? base.reference : claimedOf(base.pattern, image);
}

/**
 * A claim only says which image of the pattern to look at: whether this one stands on it, the layers decide. Where the
 * pattern asks for a tag it is that tag of today, as any digest of the repository could stand beside it.
 */
function claimedOf(pattern: ImagePattern, image: Image): Reference | undefined {
  const claim = claimedBase(image);
  const reference = claim && readReference(claim.name);
  if (claim === undefined || reference === undefined) return undefined;
  const { digest: written, ...named } = reference;
  const digest = isDigest(claim.digest) ? claim.digest : written;
  const { registry, repository } = named;
  const asked = pattern.tag === undefined && digest !== undefined ? { registry, repository, digest } : named;
  return matchesImage(pattern, asked) ? asked : undefined;
}

function readReference(name: string): Reference | undefined {
  try {
    return parseReference(name);
  } catch {
    return undefined; // what is no name is no claim
  }
}

/** The platform to ask a base for; none where the image does not say, or says what nobody can ask for. */
function platformsOf({ platform }: Image): readonly string[] {
  const text = formatPlatform(platform);
  try {
    parsePlatform(text);
  } catch {
    return [];
  }
  return platform.os === '' || platform.architecture === '' ? [] : [text];
}

async function readChains(
  source: ImageSource,
  name: string,
  platforms: readonly string[],
): Promise<readonly BaseChain[]> {
  try {
    const { images, subject } = await source.resolve({ platforms });
    return images.map(({ config: { diffIds, created } }) => ({
      name,
      diffIds,
      digest: subject.digest,
      ...(created === undefined ? {} : { created }),
    }));
  } catch (thrown) {
    // A base that is not there for the platform is the base of no image for it.
    if (toPratiqueError(thrown).code === 'PLATFORM_NOT_FOUND') return [];
    throw thrown;
  } finally {
    await source.close();
  }
}
