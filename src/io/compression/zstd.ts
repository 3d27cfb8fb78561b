import {
  constants,
  createZstdDecompress,
  type ZstdDecompress,
  type ZstdOptions,
  zstdDecompressSync,
} from 'node:zlib';
import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import type { TakeOutside } from '../outside.ts';
import type { ByteSource } from './byte-source.ts';
import {
  asCompressionError,
  codeOf,
  damaged,
  drive,
  driveHandle,
  type Hold,
  OUTPUT_CHUNK,
  SMALL_INPUT,
} from './engine.ts';
import { hasZlibHandle, ZlibHandle } from './zlib-handle.ts';
import { FrameWalker, HEADER_LIMIT, littleEndian, readFrameHeader, type ZstdFrame } from './zstd-frame.ts';

const FRAME_MAGIC = 0xfd2fb528;

/** Whether four little-endian bytes start a frame that decoders pass over. @see RFC 8878, section 3.1.2 */
export function isSkippable(magic: number): boolean {
  return magic >= 0x184d2a50 && magic <= 0x184d2a5f;
}

/**
 * Unpacks zstd, any number of frames, skippable ones among them. Node's own decoder stops without a word
 * behind the first frame of a chunk, so each frame gets a decoder, and its end is found by us.
 * @param onFrame called before each frame; throws where there are too many
 * @param windowBytes the largest window that is decoded
 * @param outside shown what skippable frames hold
 * @throws {PratiqueError} `COMPRESSION_INVALID`; `LIMIT_EXCEEDED` for a larger window
 * @see RFC 8878
 */
export async function* unzstd(
  source: ByteSource,
  onFrame: () => void,
  windowBytes: number,
  outside: TakeOutside,
  where: string,
  hold: Hold = 'kept',
): AsyncGenerator<Uint8Array> {
  let small = false;
  while ((await source.peek(1)).length > 0) {
    onFrame();
    const head = await source.peek(HEADER_LIMIT);
    const magic = littleEndian(head.subarray(0, 4));
    if (head.length >= 4 && isSkippable(magic)) {
      await skipFrame(source, outside, where);
      continue;
    }
    if (magic !== FRAME_MAGIC) throw damaged('bytes that are not zstd follow a zstd frame', where);
    const frame = readFrameHeader(head);
    if (typeof frame === 'string') throw damaged(frame, where);
    if (frame.windowBytes > windowBytes) throw windowTooLarge(frame.windowBytes, windowBytes, where);
    const start = source.position;
    const atOnce = small ? await decodeAtOnce(source, frame, windowBytes, where) : undefined;
    if (atOnce === undefined) yield* decode(source, frame, windowBytes, where, hold);
    else if (atOnce.length > 0) yield atOnce;
    small = source.position - start < SMALL_INPUT;
  }
}

async function skipFrame(source: ByteSource, outside: TakeOutside, where: string): Promise<void> {
  const head = await source.take(8);
  let isFirst = true;
  const show = (part: Uint8Array) => {
    outside(part, 'skippable zstd frame', isFirst);
    isFirst = false;
  };
  const complete = head !== undefined && (await source.skip(littleEndian(head.subarray(4)), show));
  if (!complete) throw damaged('a skippable zstd frame ends too early', where);
}

async function* decode(
  source: ByteSource,
  frame: ZstdFrame,
  windowBytes: number,
  where: string,
  hold: Hold,
): AsyncGenerator<Uint8Array> {
  const walker = new FrameWalker(frame);
  let frameBytes = 0;
  let complete = false;
  const portion = (chunk: Uint8Array) => {
    const step = walker.walk(chunk);
    frameBytes += step.used;
    complete = step.done;
    return step;
  };
  const engine = createZstdDecompress({ chunkSize: OUTPUT_CHUNK, ...settings(windowBytes) });
  // The stream is ended with the handle below it.
  const { consumed } = yield* hasZlibHandle()
    ? ending(engine, driveHandle(new ZlibHandle(engine), source, portion, where, hold))
    : drive(engine, source, portion, where);
  if (!complete || consumed !== frameBytes) throw damaged('a zstd frame ends too early', where);
}

/** Unpacks a small frame in one call; `undefined` where it is not small. */
async function decodeAtOnce(
  source: ByteSource,
  frame: ZstdFrame,
  windowBytes: number,
  where: string,
): Promise<Uint8Array | undefined> {
  const { used, done } = new FrameWalker(frame).walk(await source.peek(SMALL_INPUT));
  if (!done) return undefined;
  const input = await source.peek(used);
  try {
    const output = zstdDecompressSync(input, { maxOutputLength: OUTPUT_CHUNK, ...settings(windowBytes) });
    await source.take(used);
    return output;
  } catch (thrown) {
    if (codeOf(thrown) === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw asCompressionError(thrown, where);
  }
}

function settings(windowBytes: number): ZstdOptions {
  const log = Math.min(31, Math.max(10, Math.ceil(Math.log2(windowBytes))));
  return { params: { [constants.ZSTD_d_windowLogMax]: log } };
}

function windowTooLarge(found: number, limit: number, where: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `a zstd frame wants a window of ${found} bytes; ${limit} are allowed`,
    where: printable(where),
    why: 'container runtimes do not decode larger windows',
    next: 'compress the layer without --long, or with --long=27; the bound is limits.window-bytes in the policy',
  });
}

/** Hands on, and ends the stream at the end, whatever it is. */
async function* ending<T, R>(engine: ZstdDecompress, work: AsyncGenerator<T, R>): AsyncGenerator<T, R> {
  try {
    return yield* work;
  } finally {
    engine.destroy();
  }
}
