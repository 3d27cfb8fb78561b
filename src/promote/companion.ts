import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { ImageSource } from '../model/image-source.ts';
import type { ImageTarget } from '../model/image-target.ts';
import { readManifest } from '../sources/documents/manifest.ts';

/** What stands at the target under cosign's tag: all that is to be there, less than that, or nothing. */
export type CompanionState = 'holds' | 'lacks' | 'absent';

/**
 * Compares the signatures under cosign's tag at the target with those that are to travel. The tag has room for one
 * manifest: writing ours over one with a signature that was made there would lose that one.
 * @throws {PratiqueError} `NOT_SUPPORTED` where each has one that the other lacks; a fault of either side
 */
export async function companionState(
  source: Pick<ImageSource, 'manifest'>,
  target: ImageTarget,
  { what, tag }: { readonly what: Descriptor; readonly tag: string },
  limits: Limits,
): Promise<CompanionState> {
  const there = await target.lookUp(tag);
  if (there === undefined) return 'absent';
  if (there.digest === what.digest) return 'holds';
  const ours = layersOf(await source.manifest(what), what, limits);
  const theirs = layersOf(await target.manifest(there), there, limits);
  if (ours.every((layer) => theirs.includes(layer))) return 'holds';
  if (theirs.every((layer) => ours.includes(layer))) return 'lacks';
  throw new PratiqueError('NOT_SUPPORTED', {
    what: 'the target has signatures of its own under the tag that those of the source would take',
    where: `${target.name}:${tag}`,
    why: 'the tag has room for one manifest, and writing it would lose them',
    next: 'sign with referrers (cosign 3), or remove that tag at the target if its signatures are not needed',
  });
}

/** Each layer as a text: content, and the annotations that carry the signature. */
function layersOf(bytes: Uint8Array, what: Descriptor, limits: Limits): readonly string[] {
  return readManifest(bytes, what, limits).layers.map(({ digest, mediaType, annotations }) =>
    JSON.stringify([digest, mediaType, [...(annotations ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))]),
  );
}
