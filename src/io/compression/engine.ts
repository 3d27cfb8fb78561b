import { setImmediate } from 'node:timers/promises';
import { createInflate, createInflateRaw, type InflateRaw, type ZstdDecompress } from 'node:zlib';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import type { ByteSource } from './byte-source.ts';
import {
  type DeflateKind,
  giveBackHandle,
  hasZlibHandle,
  takeHandle,
  type ZlibHandle,
} from './zlib-handle.ts';

/** Bytes of one output buffer; small ones cost 2 to 5 times the processor time. */
export const OUTPUT_CHUNK = 512 * 1024;

/** Compressed bytes up to which a member or frame is unpacked in one call, without a stream of its own. */
export const SMALL_INPUT = 64 * 1024;

/**
 * Tells how many bytes of a chunk the engine may have; `done` after the last one it may have.
 * Where the format does not say its own end, everything is offered and the engine stops by itself.
 */
export type Portion = (chunk: Uint8Array) => { readonly used: number; readonly done: boolean };

/** Bytes after which timers and sockets have their turn: a deadline that never gets its turn ends nothing. */
const TURN = 1024 * 1024;

/** Whose the chunks are: the receiver's to keep, or `lent`, valid until the next one is asked for. */
export type Hold = 'kept' | 'lent';

/**
 * Unpacks one stream of deflate and leaves the source just behind it.
 * @throws {PratiqueError} `COMPRESSION_INVALID`, after what could be unpacked
 * @see RFC 1951, RFC 1950
 */
export async function* inflate(
  source: ByteSource,
  kind: DeflateKind,
  where: string,
  hold: Hold = 'kept',
): AsyncGenerator<Uint8Array> {
  const all: Portion = (chunk) => ({ used: chunk.length, done: false });
  if (!hasZlibHandle()) {
    const options = { chunkSize: OUTPUT_CHUNK };
    const engine = kind === 'raw' ? createInflateRaw(options) : createInflate(options);
    yield* drive(engine, source, all, where);
    return;
  }
  const handle = takeHandle(kind);
  try {
    yield* driveHandle(handle, source, all, where, hold);
  } finally {
    giveBackHandle(handle, kind);
  }
}

/**
 * Does the same as `drive`, in this thread and with one buffer.
 * @throws {PratiqueError} `COMPRESSION_INVALID`; whatever the source throws passes unchanged
 */
export async function* driveHandle(
  handle: ZlibHandle,
  source: ByteSource,
  portion: Portion,
  where: string,
  hold: Hold,
): AsyncGenerator<Uint8Array, { readonly consumed: number }> {
  let consumed = 0;
  let work = 0;
  for (;;) {
    const chunk = await source.next();
    if (chunk === undefined) {
      named(where, () => handle.finish());
      return { consumed };
    }
    const { used, done } = portion(chunk);
    const input = chunk.subarray(0, used);
    source.unread(chunk.subarray(used));
    let at = 0;
    for (let isFull = true; isFull; ) {
      const step = named(
        where,
        () => handle.step(input, at),
        () => source.unread(input), // nobody knows what of it was used
      );
      at += step.used;
      isFull = step.isFull;
      if (step.output.length === 0) continue;
      work += step.output.length;
      yield hold === 'lent' ? step.output : new Uint8Array(step.output);
      if (work < TURN) continue;
      work = 0;
      await setImmediate();
    }
    consumed += at;
    source.unread(input.subarray(at));
    if (at < input.length || done) return { consumed };
  }
}

/** Gives faults of zlib and zstd their name. */
function named<T>(where: string, work: () => T, before: () => void = () => {}): T {
  try {
    return work();
  } catch (thrown) {
    before();
    throw asCompressionError(thrown, where);
  }
}

/**
 * Drives one zlib or zstd stream over a source: unpacks while the caller works on the piece before,
 * and leaves the source just behind the last byte that the engine has used; after a fault, somewhere before it.
 * @param portion how much of each chunk belongs to this member or frame
 * @throws {PratiqueError} `COMPRESSION_INVALID`; whatever the source throws passes unchanged
 */
export async function* drive(
  engine: InflateRaw | ZstdDecompress,
  source: ByteSource,
  portion: Portion,
  where: string,
): AsyncGenerator<Uint8Array, { readonly consumed: number }> {
  const feeder = new Feeder(engine, source, portion);
  const feeding = feeder.run();
  try {
    for await (const bytes of engine) yield bytes;
    await feeding;
  } catch (thrown) {
    feeder.giveBack();
    throw asCompressionError(thrown, where);
  } finally {
    engine.destroy();
  }
  return { consumed: feeder.settle() };
}

class Feeder {
  private readonly engine: InflateRaw | ZstdDecompress;
  private readonly source: ByteSource;
  private readonly portion: Portion;
  private offered = 0;
  private last: Uint8Array = new Uint8Array(0);
  private readonly stopped: Promise<'stopped'>;

  constructor(engine: InflateRaw | ZstdDecompress, source: ByteSource, portion: Portion) {
    this.engine = engine;
    this.source = source;
    this.portion = portion;
    // An engine that has failed or reached its end need not call back for bytes it did not want.
    this.stopped = new Promise((resolve) => {
      for (const event of ['end', 'close', 'error']) engine.once(event, () => resolve('stopped'));
    });
  }

  /** Never rejects: a fault of the source goes through the engine to whoever reads from it. */
  async run(): Promise<void> {
    try {
      while ((await this.step()) === 'more');
    } catch (thrown) {
      this.engine.destroy(thrown instanceof Error ? thrown : toPratiqueError(thrown));
    }
  }

  /** After a fault nobody knows what was used: all of the last chunk goes back, for whoever reads on behind it. */
  giveBack(): void {
    this.source.unread(this.last);
    this.last = new Uint8Array(0);
  }

  /** Gives back what was offered and not used. @returns bytes used */
  settle(): number {
    const consumed = this.engine.bytesWritten;
    this.source.unread(this.last.subarray(this.last.length - (this.offered - consumed)));
    return consumed;
  }

  private async step(): Promise<'more' | 'stopped'> {
    const chunk = await this.source.next();
    if (this.engine.destroyed) return 'stopped';
    if (chunk === undefined) {
      this.engine.end();
      return 'stopped';
    }
    const { used, done } = this.portion(chunk);
    this.source.unread(chunk.subarray(used));
    this.last = chunk.subarray(0, used);
    this.offered += used;
    const written = new Promise<'more'>((resolve) => this.engine.write(this.last, () => resolve('more')));
    const outcome = await Promise.race([written, this.stopped]);
    if (outcome === 'stopped' || this.engine.bytesWritten < this.offered) return 'stopped';
    if (done) this.engine.end();
    return done ? 'stopped' : 'more';
  }
}

/** Names a fault of zlib or zstd; any other passes. */
export function asCompressionError(thrown: unknown, where: string): unknown {
  const code = codeOf(thrown);
  if (!/^(?:Z_|ZSTD_|ERR_ZLIB|ERR_ZSTD)/.test(code)) return thrown;
  const why = code === 'Z_BUF_ERROR' ? 'it ends too early' : `the decoder says ${printable(code, 60)}`;
  return damaged(why, where, thrown);
}

/** The `code` of an error from Node; empty where there is none. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

/** The fault of a layer that decoders reject, or read differently. `why` must be printable. */
export function damaged(why: string, where: string, cause?: unknown): PratiqueError {
  return new PratiqueError(
    'COMPRESSION_INVALID',
    {
      what: 'the layer cannot be unpacked in the one way that every runtime would',
      where: printable(where),
      why,
      next: 'build or push the image again',
    },
    { cause },
  );
}
