import type { Limits } from '../io/limits.ts';
import { type BaseMatch, originOf } from '../model/base.ts';
import { formatPlatform } from '../model/descriptor.ts';
import { MergedFilesystem } from '../model/filesystem/filesystem.ts';
import type { Location, Visibility } from '../model/finding.ts';
import type { AttestationDocument, Image, Layer } from '../model/image.ts';
import type { StoredBlob } from '../model/image-source.ts';
import { quoted } from '../model/printable.ts';
import type { ScanCounts } from '../model/verdict.ts';
import { type LayerCache, recallLayers, tellOfEarlier } from './cache/layer-cache.ts';
import { LayerClaims } from './cache/layer-claims.ts';
import type { CustomRules } from './custom/custom-rules.ts';
import { HitBudget } from './hit-budget.ts';
import { ImageFiles } from './image-files.ts';
import type { ImageScan, LocatedHit } from './image-scan.ts';
import { createImageScanner } from './image-scanner.ts';
import { layerKey, scanTerms } from './layer-key.ts';
import { recallLayer, rememberLayer } from './layer-memo.ts';
import type { LayerScan } from './layer-scan.ts';
import { askPackages, type Vouchers } from './packages/vouch.ts';
import { redactSecrets } from './redact.ts';
import { rekeyHits } from './rekey.ts';
import type { ContentScanner } from './rule.ts';
import { scanAttestations } from './scan-attestation.ts';
import { type ConfigHit, scanConfig } from './scan-config.ts';
import { scanLayer } from './scan-layer.ts';
import type { LayerSource } from './threads/layer-thread.ts';
import { type LayerThreads, startLayerThreads } from './threads/layer-threads.ts';
import type { YaraRules } from './yara/yara-rules.ts';
import { YaraThread } from './yara/yara-thread.ts';

/** How far the read of an image's layers has come. */
export interface ScanProgress {
  /** layers that have been begun */
  readonly layer: number;
  readonly layers: number;
  /** bytes of layer blobs read so far; those of layers that were known before count as read */
  readonly doneBytes: number;
  /** bytes of all layer blobs */
  readonly totalBytes: number;
}

export interface ScanOptions {
  readonly limits: Limits;
  /** what was found in layers before, kept between images; its keys are made here */
  readonly memo?: Map<string, LayerScan>;
  /** what was found in layers by earlier processes; not asked where there is a `scanner` */
  readonly cache?: LayerCache;
  readonly onProgress?: (progress: ScanProgress) => void;
  /** whether the filesystem carries the sha256 of each file */
  readonly hashFiles?: boolean;
  /** with the built-in rules where absent; a memo must not be shared between scanners that are given here */
  readonly scanner?: ContentScanner;
  /** the policy's own rules, beside the built-in ones; not asked where there is a `scanner` */
  readonly custom?: CustomRules;
  /** the policy's YARA rules */
  readonly yara?: YaraRules;
  /** whether nobody waits any more: what is under way ends at its next step */
  readonly isOver?: () => boolean;
  /** what fingerprints of secrets are made with, so that nobody else can make them */
  readonly fingerprintKey?: string;
  /** the base that the image stands on, for whose each layer is; absent where none is known */
  readonly base?: BaseMatch;
  /** where a layer's blob lies in a file of this machine, for a thread that reads and verifies it itself */
  readonly stored?: (layer: Layer) => Promise<StoredBlob | undefined>;
  /** threads that read layers; absent: as many as are worth it */
  readonly threads?: number;
  /** what the builder attests of the image, read as it is asked for */
  readonly attestations?: AsyncIterable<AttestationDocument>;
}

/** What was found in an image, and the filesystem that its layers make. */
export interface ScannedImage {
  readonly scan: ImageScan;
  readonly filesystem: MergedFilesystem;
}

/**
 * Reads every layer of an image once, and its configuration. A layer that occurs twice, or occurred in an image
 * before, is not read again.
 * @param blob opens a layer's blob, verified while it is read
 * @throws {PratiqueError} what reading throws, and `FILESYSTEM_AMBIGUOUS`: nothing was decided then
 */
export async function scanImage(
  image: Image,
  blob: (layer: Layer) => AsyncIterable<Uint8Array>,
  options: ScanOptions,
): Promise<ScannedImage> {
  const { limits, isOver } = options;
  const scanner = options.scanner ?? createImageScanner(options.custom, limits);
  const budget = new HitBudget(limits.hitsPerImage, `image ${image.manifest.digest}`);
  const filesystem = new MergedFilesystem();
  const scans: LayerScan[] = [];
  for await (const { layer, scan } of readLayers(image, blob, scanner, options)) {
    budget.spend(scan.hits.length);
    filesystem.addLayer(layer.index, scan.entries);
    scans.push(scan);
  }
  const yaraFault = scans.find((scan) => scan.yaraFault !== undefined)?.yaraFault;
  const read = scans.map(({ packages }, at) => ({ layer: image.layers[at]?.index ?? at, packages }));
  const vouchers = askPackages(read, filesystem, limits.packageBytes);
  const configHits = locateFields(image, scanConfig(image, scanner));
  budget.spend(configHits.length);
  const attested = await scanAttestations(options.attestations, scanner, { limits, budget, isOver });
  const documentHits = [...configHits, ...locateFields(image, attested)];
  const hits = [
    ...rekeyHits(documentHits, options.fingerprintKey),
    ...locateLayerHits(image, scans, filesystem, { ...options, scanner, vouchers }),
  ];
  const files = filesOf(image, scans, filesystem, { ...options, scanner, vouchers });
  const notes = [
    ...notesOf(vouchers),
    ...tellOfEarlier(options.cache, formatPlatform(image.platform), scans),
  ];
  const scan = { image, files, hits, counts: sumUp(scans), notes, ...(yaraFault && { yaraFault }) };
  return { scan, filesystem };
}

