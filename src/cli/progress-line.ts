import { formatProgress } from '../report/progress.ts';
import type { ScanProgress } from '../scan/scan-image.ts';
import type { Terminal } from './terminal.ts';

/**
 * Tells on standard error how far the layers are: a line that moves where somebody watches; elsewhere, as in the log of a runner, a
 * plain line now and then, and none for what is quickly done.
 */
export interface ProgressLine {
  begin(name: string): void;
  /** May be told from several layers that are read at once: what counts are the sums. */
  update(progress: ScanProgress): void;
  clear(): void;
}

const EVERY = 100; // milliseconds between two drawings
/** Milliseconds until the first plain line; the next comes after twice that, and so on: nine lines in an hour. */
const FIRST_LINE = 10_000;
const PLAIN_WIDTH = 120; // cells
const SILENT: ProgressLine = { begin() {}, update() {}, clear() {} };

/** @param quiet nothing at all */
export function progressLine(terminal: Pick<Terminal, 'err' | 'env' | 'now'>, quiet: boolean): ProgressLine {
  if (quiet) return SILENT;
  const { err, env } = terminal;
  return err.isTTY && !env['CI'] && env['TERM'] !== 'dumb' ? movingLine(terminal) : plainLines(terminal);
}

function movingLine({ err, now }: Pick<Terminal, 'err' | 'now'>): ProgressLine {
  const watch = stopwatch(now);
  let drawnAt = 0;
  return {
    begin(text) {
      watch.begin(text);
      drawnAt = 0;
    },
    update(progress) {
      const told = watch.read(progress);
      const at = now().getTime();
      if (at - drawnAt < EVERY) return;
      drawnAt = at;
      err.write(`\r\u001b[2K${formatProgress(told, Math.max(20, err.columns - 1))}`);
    },
    clear() {
      if (drawnAt > 0) err.write('\r\u001b[2K');
      drawnAt = 0;
    },
  };
}

function plainLines({ err, now }: Pick<Terminal, 'err' | 'now'>): ProgressLine {
  const watch = stopwatch(now);
  let next = 0;
  let pause = FIRST_LINE;
  return {
    begin(text) {
      watch.begin(text);
      pause = FIRST_LINE;
      next = now().getTime() + pause;
    },
    update(progress) {
      const told = watch.read(progress);
      if (now().getTime() < next) return;
      pause *= 2;
      next = now().getTime() + pause;
      err.write(`${formatProgress(told, PLAIN_WIDTH)}\n`);
    },
    clear() {},
  };
}

/** Seconds since an image's layers began: of an index each platform begins anew, as its bytes do. */
function stopwatch(now: Terminal['now']) {
  let name = '';
  let began = 0;
  let doneBytes = 0;
  return {
    begin(text: string): void {
      name = text;
      began = now().getTime();
      doneBytes = 0;
    },
    read(progress: ScanProgress) {
      if (progress.doneBytes < doneBytes) began = now().getTime();
      doneBytes = progress.doneBytes;
      return { ...progress, name, seconds: (now().getTime() - began) / 1000 };
    },
  };
}
