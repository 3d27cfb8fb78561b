import type { Readable } from 'node:stream';

const LINE_FEED = 10;

/**
 * Hands on each line of a stream as what it says in JSON. The channel of Node between processes does the same, and ends the process that
 * listens where the other one sends something else, or a line without an end.
 * @param limit bytes of a line
 * @param onFault once, for a line that is too long or no JSON; nothing is read after it
 */
export function readJsonLines(
  stream: Readable,
  limit: number,
  onValue: (value: unknown) => void,
  onFault: () => void,
): void {
  let held: Buffer[] = [];
  let size = 0;
  const stop = () => {
    stream.off('data', take);
    held = [];
    stream.resume();
    onFault();
  };
  function take(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      const line = Buffer.concat([...held, rest.subarray(0, end)]).toString('utf8');
      held = [];
      size = 0;
      rest = rest.subarray(end + 1);
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        stop();
        return;
      }
      onValue(value);
    }
    held.push(rest);
    size += rest.length;
    if (size > limit) stop();
  }
  stream.on('data', take);
}

/** A value as one line. */
export function toLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
