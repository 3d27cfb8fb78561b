import { PratiqueError } from '../../errors.ts';
import { readFields } from '../../io/json/json-fields.ts';
import { isJsonArray, readJson } from '../../io/json/strict-json.ts';
import type { Limits } from '../../io/limits.ts';
import type { ForeignJson, Image } from '../../model/image.ts';
import { printable, quoted } from '../../model/printable.ts';
import { formatReference, parseReference } from '../../model/reference.ts';
import { type LayoutFiles, readSmallFile } from '../layout/layout-files.ts';

/** One image of `docker save`, as `manifest.json` lists it; paths in the archive. */
export interface SavedImage {
  readonly config: string;
  readonly repoTags: readonly string[];
  /** lowest first */
  readonly layers: readonly string[];
  /** its item of `manifest.json` as it stands */
  readonly json: ForeignJson;
}

const KEYS: ReadonlySet<string> = new Set([
  ...['Config', 'RepoTags', 'Layers', 'Parent', 'LayerSources'],
  ...['mediaType', 'digest', 'size'],
]);
const FREE: ReadonlySet<string> = new Set(['[].LayerSources']);

/**
 * Reads the `manifest.json` of a `docker save` archive.
 * @throws {PratiqueError} `NOT_FOUND`, `JSON_INVALID`, `MANIFEST_INVALID`, `LIMIT_EXCEEDED`
 * @see moby/moby, image/tarexport/tarexport.go, `manifestItem`
 */
export async function readSavedImages(files: LayoutFiles, limits: Limits): Promise<readonly SavedImage[]> {
  const where = `manifest.json of ${printable(files.name)}`;
  const bytes = await readSmallFile(files, 'manifest.json', limits.manifestBytes);
  const list = readJson(bytes, { where, known: KEYS, free: FREE, depth: limits.jsonDepth });
  if (!isJsonArray(list))
    throw new PratiqueError('MANIFEST_INVALID', { what: 'it is not a list of images', where });
  return list.map((item, index) => {
    const image = readFields(item, { where, code: 'MANIFEST_INVALID', path: `$[${index}]` });
    const layers = image.strings('Layers');
    if (layers.length > limits.layers)
      throw image.error('Layers', `there are ${layers.length}, more than limits.layers allows`);
    return { config: image.string('Config'), repoTags: image.strings('RepoTags'), layers, json: item };
  });
}

/**
 * Chooses an image of the archive, by its name where one is given.
 * @returns nothing where none has the name, or there is none at all
 * @throws {PratiqueError} `REFERENCE_INVALID` where there are several
 */
export function chooseSaved(
  images: readonly SavedImage[],
  where: string,
  tag: string | undefined,
): SavedImage | undefined {
  const [first, ...others] =
    tag === undefined
      ? images
      : images.filter(({ repoTags }) => repoTags.some((name) => isSameName(name, tag)));
  if (first === undefined || others.every((other) => isSame(first, other))) return first;
  throw new PratiqueError('REFERENCE_INVALID', {
    what:
      tag === undefined ? 'there are several images in it' : `several images have the name ${quoted(tag)}`,
    where: printable(where),
    why: namesThere(images),
    next: 'name one after a colon: docker-archive:FILE:NAME:TAG',
  });
}

/** The image together with what `manifest.json` says of it. */
export function withItem(image: Image, { json }: SavedImage): Image {
  return { ...image, documents: [...image.documents, { name: 'manifest', json }] };
}

/** The fault where an archive holds no such image. */
export function notSaved(
  images: readonly SavedImage[],
  where: string,
  tag: string | undefined,
): PratiqueError {
  if (tag === undefined)
    return new PratiqueError('NO_IMAGE', { what: 'there is no image in it', where: printable(where) });
  return new PratiqueError('NOT_FOUND', {
    what: `there is no image of the name ${quoted(tag)}`,
    where: printable(where),
    why: namesThere(images),
  });
}

/** Whether two names mean one image to Docker: `shop` is `docker.io/library/shop:latest`. */
export function isSameName(a: string, b: string): boolean {
  return a === b || (fullName(a) !== undefined && fullName(a) === fullName(b));
}

function fullName(name: string): string | undefined {
  try {
    const reference = parseReference(name);
    const untagged = reference.tag === undefined && reference.digest === undefined;
    return formatReference(untagged ? { ...reference, tag: 'latest' } : reference);
  } catch {
    return undefined; // no image name, so it is compared as it stands
  }
}

function isSame(a: SavedImage, b: SavedImage): boolean {
  return (
    a.config === b.config &&
    a.layers.length === b.layers.length &&
    a.layers.every((layer, index) => layer === b.layers[index])
  );
}

function namesThere(images: readonly SavedImage[]): string {
  const names = images.flatMap(({ repoTags }) => repoTags).slice(0, 20);
  return names.length === 0 ? 'none has a name' : `there is ${names.map((name) => quoted(name)).join(', ')}`;
}