/** Reads the layers, or knows them, and gives them lowest first. */
async function* readLayers(
  image: Image,
  blob: (layer: Layer) => AsyncIterable<Uint8Array>,
  scanner: ContentScanner,
  options: ScanOptions,
): AsyncGenerator<{ readonly layer: Layer; readonly scan: LayerScan }> {
  const { limits, memo = new Map<string, LayerScan>(), hashFiles = false, isOver, fingerprintKey } = options;
  const cache = options.scanner === undefined ? options.cache : undefined;
  const terms = scanTerms(options);
  const progress = followProgress(image, options.onProgress);
  const cached = await recallLayers(cache, image.layers, terms, memo);
  const claims = new LayerClaims(cache, isOver);
  const mine = await claims.takeAll(unknownLayers(image, terms, [memo, cached]));
  const threads = startThreads(
    mine,
    { blob, ...(options.stored && { stored: options.stored }) },
    progress,
    options,
  );
  const yara = options.yara && new YaraThread(options.yara, limits, isOver);
  const readHere = (layer: Layer) => {
    progress.begin(layer);
    const onBytes = (bytes: number) => progress.add(layer, bytes);
    const asked = { onBytes, hashFiles, ...(isOver && { isOver }), ...(yara && { yara }) };
    return scanLayer(blob(layer), layer, scanner, limits, asked);
  };
  const keeping: Promise<void>[] = [];
  const keep = async (key: string, reading: Promise<LayerScan>): Promise<LayerScan> => {
    const scan = rekeyed(await reading, fingerprintKey);
    if (cache !== undefined) keeping.push(cache.keep(key, scan).then(() => claims.release(key)));
    return scan;
  };
  const inThreads = new Map<string, Promise<LayerScan>>();
  for (const key of mine.keys()) {
    const reading = threads?.result(key);
    if (reading !== undefined) inThreads.set(key, keep(key, reading));
  }
  for (const one of inThreads.values()) one.catch(() => {}); // told in its turn
  if (threads === undefined) await claims.releaseAll(); // one at a time, each in its turn
  try {
    for (const layer of image.layers) {
      const key = layerKey(layer, terms);
      const known = recallLayer(memo, key) ?? cached.get(key);
      const elsewhere = async () => inThreads.get(key) ?? claims.wait(key, layer.blob.size);
      const scan = known ?? (await elsewhere()) ?? (await keep(key, readHere(layer)));
      if (scan.yaraFault === undefined && !memo.has(key)) rememberLayer(memo, key, scan);
      progress.end(layer);
      yield { layer, scan };
    }
  } finally {
    threads?.close();
    yara?.close();
    await Promise.all(keeping); // what was read is kept, whatever became of a layer above it
    await claims.close();
  }
}

/** Begins to read what is not known in threads, where that can be: a scanner of somebody else cannot be sent there. */
function startThreads(
  unknown: ReadonlyMap<string, Layer>,
  source: LayerSource,
  progress: ProgressFollower,
  { limits, hashFiles = false, custom, yara, scanner, threads, isOver }: ScanOptions,
): LayerThreads | undefined {
  // The engine for YARA rules is one thread already, and learns of each layer in its turn.
  if (scanner !== undefined || yara !== undefined) return undefined;
  return startLayerThreads(unknown, source, {
    limits,
    hashFiles,
    onBegin: progress.begin,
    onBytes: progress.add,
    ...(custom && { custom }),
    ...(threads !== undefined && { threads }),
    ...(isOver && { isOver }),
  });
}

function unknownLayers(
  { layers }: Image,
  terms: string,
  known: readonly ReadonlyMap<string, unknown>[],
): ReadonlyMap<string, Layer> {
  const unknown = new Map(layers.map((layer) => [layerKey(layer, terms), layer] as const).reverse());
  for (const key of known.flatMap((some) => [...some.keys()])) unknown.delete(key);
  return unknown;
}

interface ProgressFollower {
  begin(this: void, layer: Layer): void;
  add(this: void, layer: Layer, bytes: number): void;
  end(this: void, layer: Layer): void;
}

