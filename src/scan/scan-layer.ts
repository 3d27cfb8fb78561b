import { createHash, type Hash } from 'node:crypto';
import { readLayer } from '../io/layer.ts';
import type { Limits } from '../io/limits.ts';
import type { Place } from '../io/outside.ts';
import type { TarEntry, TarSink } from '../io/tar/tar.ts';
import type { LayerEntry } from '../model/filesystem/layer-entry.ts';
import type { Layer } from '../model/image.ts';
import { HitBudget } from './hit-budget.ts';
import { scanName } from './name-scan.ts';
import { FileRecorder, type LayerPackages } from './packages/file-recorder.ts';
import { redactSecrets } from './redact.ts';
import type { ContentScanner, Hit } from './rule.ts';
import { ArchiveWatch } from './unpack/archive-watch.ts';
import { Unpacker } from './unpack/unpacker.ts';

/** A hit in a layer. */
export interface LayerHit {
  /** of the entry, with secrets cut out; `OUTSIDE` for bytes that belong to none. Foreign, not escaped */
  readonly path: string;
  /** position of the entry among `entries`; -1 outside any */
  readonly ordinal: number;
  readonly hit: Hit;
}

/** What one read of a layer brought up. The same for every image that has the layer. */
export interface LayerScan {
  /** in the order of the tar */
  readonly entries: readonly LayerEntry[];
  readonly hits: readonly LayerHit[];
  readonly counts: LayerCounts;
  /** what tells which of the files with hits came with packages */
  readonly packages: LayerPackages;
}

/** What was read of a layer. */
export interface LayerCounts {
  readonly files: number;
  /** bytes of the blob as stored */
  readonly compressedBytes: number;
  /** bytes of the tar */
  readonly expandedBytes: number;
  /** bytes of file contents, holes included */
  readonly contentBytes: number;
}

export interface ScanLayerOptions {
  /** told of each part of the blob as it is read, in bytes */
  readonly onBytes?: (bytes: number) => void;
  /** whether entries carry the sha256 of their content */
  readonly hashFiles?: boolean;
  /** whether nobody waits any more: what is under way ends at its next step */
  readonly isOver?: () => boolean;
}

/** Stands for a path where bytes lie in no file: in the headers, records and padding of the tar or its compression. */
export const OUTSIDE = '(outside any file)';

/** Between two pieces that do not belong together: nothing is found across it, and nothing is hidden by what adjoins. */
const GAP = Buffer.from(`\n${'\0'.repeat(14)}\n`);

const ZEROS = new Uint8Array(64 * 1024);
/** Bytes of a chunk from which on it is worth looking whether it is all zeros. */
const LEAST_ZEROS = 4096;

/**
 * Reads a layer once and scans all that is in it: contents, names, link targets, extended attributes, and
 * every byte that is no file's. Files that a later layer deletes are scanned like any other.
 * @param blob verified against `layer.blob` by whoever gives it
 * @throws {PratiqueError} whatever `readLayer` throws; nothing that was found before counts then
 */
export async function scanLayer(
  blob: AsyncIterable<Uint8Array>,
  layer: Layer,
  scanner: ContentScanner,
  limits: Limits,
  options: ScanLayerOptions = {},
): Promise<LayerScan> {
  const { onBytes = () => {}, hashFiles = false, isOver = () => false } = options;
  let isLeft = false;
  const where = `layer ${layer.index}, ${layer.blob.digest}`;
  const budget = new HitBudget(limits.hitsPerImage, where);
  // What reads nothing cannot be forked, and wants no archive opened.
  const unpacker = scanner.fork && new Unpacker(scanner, limits, budget, where, () => isLeft || isOver());
  const archives = new ArchiveWatch(unpacker);
  const sink = new ScanSink(scanner, hashFiles, new FileRecorder(limits.packageBytes), archives, budget);
  try {
    const bytes = await readLayer(tellOf(blob, onBytes), layer, sink, limits, where);
    return sink.finish(bytes);
  } finally {
    isLeft = true; // an archive that is half read must not be read on behind the back of whoever waits
    sink.close();
  }
}

