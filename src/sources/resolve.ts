import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import { type Descriptor, formatPlatform, type Platform } from '../model/descriptor.ts';
import { type Digest, isDigest } from '../model/digest.ts';
import type { EmbeddedAttestation, ForeignDocument, ForeignJson, Image, Resolved } from '../model/image.ts';
import type { ResolveOptions } from '../model/image-source.ts';
import { isIndex } from '../model/media-type.ts';
import { printable, quoted } from '../model/printable.ts';
import { bareDescriptor, makeImage, type Way } from './assemble-image.ts';
import { attestedBy, isArtifact, mayPassOver } from './documents/artifact.ts';
import { imageConfigOf, readConfigJson } from './documents/config.ts';
import { type IndexDocument, type IndexEntry, readIndex } from './documents/index-document.ts';
import { hasImageConfig, type Manifest, readManifest } from './documents/manifest.ts';
import { agree, couldChoose, parsePlatform } from './documents/platform.ts';

/** Fetches the bytes of what a descriptor names, verified against it. */
export type Read = (what: Descriptor) => Promise<Uint8Array>;

/**
 * Finds every image that a node could run under one name. Of an index that is each line whose platform fits,
 * not only the first, since which one a node takes depends on the node. Each manifest is read once, however
 * many indexes list it, so an index that doubles at every level costs no more than its own documents.
 * @param root what the name pointed at; already final, nothing is looked up by name
 * @param read reads manifests and indexes
 * @param readConfig reads image configurations
 * @throws {PratiqueError} `NO_IMAGE`, `PLATFORM_NOT_FOUND`, `MANIFEST_INVALID`, `CONFIG_INVALID`, `JSON_INVALID`,
 * `DIGEST_INVALID`, `MEDIA_TYPE_UNKNOWN`, `LIMIT_EXCEEDED`, `USAGE`, or whatever `read` throws
 * @see OCI image-spec v1.1.1, image-index.md, manifest.md
 */
export async function resolveImage(
  root: Descriptor,
  read: Read,
  readConfig: Read,
  options: ResolveOptions & { readonly limits: Limits },
): Promise<Resolved> {
  const walk = new Walk(root, read, readConfig, options);
  await walk.visit(root, TOP);
  return walk.result();
}

/** A line of an index, or the root, which has no line. */
type Candidate = IndexEntry;

const TOP: Way = { parents: [], documents: [] };

/** What a digest turned out to be: an index, an artifact, or an image. */
interface Seen {
  readonly entry: Descriptor;
  readonly artifact?: Manifest;
  readonly image?: Image;
  /** of the image; grows when another way leads to it */
  readonly documents?: ForeignDocument[];
}

class Walk {
  private readonly root: Descriptor;
  private readonly read: Read;
  private readonly readConfig: Read;
  private readonly limits: Limits;
  private readonly wanted: readonly { readonly text: string; readonly platform: Platform }[];
  private readonly seen = new Map<Digest, Seen>();
  private readonly images: Image[] = [];
  private readonly embedded = new Map<string, EmbeddedAttestation>();
  private readonly leftOut = new Set<string>();
  private readonly artifacts: string[] = [];
  private lines = 0;

  constructor(
    root: Descriptor,
    read: Read,
    readConfig: Read,
    { platforms = [], limits }: ResolveOptions & { readonly limits: Limits },
  ) {
    this.root = root;
    this.read = read;
    this.readConfig = readConfig;
    this.limits = limits;
    this.wanted = platforms.map((text) => ({ text, platform: parsePlatform(text) }));
  }

  /** Looks at one manifest or index and all below it. */
  async visit(entry: Candidate, way: Way): Promise<void> {
    this.count(entry);
    if (this.recordAttestation(entry, way)) return;
    if (!isIndex(entry.mediaType) && entry.platform !== undefined && !this.isWanted(entry.platform)) {
      this.leftOut.add(formatPlatform(entry.platform));
      return;
    }
    const before = this.seen.get(entry.digest);
    if (before !== undefined) return this.revisit(entry, before, way);
    if (!isIndex(entry.mediaType)) return this.visitManifest(entry, way);
    this.seen.set(entry.digest, { entry });
    await this.visitIndex(entry, way);
  }

