import type { LayerScan } from './scan-layer.ts';

/** Layers that are kept, and entries and hits of all of them together: some hundred bytes each. */
const MOST_LAYERS = 1000;
const MOST_KEPT = 500_000;

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

function weightOf({ entries, hits }: LayerScan): number {
  return entries.length + hits.length;
}
