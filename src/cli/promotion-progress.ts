import type { PromotionEvent } from '../model/promotion.ts';
import { foreign } from '../report/foreign.ts';
import { formatSize, formatSizeOf } from '../report/size.ts';
import type { Terminal } from './terminal.ts';

/** Tells on standard error how a promotion goes: one moving line where somebody watches, plain lines elsewhere. */
export interface PromotionProgress {
  tell(event: PromotionEvent): void;
  /** takes the moving line away */
  clear(): void;
}

const EVERY = 100; // milliseconds between two drawings

/** @param quiet only what somebody needs to go back: each tag before it is moved */
export function promotionProgress({ err, env, now }: Terminal, quiet: boolean): PromotionProgress {
  const isWatched = err.isTTY && !env['CI'] && env['TERM'] !== 'dumb';
  let pieces = { done: 0, all: 0 };
  let bytes = { done: 0, all: 0 };
  let drawnAt = 0;
  let isDrawn = false;
  const clear = () => {
    if (isDrawn) err.write('\r\u001b[2K');
    isDrawn = false;
  };
  const say = (text: string) => {
    clear();
    err.write(`${text}\n`);
  };
  const draw = () => {
    const at = now().getTime();
    if (at - drawnAt < EVERY) return;
    drawnAt = at;
    isDrawn = true;
    err.write(
      `\r\u001b[2Kcopying ${pieces.done}/${pieces.all} · ${formatSizeOf(Math.min(bytes.done, bytes.all), bytes.all)}`,
    );
  };
  return {
    clear,
    tell(event) {
      if (event.kind === 'moving')
        say(`moving ${foreign(event.tag)}, which stood for ${event.previous ?? 'nothing'}`);
      else if (event.kind === 'moved' && !quiet) say(`moved ${foreign(event.tag)}`);
      else if (event.kind === 'planned') {
        pieces = { done: 0, all: event.pieces };
        bytes = { done: 0, all: event.bytes };
        if (!quiet && !isWatched) say(`to be there: ${event.pieces} pieces, ${formatSize(event.bytes)}`);
      } else if (event.kind === 'sent') bytes.done += event.bytes;
      else if (event.kind === 'piece') {
        const { kind, what, state } = event.piece;
        pieces.done += 1;
        if (kind === 'blob' && state !== 'copied') bytes.done += what.size;
        if (!quiet && !isWatched && state !== 'there')
          say(`${state} ${kind} ${what.digest} ${formatSize(what.size)}`);
      } else if (!quiet && !isWatched) say(event.kind === 'verified' ? 'verified at the target' : 'attested');
      if (!quiet && isWatched && (event.kind === 'sent' || event.kind === 'piece')) draw();
    },
  };
}