  result(): Resolved {
    if (this.images.length === 0 && this.leftOut.size === 0) throw this.noImage();
    for (const { text, platform } of this.wanted) {
      if (!this.images.some((image) => couldChoose(platform, image.platform))) throw this.noPlatform(text);
    }
    if (this.images.length === 0) throw this.noImage();
    return {
      subject: bareDescriptor(this.root),
      images: this.images,
      leftOut: [...this.leftOut],
      embedded: [...this.embedded.values()],
    };
  }

  private async visitIndex(entry: Candidate, { parents, documents }: Way): Promise<void> {
    if (parents.length > this.limits.indexDepth) throw this.tooDeep(entry);
    const index = readIndex(await this.readDocument(entry), entry, this.limits);
    const path = [...parents, bareDescriptor(entry)];
    for (const [at, line] of index.entries.entries())
      await this.visit(line, { parents: path, documents: [...documents, ...written(index, at)] });
  }

  private async visitManifest(entry: Candidate, way: Way): Promise<void> {
    const manifest = readManifest(await this.readDocument(entry), entry, this.limits);
    if (isArtifact(manifest)) {
      this.seen.set(entry.digest, { entry, artifact: manifest });
      if (way.parents.length > 0) requirePassable(entry, manifest);
      this.artifacts.push(manifest.artifactType ?? manifest.config.mediaType);
      if (way.parents.length > 0) this.record(entry, manifest.subject?.digest, way);
      return;
    }
    if (!hasImageConfig(manifest)) throw notAnImageConfig(manifest, entry);
    const json = await this.readConfigJson(manifest.config);
    const config = imageConfigOf(json, manifest.config);
    const documents: ForeignDocument[] = [
      { name: 'config', json },
      { name: 'manifest', json: manifest.json },
      ...way.documents,
    ];
    const image = makeImage(entry, { parents: way.parents, documents }, manifest, config);
    this.seen.set(entry.digest, { entry, image, documents });
    requireAgreement(entry, image);
    this.images.push(image);
  }

  // The same content under two lines is judged once, but both lines must tell the truth about it.
  private revisit(entry: Candidate, { entry: first, artifact, image, documents }: Seen, way: Way): void {
    if (entry.mediaType !== first.mediaType || entry.size !== first.size)
      throw new PratiqueError('MANIFEST_INVALID', {
        what: 'an index describes the same manifest in two ways',
        where: entry.digest,
        why: 'media type or size differ between two lines',
      });
    if (artifact !== undefined) requirePassable(entry, artifact);
    if (image !== undefined) requireAgreement(entry, image);
    const known = new Set(documents?.map(({ json }) => json));
    documents?.push(...way.documents.filter(({ json }) => !known.has(json)));
  }

  private async readDocument(entry: Descriptor): Promise<Uint8Array> {
    requireSize(entry, this.limits.manifestBytes, 'manifest', 'manifest-bytes');
    return this.read(bareDescriptor(entry));
  }

  private async readConfigJson(what: Descriptor) {
    requireSize(what, this.limits.configBytes, 'configuration', 'config-bytes');
    return readConfigJson(await this.readConfig(what), what, this.limits);
  }

  private isWanted(platform: Platform): boolean {
    return this.wanted.length === 0 || this.wanted.some((want) => couldChoose(want.platform, platform));
  }

  private recordAttestation(entry: Candidate, way: Way): boolean {
    const about = attestedBy(entry);
    if (about === undefined) return false;
    this.record(entry, isDigest(about) ? about : undefined, way);
    return true;
  }

