import type { Digest } from '../model/digest.ts';
import type { PromotionEvent } from '../model/promotion.ts';
import { foreign } from '../report/foreign.ts';
import { formatSize, formatSizeOf } from '../report/size.ts';
import { clip } from '../report/terminal/columns.ts';
import type { Terminal } from './terminal.ts';

/** Tells on standard error how a promotion goes: one moving line where somebody watches, plain lines elsewhere. */
export interface PromotionProgress {
  tell(event: PromotionEvent): void;
  /** takes the moving line away */
  clear(): void;
}

const EVERY = 100; // milliseconds between two drawings
const EVERY_LINE = 30_000; // milliseconds between two plain lines; some CI systems end what says nothing for minutes
const SPEED_AFTER = 500; // milliseconds; before that a speed says nothing

/** @param quiet only what somebody needs to go back: each tag before it is moved */
export function promotionProgress({ err, env, now }: Terminal, quiet: boolean): PromotionProgress {
  const isWatched = err.isTTY && !env['CI'] && env['TERM'] !== 'dumb';
  const copied = copyCount(() => now().getTime());
  let toldAt = now().getTime();
  let isDrawn = false;
  const clear = () => {
    if (isDrawn) err.write('\r\u001b[2K');
    isDrawn = false;
  };
  const say = (text: string) => {
    clear();
    err.write(`${text}\n`);
  };
  const show = () => {
    const at = now().getTime();
    if (at - toldAt < (isWatched ? EVERY : EVERY_LINE)) return;
    toldAt = at;
    if (!isWatched) return say(copied.line());
    isDrawn = true;
    err.write(`\r\u001b[2K${clip(copied.line(), Math.max(20, err.columns - 1))}`);
  };
  const isTold = !quiet && !isWatched;
  return {
    clear,
    tell(event) {
      copied.count(event);
      if (event.kind === 'moving')
        say(`moving ${foreign(event.tag)}, which stood for ${event.previous ?? 'nothing'}`);
      else if (event.kind === 'moved' && !quiet) say(`moved ${foreign(event.tag)}`);
      else if (event.kind === 'planned' && isTold)
        say(`to be there: ${event.pieces} pieces, ${formatSize(event.bytes)}`);
      else if (event.kind === 'piece' && isTold && event.piece.state !== 'there')
        say(
          `${event.piece.state} ${event.piece.kind} ${event.piece.what.digest} ${formatSize(event.piece.what.size)}`,
        );
      else if (event.kind === 'verified' && isTold) say('verified at the target');
      else if (event.kind === 'attested' && isTold) say('attested');
      if (!quiet && (event.kind === 'sent' || event.kind === 'piece')) show();
    },
  };
}

/** Counts what is copied, and says it in a line. */
interface CopyCount {
  count(event: PromotionEvent): void;
  /** `copying 4/9 · 3 at once · 45.2 of 120 MB · 88 MB/s · 1 s left`; no speed where nothing was sent */
  line(): string;
}

/** @param now milliseconds */
function copyCount(now: () => number): CopyCount {
  const underWay = new Map<Digest, number>();
  let pieces = { done: 0, all: 0 };
  let bytes = { done: 0, all: 0 };
  let sent = { bytes: 0, since: 0 };
  return {
    count(event) {
      if (event.kind === 'planned') {
        pieces = { done: 0, all: event.pieces };
        bytes = { done: 0, all: event.bytes };
      } else if (event.kind === 'sending') {
        underWay.set(event.what.digest, 0); // also anew: what a cut upload had is sent once more
        if (sent.since === 0) sent = { bytes: 0, since: now() };
      } else if (event.kind === 'sent') {
        const { digest, size } = event.what;
        underWay.set(digest, Math.min(size, (underWay.get(digest) ?? 0) + event.bytes));
        sent.bytes += event.bytes;
      } else if (event.kind === 'piece') {
        const { kind, what } = event.piece;
        pieces.done += 1;
        underWay.delete(what.digest);
        if (kind === 'blob') bytes.done += what.size;
      }
    },
    line() {
      const done = bytes.done + [...underWay.values()].reduce((sum, one) => sum + one, 0);
      const milliseconds = sent.since === 0 ? 0 : now() - sent.since;
      const speed = milliseconds < SPEED_AFTER ? 0 : (sent.bytes * 1000) / milliseconds;
      const left = Math.ceil((bytes.all - done) / Math.max(speed, 1));
      return [
        `copying ${pieces.done}/${pieces.all}`,
        ...(underWay.size > 1 ? [`${underWay.size} at once`] : []),
        formatSizeOf(Math.min(done, bytes.all), bytes.all),
        ...(speed > 0 ? [`${formatSize(speed)}/s`] : []),
        ...(speed > 0 && left > 0 ? [`${formatTime(left)} left`] : []),
      ].join(' · ');
    },
  };
}

/** `12 s`, `3 min`, `2 h`. */
function formatTime(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
