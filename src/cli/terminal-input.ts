import { PratiqueError } from '../errors.ts';

/** What people type, or another program sends. */
export interface Input {
  readonly isTTY: boolean;
  /** everything up to its end. @throws {PratiqueError} `USAGE` for more than `limit` bytes, or what is not UTF-8 */
  read(limit: number): Promise<string>;
  /** a line that is not shown while it is typed. @throws {PratiqueError} `USAGE` where there is nobody to type it */
  ask(prompt: string): Promise<string>;
}

/** A stream that bytes come from: standard input, or a terminal that can be asked not to show them. */
export interface InputStream extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean;
  setRawMode?(mode: boolean): unknown;
  on(event: 'data' | 'end', listener: (chunk?: Uint8Array | string) => void): unknown;
  off(event: 'data' | 'end', listener: (chunk?: Uint8Array | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

const LINE_LIMIT = 1024; // characters that somebody types
const [INTERRUPT, END, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\b', '\u007f'];

/**
 * A stream as the input of a terminal.
 * @param open gives it; Node opens standard input when it is first named, and most commands never do
 * @param prompts where what is asked is written
 */
export function inputOf(open: () => InputStream, prompts: { write(text: string): unknown }): Input {
  return {
    get isTTY() {
      return open().isTTY === true;
    },
    read: (limit) => readWhole(open(), limit),
    ask: (prompt) => askHidden(open(), prompts, prompt),
  };
}

async function readWhole(stream: InputStream, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > limit) throw unusable(`more than ${limit} bytes came in`);
    chunks.push(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw unusable('it is not UTF-8');
  }
}

/** The terminal shows nothing in raw mode, and leaves it to us what the keys mean; it is set back whatever happens. */
async function askHidden(
  stream: InputStream,
  prompts: { write(text: string): unknown },
  prompt: string,
): Promise<string> {
  if (stream.isTTY !== true || stream.setRawMode === undefined) throw unusable('nobody is there to type it');
  prompts.write(prompt);
  stream.setRawMode(true);
  stream.resume();
  try {
    return await lineFrom(stream);
  } finally {
    stream.setRawMode(false);
    stream.pause();
    prompts.write('\n');
  }
}

function lineFrom(stream: InputStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    const settle = (finish: () => void) => {
      stream.off('data', onData);
      stream.off('end', onEnd);
      finish();
    };
    const onEnd = () => settle(() => reject(unusable('it was not typed to the end')));
    const onData = (chunk: Uint8Array | string = '') => {
      for (const key of Buffer.from(chunk as Uint8Array).toString('utf8')) {
        if (key === '\r' || key === '\n') return settle(() => resolve(line));
        if (key === INTERRUPT || key === END || line.length >= LINE_LIMIT) return onEnd();
        line = key === BACKSPACE || key === DELETE ? [...line].slice(0, -1).join('') : line + key;
      }
    };
    stream.on('data', onData);
    stream.on('end', onEnd);
  });
}

function unusable(why: string): PratiqueError {
  return new PratiqueError('USAGE', { what: 'nothing could be read from standard input', why });
}
