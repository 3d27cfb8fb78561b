import { PratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import { readAll, verified } from '../../io/verified.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { algorithmOf, hexOf, referrersTagOf } from '../../model/digest.ts';
import type { Resolved } from '../../model/image.ts';
import type { ImageSource, ResolveOptions, StoredBlob } from '../../model/image-source.ts';
import { isIndex, isManifest } from '../../model/media-type.ts';
import { printable } from '../../model/printable.ts';
import { isCompanion } from '../documents/artifact.ts';
import { type IndexEntry, readIndex } from '../documents/index-document.ts';
import { readManifest } from '../documents/manifest.ts';
import { resolveImage } from '../resolve.ts';
import { absent, type LayoutFiles } from './layout-files.ts';
import { chooseEntry, chooseOnly, cosignEntry, namesOf, readLayoutIndex } from './layout-index.ts';

export interface LayoutOptions {
  /** as shown to people: `oci:./dir:tag` */
  readonly name: string;
  /** absent: the only image there is */
  readonly tag?: string;
  readonly limits: Limits;
  /** whether an entry of `index.json` is the one that the tag means; exact names where absent */
  readonly fits?: (entry: IndexEntry, tag: string) => boolean;
}

/** An image in an OCI layout, wherever the files of the layout lie. */
export class LayoutSource implements ImageSource {
  readonly name: string;
  protected readonly files: LayoutFiles;
  protected readonly limits: Limits;
  private readonly options: LayoutOptions;

  constructor(files: LayoutFiles, options: LayoutOptions) {
    this.files = files;
    this.name = options.name;
    this.limits = options.limits;
    this.options = options;
  }

  async resolve(options: ResolveOptions = {}): Promise<Resolved> {
    const entries = await readLayoutIndex(this.files, this.limits);
    const root = await this.choose(entries);
    return resolveImage(
      root,
      (what) => this.manifest(what),
      (what) => readAll(this.blob(what), this.limits.configBytes, this.placeOf(what)),
      { ...options, limits: this.limits },
    );
  }

  /**
   * A layout has no list of referrers, so that every manifest in its `index.json` is asked whose it is; beside
   * these, the index under the fallback tag `sha256-<hex>` counts, as tools write it.
   */
  async *referrers(subject: Descriptor): AsyncIterable<Descriptor> {
    const entries = await readLayoutIndex(this.files, this.limits);
    const seen = new Set<string>();
    let asked = 0;
    for (const entry of await this.candidates(entries, subject)) {
      if (seen.has(entry.digest) || !(isManifest(entry.mediaType) || isIndex(entry.mediaType))) continue;
      seen.add(entry.digest);
      asked += 1;
      if (asked > this.limits.referrers) throw this.tooMany(this.limits.referrers, 'referrers');
      const referrer = await this.asReferrer(entry, subject);
      if (referrer !== undefined) yield referrer;
    }
  }

  async companion(subject: Descriptor, suffix: 'sig' | 'att' | 'sbom'): Promise<Descriptor | undefined> {
    const entries = await readLayoutIndex(this.files, this.limits);
    const tag = `${algorithmOf(subject.digest)}-${hexOf(subject.digest)}.${suffix}`;
    const named = entries.some((entry) => namesOf(entry).includes(tag));
    const entry = named ? chooseEntry(entries, this.files.name, tag) : cosignEntry(entries, subject, suffix);
    return entry === undefined ? undefined : withoutPlatform(entry);
  }

  async manifest(what: Descriptor): Promise<Uint8Array> {
    return readAll(this.blob(what), this.limits.manifestBytes, this.placeOf(what));
  }

  async *blob(what: Descriptor): AsyncIterable<Uint8Array> {
    const path = blobPath(what);
    if (what.size > this.limits.layerBytes) throw this.tooLarge(what);
    if ((await this.files.sizeOf(path)) === undefined) throw notHeld(this.files, what);
    yield* verified(this.files.read(path), what, this.placeOf(what));
  }

  async stored(what: Descriptor): Promise<StoredBlob | undefined> {
    const file = await this.files.openFile?.(blobPath(what)).catch(() => undefined);
    return file && { fd: file.fd, offset: 0, where: this.placeOf(what), close: () => file.close() };
  }

  async close(): Promise<void> {
    await this.files.close();
  }

  private choose(entries: readonly IndexEntry[]): Promise<IndexEntry> | IndexEntry {
    const { tag, fits } = this.options;
    if (tag !== undefined) return chooseEntry(entries, this.files.name, tag, fits);
    if (entries.length > this.limits.manifests) throw this.tooMany(this.limits.manifests, 'manifests');
    return chooseOnly(entries, this.files.name, (entry) => this.isCompanion(entry));
  }

  /** Reads what an entry leads to; an index is a companion if everything it lists is. */
  private async isCompanion(entry: Descriptor, depth = 0): Promise<boolean> {
    if (isManifest(entry.mediaType))
      return isCompanion(readManifest(await this.manifest(entry), entry, this.limits));
    if (!isIndex(entry.mediaType) || depth > 0) return false;
    const { entries } = readIndex(await this.manifest(entry), entry, this.limits);
    if (entries.length > this.limits.referrers) return false;
    for (const line of entries) if (!(await this.isCompanion(line, depth + 1))) return false;
    return true;
  }

  private placeOf({ digest }: Descriptor): string {
    return `${digest} in ${this.files.name}`;
  }

  private async candidates(
    entries: readonly IndexEntry[],
    subject: Descriptor,
  ): Promise<readonly Descriptor[]> {
    const tag = referrersTagOf(subject.digest);
    const listed = entries.filter((entry) => namesOf(entry).includes(tag) && isIndex(entry.mediaType));
    const indexes = await Promise.all(
      listed.map(async (entry) => readIndex(await this.manifest(entry), entry, this.limits)),
    );
    return [...indexes.flatMap((index) => index.entries), ...entries];
  }

  private async asReferrer(entry: Descriptor, subject: Descriptor): Promise<Descriptor | undefined> {
    const bytes = await this.manifest(entry);
    const head = isIndex(entry.mediaType)
      ? readIndex(bytes, entry, this.limits)
      : readManifest(bytes, entry, this.limits);
    if (head.subject?.digest !== subject.digest) return undefined;
    const artifactType = head.artifactType ?? ('config' in head ? head.config.mediaType : undefined);
    return {
      mediaType: entry.mediaType,
      digest: entry.digest,
      size: entry.size,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(head.annotations.size === 0 ? {} : { annotations: head.annotations }),
    };
  }

  private tooLarge(what: Descriptor): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `the blob has ${what.size} bytes, more than ${this.limits.layerBytes}`,
      where: printable(this.placeOf(what)),
      next: 'raise limits.layer-bytes in the policy if this is meant',
    });
  }

  private tooMany(limit: number, setting: string): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `the layout lists more than ${limit} manifests`,
      where: printable(this.files.name),
      next: `raise limits.${setting} in the policy if this is meant`,
    });
  }
}

/**
 * Where a layout keeps a blob. Made from a parsed digest only, so that no path of the image's choosing is ever
 * opened (CVE-2024-3727).
 * @see OCI image-spec v1.1.1, image-layout.md, "Blobs"
 */
export function blobPath({ digest }: Pick<Descriptor, 'digest'>): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

// Docker saves an index of many platforms with the blobs of one: what is listed and absent was not looked at.
function notHeld(files: LayoutFiles, what: Descriptor): PratiqueError {
  return absent(
    files,
    blobPath(what),
    'copy the image with everything that it lists, or choose what is there with --platform',
  );
}

/** The tag under which referrers are listed where there is no API for it. OCI distribution-spec v1.1, "Referrers Tag Schema". */
function withoutPlatform({ platform: _, ...descriptor }: IndexEntry): Descriptor {
  return descriptor;
}
