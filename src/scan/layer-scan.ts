import type { PratiqueError } from '../errors.ts';
import type { LayerEntry } from '../model/filesystem/layer-entry.ts';
import type { KeptFiles } from './kept-files.ts';
import type { LayerPackages } from './packages/file-recorder.ts';
import type { Hit } from './rule.ts';

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
  /** contents of the few files that checks read */
  readonly kept: KeptFiles;
  /** why not all that YARA rules would find is among the hits; such a scan is not kept */
  readonly yaraFault?: PratiqueError;
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

/** Stands for a path where bytes lie in no file: in the headers, records and padding of the tar or its compression. */
export const OUTSIDE = '(outside any file)';

/** In the order of the layer; what lies in no file comes last. */
export function inOrder(hits: readonly LayerHit[]): readonly LayerHit[] {
  const order = (ordinal: number) => (ordinal < 0 ? Number.POSITIVE_INFINITY : ordinal);
  return hits.toSorted((a, b) => order(a.ordinal) - order(b.ordinal) || 0);
}