async function* tellOf(
  blob: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of blob) {
    onBytes(chunk.length);
    yield chunk;
  }
}

class ScanSink implements TarSink {
  private readonly entries: LayerEntry[] = [];
  private readonly hits: LayerHit[] = [];
  private files = 0;
  private contentBytes = 0;
  /** zeros of the open file that the scanner has not been told of */
  private zeros = 0;
  private open:
    | { readonly entry: LayerEntry; readonly path: string; readonly hash: Hash | undefined }
    | undefined;
  private readonly scanner: ContentScanner;
  /** for names, which are looked at while nothing else is open */
  private readonly names: ContentScanner;
  private readonly outsiders = new Map<Place, ContentScanner>();
  private readonly hashFiles: boolean;
  private readonly recorder: FileRecorder;
  private readonly archives: ArchiveWatch;
  private readonly budget: HitBudget;

  constructor(
    scanner: ContentScanner,
    hashFiles: boolean,
    recorder: FileRecorder,
    archives: ArchiveWatch,
    budget: HitBudget,
  ) {
    this.scanner = scanner;
    this.names = scanner.fork?.() ?? scanner;
    this.hashFiles = hashFiles;
    this.recorder = recorder;
    this.archives = archives;
    this.budget = budget;
  }

  entry(entry: TarEntry): void {
    const { xattrs, anomalies: _anomalies, mtime, ...plain } = entry;
    const path = this.scanNames(plain, xattrs);
    this.entries.push(plain);
    if (plain.type !== 'file') return;
    this.files++;
    this.scanner.begin({ path: plain.path, size: plain.size });
    this.recorder.begin({ path: plain.path, size: plain.size, mtime, ordinal: this.entries.length - 1 });
    this.archives.begin(path, this.entries.length - 1);
    this.open = { entry: plain, path, hash: this.hashFiles ? createHash('sha256') : undefined };
  }

  data(bytes: Uint8Array): void {
    if (this.open === undefined) return;
    this.contentBytes += bytes.length;
    this.open.hash?.update(bytes);
    this.recorder.write(bytes);
    this.archives.write(bytes);
    if (bytes.length >= LEAST_ZEROS && isZeros(bytes)) {
      this.zeros += bytes.length;
      return;
    }
    this.passZeros();
    this.scanner.write(bytes);
  }

  hole(length: number): void {
    if (this.open === undefined) return;
    const { hash } = this.open;
    this.contentBytes += length;
    this.recorder.hole();
    this.archives.hole(length);
    if (hash !== undefined) inZeros(length, (part) => hash.update(part));
    this.zeros += length;
  }

  /** Zeros cost nothing but their count, however many calls they come in: a layer of 10 GiB of them takes 10 MB. */
  private passZeros(): void {
    const { zeros, scanner } = this;
    this.zeros = 0;
    if (zeros === 0) return;
    if (scanner.hole !== undefined) scanner.hole(zeros);
    else inZeros(zeros, (part) => scanner.write(part));
  }

  end(): void {
    if (this.open === undefined) return;
    const { entry, path, hash } = this.open;
    this.open = undefined;
    const ordinal = this.entries.length - 1;
    if (hash !== undefined) this.entries[ordinal] = { ...entry, sha256: hash.digest('hex') };
    this.passZeros();
    const hits = this.scanner.end();
    this.archives.end();
    const isNamed = path !== entry.path; // something was cut out of it
    this.recorder.end(hits.length > 0 || this.archives.isArchive || isNamed);
    this.tell(path, ordinal, hits);
  }

  settle(): Promise<void> | undefined {
    return this.archives.settle();
  }

