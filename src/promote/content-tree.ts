import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Digest } from '../model/digest.ts';
import type { ImageSource } from '../model/image-source.ts';
import { isIndex, MEDIA } from '../model/media-type.ts';
import { quoted } from '../model/printable.ts';
import { readIndex } from '../sources/documents/index-document.ts';
import { readManifest } from '../sources/documents/manifest.ts';

/** Everything that a manifest or index needs to be whole, each once. */
export interface ContentTree {
  readonly root: Descriptor;
  readonly blobs: readonly Descriptor[];
  /** manifests, then the indexes over them, and so on: each level can be written when the one before it is */
  readonly levels: readonly (readonly Descriptor[])[];
  /** what manifests in it name as their subject and is not in it: beside that a registry lists them */
  readonly speaksOf: readonly Digest[];
}

/** Layers that their publisher forbids to pass on, and that registries do not hold. */
const NOT_TO_BE_COPIED: ReadonlySet<string> = new Set([
  MEDIA.dockerLayerForeign,
  MEDIA.dockerLayerForeignGzip,
  MEDIA.ociLayerNondistributable,
  `${MEDIA.ociLayerNondistributable}+gzip`,
  `${MEDIA.ociLayerNondistributable}+zstd`,
]);

/**
 * Finds out what a manifest or index consists of: every line of every index, whatever its platform, since a digest
 * stands for all of it.
 * @throws {PratiqueError} `LIMIT_EXCEEDED`, `NOT_SUPPORTED` for layers that may not be copied, `MANIFEST_INVALID`,
 * `MEDIA_TYPE_UNKNOWN`, or whatever the source throws
 */
export async function readContentTree(
  source: Pick<ImageSource, 'manifest'>,
  root: Descriptor,
  limits: Limits,
): Promise<ContentTree> {
  const blobs = new Map<Digest, Descriptor>();
  const levels: Descriptor[][] = [];
  const heights = new Map<Digest, number>();
  const subjects = new Set<Digest>();

  /** @returns how many levels lie below it */
  async function visit(what: Descriptor, depth: number): Promise<number> {
    const known = heights.get(what.digest);
    if (known !== undefined) return known;
    if (depth > limits.indexDepth + 1)
      throw tooMuch(`indexes nested more than ${limits.indexDepth} deep`, root);
    if (heights.size >= limits.manifests) throw tooMuch(`more than ${limits.manifests} manifests`, root);
    heights.set(what.digest, 0); // a digest cannot lie below itself; one that is said to does not loop here
    const height = isIndex(what.mediaType) ? await visitIndex(what, depth) : await visitManifest(what);
    heights.set(what.digest, height);
    levels[height] ??= [];
    levels[height].push(plain(what));
    return height;
  }

  async function visitIndex(what: Descriptor, depth: number): Promise<number> {
    const { entries, subject } = readIndex(await source.manifest(what), what, limits);
    if (subject !== undefined) subjects.add(subject.digest);
    let height = 0;
    for (const entry of entries) height = Math.max(height, await visit(plain(entry), depth + 1));
    return height + 1;
  }

  async function visitManifest(what: Descriptor): Promise<number> {
    const { config, layers, subject } = readManifest(await source.manifest(what), what, limits);
    if (subject !== undefined) subjects.add(subject.digest);
    for (const blob of [config, ...layers]) {
      if (NOT_TO_BE_COPIED.has(blob.mediaType)) throw notToBeCopied(blob, what);
      const known = blobs.get(blob.digest);
      if (known !== undefined && known.size !== blob.size) throw twoSizes(blob, what);
      blobs.set(blob.digest, known ?? plain(blob));
    }
    return 0;
  }

  await visit(plain(root), 0);
  return {
    root: plain(root),
    blobs: [...blobs.values()],
    levels: levels.map((level) => level ?? []),
    speaksOf: [...subjects].filter((digest) => !heights.has(digest)),
  };
}

/**
 * Refuses an image that would lie beside another one at the target, as its SBOM or signature: nobody has verified it as that.
 * @throws {PratiqueError} `NOT_SUPPORTED`
 */
export function requireOwnSubjects({ root, speaksOf }: ContentTree): void {
  const [other] = speaksOf;
  if (other === undefined) return;
  throw new PratiqueError('NOT_SUPPORTED', {
    what: 'a manifest of the image speaks of something that is no part of it',
    where: root.digest,
    why: `the target would list it beside ${other}, and nobody has verified what it says`,
    next: 'build the image without it, or copy it all the same with --all-attachments',
  });
}

/** Every manifest and index of a tree, children first. */
export function manifestsOf({ levels }: ContentTree): readonly Descriptor[] {
  return levels.flat();
}

/** Without the texts of the line that it stood on. */
function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function tooMuch(what: string, root: Descriptor): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', { what: `there are ${what}`, where: root.digest });
}

function notToBeCopied(blob: Descriptor, manifest: Descriptor): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', {
    what: `the image has a layer of type ${quoted(blob.mediaType)}`,
    where: manifest.digest,
    why: 'such layers are not to be passed on, and the registry need not have them; without it the digest would be another',
    next: 'build the image on a base whose layers may be distributed',
  });
}

function twoSizes(blob: Descriptor, manifest: Descriptor): PratiqueError {
  return new PratiqueError('MANIFEST_INVALID', {
    what: 'the image describes the same blob with two sizes',
    where: manifest.digest,
    why: `${blob.digest} cannot have both`,
  });
}
