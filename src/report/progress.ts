import { foreign } from './foreign.ts';
import { formatSize, formatSizeOf } from './size.ts';
import { cellsOf, clip } from './terminal/columns.ts';

/** How far the one read of an image's layers has come. */
export interface Progress {
  /** the image; foreign, not escaped */
  readonly name?: string;
  /** how many layers have been begun, the one being read among them; several may be read at once */
  readonly layer: number;
  readonly layers: number;
  /** bytes of layer blobs read so far */
  readonly doneBytes: number;
  /** bytes of all layer blobs; 0 where not known */
  readonly totalBytes: number;
  /** since the reading began; no speed is shown below half a second */
  readonly seconds: number;
}

/**
 * One line for stderr: `layer 3/7 · 45.2 of 120 MB · 88 MB/s · 12 s left · ghcr.io/acme/app:1`. No control characters: the
 * caller moves the cursor.
 * @param width cells; what does not fit is left out from the right
 */
export function formatProgress(progress: Progress, width = 80): string {
  const { name, layer, layers, doneBytes, totalBytes, seconds } = progress;
  const size = totalBytes > 0 ? formatSizeOf(doneBytes, totalBytes) : formatSize(doneBytes);
  const speed = seconds >= 0.5 ? [`${formatSize(doneBytes / seconds)}/s`] : [];
  const parts = [
    `layer ${layer}/${layers}`,
    size,
    ...speed,
    ...timeLeft(progress),
    ...(name === undefined ? [] : [foreign(name, 200)]),
  ];
  while (parts.length > 1 && cellsOf(parts.join(' · ')) > width) parts.pop();
  return clip(parts.join(' · '), width);
}

/** Told once the speed has settled, and where there is a second left at least. */
function timeLeft({ doneBytes, totalBytes, seconds }: Progress): readonly string[] {
  if (seconds < 2 || doneBytes === 0 || totalBytes <= doneBytes) return [];
  const left = ((totalBytes - doneBytes) / doneBytes) * seconds;
  if (left < 1) return [];
  return [left < 100 ? `${Math.round(left)} s left` : `${Math.round(left / 60)} min left`];
}
