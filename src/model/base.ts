import type { PratiqueError } from '../errors.ts';
import type { Digest } from './digest.ts';
import type { LayerOrigin } from './finding.ts';
import type { Image } from './image.ts';
import type { ImagePattern } from './image-pattern.ts';
import type { Reference } from './reference.ts';

/**
 * A base that a policy approves: an image that is looked up when another is judged; any image of a pattern, where the one
 * that is judged claims it; or a chain of layers that is written down. `name` is how reports call it.
 */
export type ApprovedBase =
  | { readonly kind: 'image'; readonly name: string; readonly reference: Reference }
  | { readonly kind: 'pattern'; readonly name: string; readonly pattern: ImagePattern }
  | ({ readonly kind: 'chain' } & BaseChain);

/** A base by its content. */
export interface BaseChain {
  readonly name: string;
  /** of all its layers, lowest first; they stay the same however the layers are compressed */
  readonly diffIds: readonly Digest[];
  /** what the name stood for when it was looked up; absent where nothing was */
  readonly digest?: Digest;
  /** RFC 3339, as the base or the policy says */
  readonly created?: string;
}

/** The approved base that an image stands on. */
export interface BaseMatch {
  readonly name: string;
  /** how many layers of the image are the base's, counted from the lowest; at least one */
  readonly layers: number;
  /** what the name stood for when it was looked up: an index or a manifest */
  readonly digest?: Digest;
  readonly created?: string;
}

/** What is known of the base of one image. */
export interface BaseKnowledge {
  readonly match?: BaseMatch;
  /** the approved bases that could not be read: the image may stand on one of them */
  readonly unread: readonly { readonly name: string; readonly error: PratiqueError }[];
}

/** What an image says of its own base: anybody can write that. Foreign, not escaped. */
export interface BaseClaim {
  readonly name: string;
  /** empty where it names none */
  readonly digest: string;
}

/**
 * The base whose whole chain is the longest beginning of an image's chain; of equal ones the first.
 * @param diffIds of the image's layers, lowest first
 */
export function matchBase(diffIds: readonly Digest[], bases: readonly BaseChain[]): BaseMatch | undefined {
  // Only more than none is longer: a base without layers would be that of every image.
  let best: BaseChain | undefined;
  for (const base of bases)
    if (isBeginning(base.diffIds, diffIds) && base.diffIds.length > (best?.diffIds.length ?? 0)) best = base;
  if (best === undefined) return undefined;
  const { name, digest, created, diffIds: chain } = best;
  return {
    name,
    layers: chain.length,
    ...(digest === undefined ? {} : { digest }),
    ...(created === undefined ? {} : { created }),
  };
}

function isBeginning(chain: readonly Digest[], of: readonly Digest[]): boolean {
  return chain.length <= of.length && chain.every((diffId, at) => diffId === of[at]);
}

/** Whose a layer is; `undefined` where no base of the image is known. */
export function originOf(layer: number, base: BaseMatch | undefined): LayerOrigin | undefined {
  if (base === undefined) return undefined;
  return layer < base.layers ? 'base' : 'own';
}

const NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';

/**
 * The base that an image claims, in its manifest, in the line of its index, or in its labels.
 * @see OCI image-spec v1.1.1, annotations.md
 */
export function claimedBase({ annotations, manifest, config }: Image): BaseClaim | undefined {
  const places = [annotations, manifest.annotations ?? new Map<string, string>(), config.labels];
  const said = places.find((place) => place.has(NAME));
  const name = said?.get(NAME) ?? '';
  return said === undefined || name === '' ? undefined : { name, digest: said.get(DIGEST) ?? '' };
}