  outside(bytes: Uint8Array, place: Place, isFirst: boolean): void {
    const known = this.outsiders.get(place);
    const outsider = known ?? this.scanner.fork?.() ?? this.scanner;
    if (known === undefined) {
      this.outsiders.set(place, outsider);
      outsider.begin({ path: OUTSIDE });
    } else if (isFirst) outsider.write(GAP);
    outsider.write(bytes);
  }

  finish(bytes: { readonly compressedBytes: number; readonly expandedBytes: number }): LayerScan {
    this.finishOutside();
    const { files, contentBytes } = this;
    const counts = { files, ...bytes, contentBytes };
    return { entries: this.entries, hits: this.allHits(), counts, packages: this.recorder.finish() };
  }

  /** Leaves the scanner ready for the next layer, whatever became of this one. */
  close(): void {
    this.archives.close();
    if (this.open !== undefined) this.scanner.end();
    this.zeros = 0;
    for (const outsider of this.outsiders.values()) outsider.end();
    this.open = undefined;
    this.outsiders.clear();
  }

  private finishOutside(): void {
    const told = new Set(this.hits.filter(({ hit }) => 'part' in hit.args).map(({ hit }) => hit.fingerprint));
    for (const [place, outsider] of this.outsiders) {
      this.outsiders.delete(place);
      for (const hit of outsider.end()) {
        // Names and attributes lie in headers and records, and have been told of with their entry. Of the rest that
        // is gathered from many entries, only secrets count: names of many miners make no miner.
        const isPooled = place !== 'behind the end' && place !== 'skippable zstd frame';
        if (isPooled && (hit.check !== 'secrets' || told.has(hit.fingerprint))) continue;
        this.tell(OUTSIDE, -1, [{ ...hit, args: { ...hit.args, part: place } }]);
      }
    }
  }

  private tell(path: string, ordinal: number, hits: readonly Hit[]): void {
    this.budget.spend(hits.length);
    for (const hit of hits) this.hits.push({ path, ordinal, hit });
  }

  /** Those in archives behind those in the file itself; what was found in both is told once, where it lies deepest. */
  private allHits(): readonly LayerHit[] {
    const inner = this.archives.finish();
    if (inner.length === 0) return this.hits;
    const own = this.hits.filter(
      ({ ordinal, hit }) => 'part' in hit.args || this.archives.tellsMore(ordinal, hit),
    );
    const order = (ordinal: number) => (ordinal < 0 ? Number.POSITIVE_INFINITY : ordinal);
    return [...own, ...inner].sort((a, b) => order(a.ordinal) - order(b.ordinal) || 0);
  }

  /** Scans what names an entry; tells its path with secrets cut out. */
  private scanNames(entry: LayerEntry, xattrs: TarEntry['xattrs']): string {
    const inName = this.scanName(Buffer.from(entry.path), 'file name');
    const path = inName.length === 0 ? entry.path : redactSecrets(entry.path, this.names);
    const inLink = entry.linkPath === '' ? [] : this.scanName(Buffer.from(entry.linkPath), 'link target');
    const inXattrs = [...xattrs].flatMap(([key, value]) => [
      ...this.scanName(Buffer.from(key), 'name of an extended attribute'),
      ...this.scanName(value, `extended attribute ${redactSecrets(key, this.names)}`),
    ]);
    const ordinal = this.entries.length;
    this.tell(path, ordinal, [...inName, ...inLink, ...inXattrs]);
    return path;
  }

  private scanName(bytes: Uint8Array, part: string): readonly Hit[] {
    return scanName(bytes, part, this.names);
  }
}

/** Whether all bytes are zero: the first is, and each is equal to the one before. */
function isZeros(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0 || bytes.at(-1) !== 0) return false;
  return Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
}

function inZeros(length: number, take: (part: Uint8Array) => void): void {
  for (let left = length; left > 0; left -= ZEROS.length) take(ZEROS.subarray(0, left));
}
