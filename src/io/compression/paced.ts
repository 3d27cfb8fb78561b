import { setImmediate } from 'node:timers/promises';

/** Bytes after which others have their turn; some ten milliseconds of work. */
const TURN = 512 * 1024;

/**
 * Hands bytes on and lets timers and sockets have their turn in between: decoders of our own compute where those of
 * the platform wait, and a deadline that never gets its turn ends nothing.
 */
export async function* paced(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let work = 0;
  for await (const piece of bytes) {
    yield piece;
    work += piece.length;
    if (work < TURN) continue;
    work = 0;
    await setImmediate();
  }
}