/** Layers may be read side by side: each counts by itself. */
function followProgress(image: Image, onProgress: ScanOptions['onProgress']): ProgressFollower {
  const layers = image.layers.length;
  const totalBytes = image.layers.reduce((sum, layer) => sum + layer.blob.size, 0);
  const begun = new Map<Layer, number>();
  let doneBytes = 0;
  const reach = (layer: Layer, bytes: number) => {
    doneBytes += bytes - (begun.get(layer) ?? 0);
    begun.set(layer, bytes);
    onProgress?.({ layer: begun.size, layers, doneBytes, totalBytes });
  };
  return {
    begin: (layer) => reach(layer, 0),
    add: (layer, bytes) => reach(layer, (begun.get(layer) ?? 0) + bytes),
    end: (layer) => reach(layer, layer.blob.size),
  };
}

function locateFields(image: Image, hits: readonly ConfigHit[]): readonly LocatedHit[] {
  return hits.map(({ field, hit }) => ({ hit, where: { ...placeOf(image), field } }));
}

/** What is told of a hit beside where it is. */
interface Told {
  readonly scanner: ContentScanner;
  readonly vouchers: Vouchers;
  readonly base?: BaseMatch;
}

function locateLayerHits(
  image: Image,
  scans: readonly LayerScan[],
  filesystem: MergedFilesystem,
  { scanner, vouchers, base }: Told,
): readonly LocatedHit[] {
  return image.layers.flatMap((layer, position) => {
    const { hits = [], entries = [] } = scans[position] ?? {};
    if (hits.length === 0) return [];
    const place = { ...placeOf(image), layer: describeLayer(layer, scanner, base) };
    return hits.map(({ path, ordinal, hit }) => {
      const entry = entries[ordinal];
      const visibility = entry && filesystem.visibility(layer.index, entry.path, ordinal);
      // A database knows a file's name and its content; a link's target and the attributes it does not.
      const isKnown = hit.args['part'] === undefined || hit.args['part'] === 'file name';
      const owner = isKnown ? vouchers.packageOf(layer.index, ordinal) : undefined;
      const where = {
        ...place,
        path,
        offset: hit.offset,
        ...seenAs(filesystem, layer.index, ordinal, visibility),
      };
      return { hit, where, ...(owner && { package: owner }) };
    });
  });
}

function filesOf(
  image: Image,
  scans: readonly LayerScan[],
  filesystem: MergedFilesystem,
  { scanner, vouchers, base }: Told,
): ImageFiles {
  const clean = (text: string) => (text === '' ? text : redactSecrets(text, scanner));
  const digests = new Map(
    image.layers.map(({ index }, position) => [index, scans[position]?.packages.witnesses]),
  );
  const layers = image.layers.flatMap(({ index }, position) => {
    const scan = scans[position];
    return scan === undefined ? [] : [{ index, entries: scan.entries, kept: scan.kept }];
  });
  return new ImageFiles({
    filesystem,
    layers,
    clean,
    packageOf: vouchers.packageOf,
    digestOf: (layer, ordinal) => digests.get(layer)?.get(ordinal)?.digests.sha256,
    locate: ({ layer, ordinal, path }) => {
      const origin = image.layers.find(({ index }) => index === layer);
      const visibility = ordinal < 0 ? undefined : filesystem.visibility(layer, path, ordinal);
      return {
        ...placeOf(image),
        ...(origin && { layer: describeLayer(origin, scanner, base) }),
        path: clean(path),
        ...seenAs(filesystem, layer, ordinal, visibility),
      };
    },
  });
}

/** What became of a file, and in which layer. */
function seenAs(
  filesystem: MergedFilesystem,
  layer: number,
  ordinal: number,
  visibility: Visibility | undefined,
): Pick<Location, 'visibility' | 'hiddenBy'> {
  if (visibility === undefined) return {};
  const hiddenBy = visibility === 'visible' ? undefined : filesystem.hiddenBy(layer, ordinal);
  return { visibility, ...(hiddenBy !== undefined && { hiddenBy }) };
}

function rekeyed(scan: LayerScan, key: string | undefined): LayerScan {
  return key === undefined ? scan : { ...scan, hits: rekeyHits(scan.hits, key) };
}

function notesOf({ unread }: Vouchers): readonly string[] {
  return unread.map((path) => `the package database ${quoted(path)} is too large and vouches for nothing`);
}

function placeOf(image: Image): Location {
  return { image: image.manifest.digest, platform: formatPlatform(image.platform) };
}

/** The build step is foreign text that may hold a secret itself, in a build argument for one. */
function describeLayer(
  { index, blob, createdBy }: Layer,
  scanner: ContentScanner,
  base: BaseMatch | undefined,
): NonNullable<Location['layer']> {
  const from = originOf(index, base);
  const place = { index, digest: blob.digest, ...(from && { from }) };
  return createdBy === undefined ? place : { ...place, createdBy: redactSecrets(createdBy, scanner) };
}

function sumUp(scans: readonly LayerScan[]): ScanCounts {
  const sum = (field: keyof LayerScan['counts']) =>
    scans.reduce((total, { counts }) => total + counts[field], 0);
  return {
    layers: scans.length,
    files: sum('files'),
    compressedBytes: sum('compressedBytes'),
    expandedBytes: sum('expandedBytes'),
    contentBytes: sum('contentBytes'),
  };
}
