import { readLayer } from '../io/layer.ts';
import type { Limits } from '../io/limits.ts';
import type { Layer } from '../model/image.ts';
import { HitBudget } from './hit-budget.ts';
import { inOrder, type LayerScan } from './layer-scan.ts';
import { LayerSink } from './layer-sink.ts';
import { FileRecorder } from './packages/file-recorder.ts';
import type { ContentScanner } from './rule.ts';
import { ArchiveWatch } from './unpack/archive-watch.ts';
import { Unpacker } from './unpack/unpacker.ts';
import type { YaraThread } from './yara/yara-thread.ts';
import { type YaraLayerScan, YaraWatch } from './yara/yara-watch.ts';

export interface ScanLayerOptions {
  /** told of each part of the blob as it is read, in bytes */
  readonly onBytes?: (bytes: number) => void;
  /** whether entries carry the sha256 of their content */
  readonly hashFiles?: boolean;
  /** whether nobody waits any more: what is under way ends at its next step */
  readonly isOver?: () => boolean;
  /** runs the policy's YARA rules; absent where it has none */
  readonly yara?: YaraThread;
}

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
  const yara = options.yara && new YaraWatch(options.yara, budget, where);
  const unpacker =
    scanner.fork && new Unpacker(scanner, limits, budget, where, () => isLeft || isOver(), yara);
  const archives = new ArchiveWatch(unpacker);
  const sink = new LayerSink(
    scanner,
    hashFiles,
    new FileRecorder(limits.packageBytes),
    archives,
    budget,
    yara,
  );
  try {
    const bytes = await readLayer(tellOf(blob, onBytes), layer, sink, limits, where);
    return withYara(sink.finish(bytes), await yara?.finish());
  } finally {
    isLeft = true; // an archive that is half read must not be read on behind the back of whoever waits
    sink.close();
  }
}

/** What YARA rules found, behind what was found else in the same file. */
function withYara(scan: LayerScan, yara: YaraLayerScan | undefined): LayerScan {
  if (yara === undefined) return scan;
  const { hits, fault } = yara;
  const all = hits.length === 0 ? scan.hits : inOrder([...scan.hits, ...hits]);
  return { ...scan, hits: all, ...(fault && { yaraFault: fault }) };
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