  private record(entry: Descriptor, about: Digest | undefined, { documents }: Way): void {
    const manifest = bareDescriptor(entry);
    const key = `${entry.digest} ${about}`; // listed for two images, it counts for both
    const lines = [...(this.embedded.get(key)?.lines ?? []), documents.at(-1)?.json ?? null];
    this.embedded.set(key, { manifest, lines, ...(about === undefined ? {} : { about }) });
  }

  private count(entry: Candidate): void {
    this.lines += 1;
    if (this.lines <= this.limits.manifests) return;
    throw new PratiqueError('LIMIT_EXCEEDED', {
      what: `the name leads to more than ${this.limits.manifests} manifests`,
      where: entry.digest,
      next: 'raise limits.manifests in the policy if this is meant',
    });
  }

  private tooDeep(entry: Candidate): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `indexes are nested more than ${this.limits.indexDepth} levels deep`,
      where: entry.digest,
      next: 'raise limits.index-depth in the policy if this is meant',
    });
  }

  private noImage(): PratiqueError {
    const [type] = this.artifacts;
    return new PratiqueError('NO_IMAGE', {
      what: 'the name stands for nothing that could run',
      where: this.root.digest,
      why:
        type === undefined
          ? 'the index lists no image'
          : `it is an artifact of type ${quoted(type)}, not an image`,
    });
  }

  private noPlatform(text: string): PratiqueError {
    const there = [...new Set([...this.images.map((i) => formatPlatform(i.platform)), ...this.leftOut])];
    return new PratiqueError('PLATFORM_NOT_FOUND', {
      what: `there is no image for ${quoted(text)}`,
      where: this.root.digest,
      why: there.length === 0 ? 'there is none at all' : printable(`there is ${there.join(', ')}`),
    });
  }
}

function written({ rest, lines }: IndexDocument, at: number): readonly ForeignDocument[] {
  const line: ForeignJson = lines[at] ?? null;
  return [
    { name: 'index', json: rest },
    { name: 'index', json: line },
  ];
}

// A line that says arm64 over an amd64 image: some runtimes go by the line, some by the configuration.
function requireAgreement({ platform, digest }: Candidate, { config }: Image): void {
  if (platform === undefined || agree(platform, config)) return;
  throw new PratiqueError('MANIFEST_INVALID', {
    what: 'an index and the image that it lists name different platforms',
    where: digest,
    why: printable(`the index says ${formatPlatform(platform)}, the image ${formatPlatform(config)}`),
    next: 'build the image again for the platform under which it is listed, or leave that platform out with --platform',
  });
}

// A node of that platform may take the line, and an older one may even run what it leads to.
function requirePassable(entry: Candidate, manifest: Manifest): void {
  if (mayPassOver(entry, manifest)) return;
  const platform = entry.platform === undefined ? 'no platform' : formatPlatform(entry.platform);
  throw new PratiqueError('MEDIA_TYPE_UNKNOWN', {
    what: printable(`the index lists an artifact under ${platform}, where a node could choose it`),
    where: entry.digest,
    why: `its configuration is of type ${quoted(manifest.config.mediaType)}; some runtimes would run it and some would not`,
    next: 'list it under the platform unknown/unknown, or leave its platform out with --platform',
  });
}

function notAnImageConfig({ config }: Manifest, entry: Descriptor): PratiqueError {
  return new PratiqueError('MEDIA_TYPE_UNKNOWN', {
    what: `the manifest has layers of a filesystem, but its configuration is of type ${quoted(config.mediaType)}`,
    where: entry.digest,
    why: 'some runtimes would run it and some would not',
  });
}

function requireSize({ size, digest }: Descriptor, limit: number, kind: string, setting: string): void {
  if (size <= limit) return;
  throw new PratiqueError('LIMIT_EXCEEDED', {
    what: `the ${kind} has ${size} bytes, more than ${limit}`,
    where: digest,
    next: `raise limits.${setting} in the policy if this is meant`,
  });
}
