import { PratiqueError } from '../../errors.ts';
import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import type { Limits } from '../../io/limits.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { MEDIA } from '../../model/media-type.ts';
import { printable, quoted } from '../../model/printable.ts';
import { ANNOTATION_PLACES, MANIFEST_KEYS } from '../documents/descriptor-fields.ts';
import { type IndexEntry, readEntries } from '../documents/index-document.ts';
import { type LayoutFiles, readSmallFile } from './layout-files.ts';

/**
 * Reads a layout's `index.json`: what the layout holds, by name.
 * @throws {PratiqueError} `NOT_FOUND`, `ARCHIVE_INVALID`, `JSON_INVALID`, `MANIFEST_INVALID`, `DIGEST_INVALID`
 * @see OCI image-spec v1.1.1, image-layout.md
 */
export async function readLayoutIndex(files: LayoutFiles, limits: Limits): Promise<readonly IndexEntry[]> {
  if (!(await isLayout(files))) throw notALayout(files);
  await requireVersion(files, limits);
  const fields = await readFile(files, 'index.json', limits);
  if (fields.integer('schemaVersion') !== 2) throw fields.error('schemaVersion', 'only version 2 is known');
  const mediaType = fields.optionalString('mediaType');
  if (mediaType !== undefined && mediaType !== MEDIA.ociIndex)
    throw fields.error('mediaType', `${quoted(mediaType)} is not the type of an index`);
  for (const name of ['layers', 'config'])
    if (fields.has(name)) throw fields.error(name, 'an index that is a manifest too is refused');
  return readEntries(fields, fieldsName(files, 'index.json'));
}

/** Whether the files claim to be an OCI layout. */
export async function isLayout(files: LayoutFiles): Promise<boolean> {
  return (await files.sizeOf('oci-layout')) !== undefined;
}

async function requireVersion(files: LayoutFiles, limits: Limits): Promise<void> {
  const version = (await readFile(files, 'oci-layout', limits)).string('imageLayoutVersion');
  if (version === '1.0.0') return;
  throw new PratiqueError('ARCHIVE_INVALID', {
    what: `the layout has version ${quoted(version)}, not "1.0.0"`,
    where: printable(files.name),
  });
}

const KNOWN: ReadonlySet<string> = new Set([...MANIFEST_KEYS, 'imageLayoutVersion']);

async function readFile(files: LayoutFiles, path: string, limits: Limits): Promise<JsonFields> {
  const where = fieldsName(files, path);
  const bytes = await readSmallFile(files, path, limits.manifestBytes);
  const value = readJson(bytes, { where, known: KNOWN, free: ANNOTATION_PLACES, depth: limits.jsonDepth });
  return readFields(value, { where, code: 'MANIFEST_INVALID' });
}

const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';
/** Written by `cosign save`, which gives no names: `…/image`, `…/imageIndex`, `…/sigs`, `…/atts`. */
const COSIGN_KIND = 'kind';
const COSIGN_PREFIX = 'dev.cosignproject.cosign/';

/** The names under which an entry can be asked for. */
export function namesOf({ annotations }: Descriptor): readonly string[] {
  const names = [annotations?.get(REF_NAME), annotations?.get(CONTAINERD_NAME)];
  return names.flatMap((name) => (name ? [name] : []));
}

/**
 * Chooses what a layout is asked for by name. Never the first of several: two programs would choose two images.
 * @param tag a name in the layout, or a digest
 * @param fits whether an entry has the name asked for
 * @throws {PratiqueError} `NOT_FOUND`, `REFERENCE_INVALID` naming the tags
 */
export function chooseEntry(
  entries: readonly IndexEntry[],
  where: string,
  tag: string,
  fits: (entry: IndexEntry, tag: string) => boolean = hasName,
): IndexEntry {
  const [first, ...others] = entries.filter((entry) => fits(entry, tag));
  if (first === undefined) throw unknownTag(entries, where, tag);
  if (others.some((other) => other.digest !== first.digest)) throw ambiguous(entries, where, tag);
  return first;
}

