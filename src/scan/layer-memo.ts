import type { LayerScan } from './layer-scan.ts';

/** Layers that are kept, and entries and hits of all of them together. */
const MOST_LAYERS = 1000;
const MOST_KEPT = 500_000;
/** What one entry or hit takes; databases of packages and kept files, which are bytes, count as so many of them. */
const BYTES_EACH = 512;

/** What is known of a layer; it counts as used now. */
export function recallLayer(memo: Map<string, LayerScan>, key: string): LayerScan | undefined {
  const known = memo.get(key);
  if (known === undefined) return undefined;
  memo.delete(key);
  memo.set(key, known);
  return known;
}

/** Keeps what was found in a layer, and lets go of what was not used for longest. A layer too large for that is not kept. */
export function rememberLayer(memo: Map<string, LayerScan>, key: string, scan: LayerScan): void {
  memo.delete(key);
  memo.set(key, scan);
  let kept = 0;
  for (const known of memo.values()) kept += weightOf(known);
  for (const [oldest, known] of memo) {
    if (kept <= MOST_KEPT && memo.size <= MOST_LAYERS) break;
    memo.delete(oldest);
    kept -= weightOf(known);
  }
}

function weightOf({ entries, hits, packages, kept }: LayerScan): number {
  const databases = packages.databases.reduce((sum, { deflated }) => sum + deflated.length, 0);
  const contents = [...kept.contents.values()].reduce((sum, { length }) => sum + length, 0);
  const pieces = [entries.length, hits.length, packages.witnesses.size, kept.contents.size];
  return pieces.reduce((sum, count) => sum + count, Math.ceil((databases + contents) / BYTES_EACH));
}
