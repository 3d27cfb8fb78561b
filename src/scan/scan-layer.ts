import { createHash, type Hash } from 'node:crypto';
import { readLayer } from '../io/layer.ts';
import type { Limits } from '../io/limits.ts';
import type { TarEntry, TarSink } from '../io/tar/tar.ts';
import type { LayerEntry } from '../model/filesystem/layer-entry.ts';
import type { Layer } from '../model/image.ts';
import { redactSecrets } from './redact.ts';
import type { ContentScanner, Hit } from './rule.ts';

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

/** Stands for a path where bytes lie in no file: behind the end of the tar, or in its padding. */
export const OUTSIDE = '(outside any file)';

const ZEROS = new Uint8Array(64 * 1024);

/**
 * Reads a layer once and scans all that is in it: contents, names, link targets, extended attributes, and the
 * bytes between files. Files that a later layer deletes are scanned like any other.
 * @param blob verified against `layer.blob` by whoever gives it
 * @param onBytes told of each part of the blob as it is read, in bytes
 * @param hashFiles whether entries carry the sha256 of their content
 * @throws {PratiqueError} whatever `readLayer` throws; nothing that was found before counts then
 */
export async function scanLayer(
  blob: AsyncIterable<Uint8Array>,
  layer: Layer,
  scanner: ContentScanner,
  limits: Limits,
  onBytes: (bytes: number) => void = () => {},
  hashFiles = false,
): Promise<LayerScan> {
  const sink = new ScanSink(scanner, hashFiles);
  const where = `layer ${layer.index}, ${layer.blob.digest}`;
  try {
    const bytes = await readLayer(tellOf(blob, onBytes), layer, sink, limits, where);
    return sink.finish(bytes);
  } finally {
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
  private open:
    | { readonly entry: LayerEntry; readonly path: string; readonly hash: Hash | undefined }
    | undefined;
  private readonly scanner: ContentScanner;
  /** for names, which are looked at while nothing else is open */
  private readonly names: ContentScanner;
  private outsider: ContentScanner | undefined;
  private readonly hashFiles: boolean;

  constructor(scanner: ContentScanner, hashFiles: boolean) {
    this.scanner = scanner;
    this.names = scanner.fork?.() ?? scanner;
    this.hashFiles = hashFiles;
  }

  entry(entry: TarEntry): void {
    const { xattrs, anomalies: _anomalies, ...plain } = entry;
    const path = this.scanNames(plain, xattrs);
    this.entries.push(plain);
    if (plain.type !== 'file') return;
    this.files++;
    this.scanner.begin({ path: plain.path, size: plain.size });
    this.open = { entry: plain, path, hash: this.hashFiles ? createHash('sha256') : undefined };
  }

  data(bytes: Uint8Array): void {
    if (this.open === undefined) return;
    this.contentBytes += bytes.length;
    this.open.hash?.update(bytes);
    this.scanner.write(bytes);
  }

  hole(length: number): void {
    if (this.open === undefined) return;
    const { hash } = this.open;
    this.contentBytes += length;
    if (hash !== undefined) inZeros(length, (part) => hash.update(part));
    if (this.scanner.hole !== undefined) this.scanner.hole(length);
    else inZeros(length, (part) => this.scanner.write(part));
  }

  end(): void {
    if (this.open === undefined) return;
    const { entry, path, hash } = this.open;
    this.open = undefined;
    const ordinal = this.entries.length - 1;
    if (hash !== undefined) this.entries[ordinal] = { ...entry, sha256: hash.digest('hex') };
    for (const hit of this.scanner.end()) this.hits.push({ path, ordinal, hit });
  }

  outside(bytes: Uint8Array): void {
    if (this.outsider === undefined) {
      this.outsider = this.scanner.fork?.() ?? this.scanner;
      this.outsider.begin({ path: OUTSIDE });
    }
    this.outsider.write(bytes);
  }

  finish(bytes: { readonly compressedBytes: number; readonly expandedBytes: number }): LayerScan {
    for (const hit of this.outsider?.end() ?? []) this.hits.push({ path: OUTSIDE, ordinal: -1, hit });
    this.outsider = undefined;
    const { files, contentBytes } = this;
    return { entries: this.entries, hits: this.hits, counts: { files, ...bytes, contentBytes } };
  }

  /** Leaves the scanner ready for the next layer, whatever became of this one. */
  close(): void {
    if (this.open !== undefined) this.scanner.end();
    this.outsider?.end();
    this.open = undefined;
    this.outsider = undefined;
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
    for (const hit of [...inName, ...inLink, ...inXattrs]) this.hits.push({ path, ordinal, hit });
    return path;
  }

  private scanName(bytes: Uint8Array, part: string): readonly Hit[] {
    if (bytes.length === 0) return [];
    this.names.begin({ field: part });
    this.names.write(bytes);
    const hits = this.names.end().filter(({ check }) => check === 'secrets');
    return hits.map((hit) => ({ ...hit, args: { ...hit.args, part } }));
  }
}

function inZeros(length: number, take: (part: Uint8Array) => void): void {
  for (let left = length; left > 0; left -= ZEROS.length) take(ZEROS.subarray(0, left));
}