/**
 * Chooses the only image of a layout. What lies beside it (signatures under their tags, referrers) is found from the
 * image, not instead of it; but a name or a type does not make an image a signature, so that one would pass for the
 * other: its content must be that of a companion.
 * @param isCompanion whether what an entry leads to can be no image; asked only where there are several entries
 * @throws {PratiqueError} `NO_IMAGE`, `REFERENCE_INVALID` naming the tags, or whatever `isCompanion` throws
 */
export async function chooseOnly(
  entries: readonly IndexEntry[],
  where: string,
  isCompanion: (entry: IndexEntry) => Promise<boolean>,
): Promise<IndexEntry> {
  const digests = new Set(entries.map(({ digest }) => digest));
  let chosen: IndexEntry | undefined;
  for (const entry of entries) {
    if (entry.digest === chosen?.digest) continue;
    if (digests.size > 1 && hasCompanionName(entry) && (await isCompanion(entry))) continue;
    if (chosen !== undefined) throw ambiguous(entries, where);
    chosen = entry;
  }
  if (chosen === undefined) throw nothing(where);
  return chosen;
}

/** Whether an entry has exactly this name or digest. */
export function hasName(entry: IndexEntry, tag: string): boolean {
  return entry.digest === tag || namesOf(entry).includes(tag);
}

const COMPANION = /^sha(?:256|512)-(?:[0-9a-f]{64}|[0-9a-f]{128})(?:\.[a-z]+)?$/;

/** Whether all names of an entry are those of a companion; also where it has none. */
function hasCompanionName(entry: IndexEntry): boolean {
  return namesOf(entry).every((name) => COMPANION.test(name)) && !isCosignImage(cosignKind(entry));
}

/**
 * What `cosign save` stored beside the only image of a layout.
 * @returns nothing where the layout is not of that kind, or the subject is another
 */
export function cosignEntry(
  entries: readonly IndexEntry[],
  subject: Descriptor,
  suffix: string,
): IndexEntry | undefined {
  const images = entries.filter((entry) => isCosignImage(cosignKind(entry)));
  if (images.length !== 1 || images[0]?.digest !== subject.digest) return undefined;
  return entries.find((entry) => cosignKind(entry) === `${suffix}s`);
}

function cosignKind({ annotations }: Descriptor): string | undefined {
  const kind = annotations?.get(COSIGN_KIND);
  return kind?.startsWith(COSIGN_PREFIX) ? kind.slice(COSIGN_PREFIX.length) : undefined;
}

function isCosignImage(kind: string | undefined): boolean {
  return kind === 'image' || kind === 'imageIndex';
}

function fieldsName(files: LayoutFiles, path: string): string {
  return `${path} of ${printable(files.name)}`;
}

function tagsOf(entries: readonly IndexEntry[]): string {
  const names = [...new Set(entries.flatMap((entry) => namesOf(entry).slice(0, 1)))];
  const some = names.slice(0, 20).map((name) => quoted(name));
  return names.length === 0
    ? 'none has a tag'
    : `there is ${some.join(', ')}${names.length > 20 ? ', …' : ''}`;
}

function nothing(where: string): PratiqueError {
  return new PratiqueError('NO_IMAGE', { what: 'there is no image in it', where: printable(where) });
}

function unknownTag(entries: readonly IndexEntry[], where: string, tag: string): PratiqueError {
  return new PratiqueError('NOT_FOUND', {
    what: `there is no image of the tag ${quoted(tag)}`,
    where: printable(where),
    why: tagsOf(entries),
  });
}

function ambiguous(entries: readonly IndexEntry[], where: string, tag?: string): PratiqueError {
  return new PratiqueError('REFERENCE_INVALID', {
    what: tag === undefined ? 'there are several images in it' : `several images have the tag ${quoted(tag)}`,
    where: printable(where),
    why: tagsOf(entries),
    next: 'name one: its tag, or its digest, after a colon',
  });
}

function notALayout(files: LayoutFiles): PratiqueError {
  return new PratiqueError('ARCHIVE_INVALID', {
    what: `${quoted(files.name)} is not an OCI image layout`,
    why: 'it has no file "oci-layout"',
    next: 'give the folder or archive that holds "oci-layout" and "index.json"',
  });
}
