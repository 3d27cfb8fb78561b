import { formatProgress } from '../report/progress.ts';
import type { ScanProgress } from '../scan/scan-image.ts';
import type { Terminal } from './terminal.ts';

/** A line on standard error that says how far the layers are; nothing where nobody watches. */
export interface ProgressLine {
  begin(name: string): void;
  update(progress: ScanProgress): void;
  clear(): void;
}

const EVERY = 100; // milliseconds between two drawings
const SILENT: ProgressLine = { begin() {}, update() {}, clear() {} };

/** Draws only on a terminal that can move its cursor. */
export function progressLine({ err, env, now }: Terminal, quiet: boolean): ProgressLine {
  if (quiet || !err.isTTY || env['CI'] || env['TERM'] === 'dumb') return SILENT;
  let name = '';
  let began = 0;
  let drawnAt = 0;
  return {
    begin(text) {
      name = text;
      began = now().getTime();
      drawnAt = 0;
    },
    update(progress) {
      const at = now().getTime();
      if (at - drawnAt < EVERY) return;
      drawnAt = at;
      const seconds = (at - began) / 1000;
      err.write(
        `\r\u001b[2K${formatProgress({ ...progress, name, seconds }, Math.max(20, err.columns - 1))}`,
      );
    },
    clear() {
      if (drawnAt > 0) err.write('\r\u001b[2K');
    },
  };
}
