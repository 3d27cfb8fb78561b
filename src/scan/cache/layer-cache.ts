import { createHash } from 'node:crypto';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import {
  type CacheFolder,
  dropCached,
  markCached,
  markedAt,
  markOf,
  readCached,
  touchCached,
  trimCached,
  writeCached,
} from '../../io/cache-folder.ts';
import type { Layer } from '../../model/image.ts';
import { layerKey } from '../layer-key.ts';
import type { LayerScan } from '../layer-scan.ts';
import { codeDigest } from './code-digest.ts';
import { formatEntry, parseEntry } from './entry-file.ts';
import { isKeepable } from './keepable.ts';

/** Bytes of all files together; one of a distribution's layers has three megabytes. */
const MOST_BYTES = 2 * 1024 ** 3;
/** Bytes of one file: a layer of a million entries is read again each time. */
const MOST_FILE_BYTES = 128 * 1024 ** 2;
/** Bytes that are written between two looks at how many there are. */
const LOOK_EVERY = 64 * 1024 ** 2;

export interface LayerCacheOptions {
  readonly now: () => Date;
  /** bytes of all files together */
  readonly mostBytes?: number;
}

/**
 * What was found in layers, kept in a folder of this user's for the next process. Any number of processes may share it.
 * Nothing here ever throws: whatever is wrong with a file, its layer is read again, and that is told.
 */
export class LayerCache {
  private readonly folder: CacheFolder;
  private readonly options: LayerCacheOptions;
  private readonly notes = new Set<string>();
  /** when what came from the folder was read */
  private readonly times = new WeakMap<LayerScan, Date>();
  /** whose folder it is has been found wrong, or it cannot be written */
  private isClosed = false;
  /** bytes since somebody looked how many there are */
  private written = Number.POSITIVE_INFINITY;

  constructor(path: string, options: LayerCacheOptions) {
    this.folder = { path, of: 'layers', mostBytes: MOST_FILE_BYTES };
    this.options = options;
  }

  /** @param key all that decides about the layer, beside the program itself */
  async recall(key: string): Promise<LayerScan | undefined> {
    if (this.isClosed) return undefined;
    const name = nameOf(key);
    try {
      const bytes = await readCached(this.folder, name);
      if (bytes === undefined) return undefined;
      const { scan, at } = parseEntry(name, bytes);
      this.times.set(scan, at);
      await touchCached(this.folder, name, this.options.now());
      return scan;
    } catch (thrown) {
      await this.leave(name, thrown);
      return undefined;
    }
  }

  /** Keeps what was found in a layer, unless a secret would stand in it. */
  async keep(key: string, scan: LayerScan): Promise<void> {
    if (this.isClosed || !isKeepable(scan)) return;
    const name = nameOf(key);
    const now = this.options.now();
    const pieces = formatEntry(name, { scan, at: now });
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    if (size > MOST_FILE_BYTES) return;
    try {
      await writeCached(this.folder, name, pieces);
      this.written += size;
      if (this.written < LOOK_EVERY) return;
      this.written = 0;
      await trimCached(this.folder, this.options.mostBytes ?? MOST_BYTES, now);
    } catch (thrown) {
      this.close(thrown);
    }
  }

  /** Says that this process reads a layer. @returns whether nobody else does */
  async claim(key: string): Promise<boolean> {
    return this.isClosed || (await markCached(this.folder, nameOf(key)));
  }

  /** When somebody last said so, in milliseconds; by the clock of the folder. */
  claimedAt(key: string): Promise<number | undefined> {
    return markedAt(this.folder, nameOf(key));
  }

  async touchClaim(key: string): Promise<void> {
    await touchCached(this.folder, markOf(nameOf(key)), this.options.now());
  }

  async release(key: string): Promise<void> {
    await dropCached(this.folder, markOf(nameOf(key)));
  }

  /** When an earlier process read the layer; `undefined` for a scan that is not from the folder. */
  readAt(scan: LayerScan): Date | undefined {
    return this.times.get(scan);
  }

  /** What went wrong since this was asked last; printable. */
  takeNotes(): readonly string[] {
    const notes = [...this.notes];
    this.notes.clear();
    return notes;
  }

  /** A file that is not what was written is removed; it may be somebody's try. */
  private async leave(name: string, thrown: unknown): Promise<void> {
    if (thrown instanceof PratiqueError && thrown.code !== 'LIMIT_EXCEEDED') return this.close(thrown);
    const why = thrown instanceof RangeError ? thrown.message : toPratiqueError(thrown).message;
    this.notes.add(`a file of the cache of layers was removed and its layer read again: ${why}`);
    await dropCached(this.folder, name);
  }

  private close(thrown: unknown): void {
    this.isClosed = true;
    const { problem } = toPratiqueError(thrown);
    this.notes.add(
      [problem.what, problem.where, problem.why].filter((part) => part !== undefined).join(': '),
    );
  }
}

/** What earlier processes found in layers of which nothing is known yet, by the key of each. */
export async function recallLayers(
  cache: LayerCache | undefined,
  layers: readonly Layer[],
  terms: string,
  memo: ReadonlyMap<string, LayerScan>,
): Promise<ReadonlyMap<string, LayerScan>> {
  const known = new Map<string, LayerScan>();
  if (cache === undefined) return known;
  const keys = new Set(layers.map((layer) => layerKey(layer, terms)).filter((key) => !memo.has(key)));
  const recall = async (key: string) => {
    const found = await cache.recall(key);
    if (found !== undefined) known.set(key, found);
  };
  await Promise.all([...keys].map(recall));
  return known;
}

/** A verdict that rests on what another process found says so; and what was wrong with the cache is told with it. */
export function tellOfEarlier(
  cache: LayerCache | undefined,
  platform: string,
  scans: readonly LayerScan[],
): readonly string[] {
  if (cache === undefined) return [];
  const times = scans.map((scan) => cache.readAt(scan)).filter((time) => time !== undefined);
  const oldest = new Date(Math.min(...times.map(Number)));
  const count = `${times.length} of ${scans.length} layers of ${platform}`;
  const told = () =>
    `${count} were read by an earlier run, the oldest at ${oldest.toISOString()}, and not again`;
  return [...(times.length === 0 ? [] : [told()]), ...cache.takeNotes()];
}

function nameOf(key: string): string {
  return createHash('sha256').update(`${codeDigest()} ${key}`).digest('hex');
}
