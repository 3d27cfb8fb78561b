import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import { type Descriptor, formatPlatform, type Platform } from '../model/descriptor.ts';
import { type Digest, isDigest } from '../model/digest.ts';
import type { EmbeddedAttestation, Image, ImageConfig, Layer, Resolved } from '../model/image.ts';
import type { ResolveOptions } from '../model/image-source.ts';
import { isIndex } from '../model/media-type.ts';
import { printable, quoted } from '../model/printable.ts';
import { attestedBy, isArtifact } from './documents/artifact.ts';
import { readImageConfig } from './documents/config.ts';
import { type IndexEntry, readIndex } from './documents/index-document.ts';
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
  await walk.visit(root, []);
  return walk.result();
}

/** A line of an index, or the root, which has no line. */
type Candidate = IndexEntry;

class Walk {
  private readonly root: Descriptor;
  private readonly read: Read;
  private readonly readConfig: Read;
  private readonly limits: Limits;
  private readonly wanted: readonly { readonly text: string; readonly platform: Platform }[];
  /** by digest; an index maps to nothing */
  private readonly seen = new Map<Digest, { readonly entry: Descriptor; readonly image?: Image }>();
  private readonly images: Image[] = [];
  private readonly embedded = new Map<Digest, EmbeddedAttestation>();
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
  async visit(entry: Candidate, parents: readonly Descriptor[]): Promise<void> {
    this.count(entry);
    if (this.recordAttestation(entry)) return;
    if (!isIndex(entry.mediaType) && entry.platform !== undefined && !this.isWanted(entry.platform)) {
      this.leftOut.add(formatPlatform(entry.platform));
      return;
    }
    const before = this.seen.get(entry.digest);
    if (before !== undefined) return this.revisit(entry, before);
    if (!isIndex(entry.mediaType)) return this.visitManifest(entry, parents);
    this.seen.set(entry.digest, { entry });
    await this.visitIndex(entry, parents);
  }

  result(): Resolved {
    for (const { text, platform } of this.wanted) {
      if (!this.images.some((image) => couldChoose(platform, image.platform))) throw this.noPlatform(text);
    }
    if (this.images.length === 0) throw this.noImage();
    return {
      subject: bare(this.root),
      images: this.images,
      leftOut: [...this.leftOut],
      embedded: [...this.embedded.values()],
    };
  }

  private async visitIndex(entry: Candidate, parents: readonly Descriptor[]): Promise<void> {
    if (parents.length > this.limits.indexDepth) throw this.tooDeep(entry);
    const index = readIndex(await this.readDocument(entry), entry, this.limits);
    const path = [...parents, bare(entry)];
    for (const line of index.entries) await this.visit(line, path);
  }

  private async visitManifest(entry: Candidate, parents: readonly Descriptor[]): Promise<void> {
    const manifest = readManifest(await this.readDocument(entry), entry, this.limits);
    if (isArtifact(manifest)) {
      this.seen.set(entry.digest, { entry });
      this.artifacts.push(manifest.artifactType ?? manifest.config.mediaType);
      if (parents.length > 0) this.record(entry, manifest.subject?.digest);
      return;
    }
    if (!hasImageConfig(manifest)) throw notAnImageConfig(manifest, entry);
    const config = await this.readImageConfig(manifest.config);
    const image = makeImage(entry, parents, manifest, config);
    this.seen.set(entry.digest, { entry, image });
    requireAgreement(entry, image);
    this.images.push(image);
  }

  // The same content under two lines is judged once, but both lines must tell the truth about it.
  private revisit(entry: Candidate, { entry: first, image }: { entry: Descriptor; image?: Image }): void {
    if (entry.mediaType !== first.mediaType || entry.size !== first.size)
      throw new PratiqueError('MANIFEST_INVALID', {
        what: 'an index describes the same manifest in two ways',
        where: entry.digest,
        why: 'media type or size differ between two lines',
      });
    if (image !== undefined) requireAgreement(entry, image);
  }

  private async readDocument(entry: Descriptor): Promise<Uint8Array> {
    requireSize(entry, this.limits.manifestBytes, 'manifest', 'manifest-bytes');
    return this.read(bare(entry));
  }

  private async readImageConfig(what: Descriptor): Promise<ImageConfig> {
    requireSize(what, this.limits.configBytes, 'configuration', 'config-bytes');
    return readImageConfig(await this.readConfig(what), what, this.limits);
  }

  private isWanted(platform: Platform): boolean {
    return this.wanted.length === 0 || this.wanted.some((want) => couldChoose(want.platform, platform));
  }

  private recordAttestation(entry: Candidate): boolean {
    const about = attestedBy(entry);
    if (about === undefined) return false;
    this.record(entry, isDigest(about) ? about : undefined);
    return true;
  }

  private record(entry: Descriptor, about: Digest | undefined): void {
    const manifest = bare(entry);
    this.embedded.set(entry.digest, { manifest, ...(about === undefined ? {} : { about }) });
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

function makeImage(
  entry: Candidate,
  parents: readonly Descriptor[],
  manifest: Manifest,
  config: ImageConfig,
): Image {
  return {
    manifest: bare(entry),
    platform: platformOf(config, entry.platform),
    config,
    configDescriptor: manifest.config,
    layers: makeLayers(manifest, config),
    parents,
    annotations: manifest.annotations,
  };
}

function platformOf(config: ImageConfig, line: Platform | undefined): Platform {
  const variant = config.variant ?? line?.variant;
  const osVersion = line?.osVersion;
  return {
    os: config.os || (line?.os ?? ''),
    architecture: config.architecture || (line?.architecture ?? ''),
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { osVersion }),
  };
}

/** Pairs layers with the diffIDs and build steps of the configuration; too few or too many are refused. */
function makeLayers({ layers, config: descriptor }: Manifest, config: ImageConfig): readonly Layer[] {
  if (layers.length !== config.diffIds.length)
    throw new PratiqueError('CONFIG_INVALID', {
      what: `the manifest has ${layers.length} layers, its configuration describes ${config.diffIds.length}`,
      where: `configuration ${descriptor.digest}`,
      why: 'runtimes disagree about what such an image holds',
    });
  const steps = config.history.filter((line) => !line.emptyLayer);
  const told = steps.length === layers.length;
  return config.diffIds.flatMap((diffId, index) => {
    const blob = layers[index];
    const createdBy = told ? steps[index]?.createdBy : undefined;
    return blob === undefined ? [] : [{ index, blob, diffId, ...(createdBy ? { createdBy } : {}) }];
  });
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

/** The descriptor alone, without the platform of the line it stood on. */
function bare({ mediaType, digest, size, artifactType, annotations }: Descriptor): Descriptor {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
