// The thread in which layers of an image are read, one after another.
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { toPratiqueError } from '../../errors.ts';
import { verified } from '../../io/verified.ts';
import type { Layer } from '../../model/image.ts';
import { customRulesOf } from '../custom/custom-rules.ts';
import { createImageScanner } from '../image-scanner.ts';
import { encodeLayerScan } from '../layer-scan-codec.ts';
import { prepareRules } from '../prepared-rules.ts';
import type { ContentScanner } from '../rule.ts';
import { RULE_SET } from '../rule-set.ts';
import { scanLayer } from '../scan-layer.ts';
import type { BlobSource, FromThread, ThreadStart, ToThread } from './thread-messages.ts';

/**
 * Bytes of a file that are read at once, and buffers that take turns. Whoever unpacks holds two at a time, as it looks ahead
 * by no more than 64 KiB, and whoever verifies holds back one.
 */
const READ_BYTES = 256 * 1024;
const READ_BUFFERS = 8;
/** Bytes after which it is told how far the thread has come. */
const TELL_EVERY = 1024 * 1024;

const { limits, hashFiles, custom, matcher, slot } = workerData as ThreadStart;
let scanner: ContentScanner | undefined;
let posted: PostedBlob | undefined;
let readBuffers: readonly Uint8Array[] | undefined;

/** Stands for the fault of a blob that somebody else knows. */
class BrokenBlob extends Error {}

/** The bytes that are posted to this thread, in order. */
class PostedBlob implements AsyncIterable<Uint8Array> {
  private readonly queue: (Uint8Array | 'end' | 'broken')[] = [];
  private wake: () => void = () => {};

  put(what: Uint8Array | 'end' | 'broken'): void {
    this.queue.push(what);
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.queue.shift();
      if (next === 'end') return;
      if (next === 'broken') throw new BrokenBlob();
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }
}

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'read') void read(message.layer, message.from);
  else if (message.kind === 'bytes') posted?.put(message.chunk);
  else posted?.put(message.kind);
});

async function read(layer: Layer, from: BlobSource): Promise<void> {
  posted = from.kind === 'posted' ? new PostedBlob() : undefined;
  try {
    prepareRules(RULE_SET, { shared: matcher, slot });
    scanner ??= createImageScanner(customRulesOf(custom), limits);
    const blob = from.kind === 'file' ? verified(fileOf(from), layer.blob, from.where) : posted;
    const scan = await scanLayer(blob ?? nothing(), layer, scanner, limits, { hashFiles, onBytes: tell() });
    const bytes = encodeLayerScan(scan);
    answer({ kind: 'done', scan: bytes }, [bytes.buffer]);
  } catch (thrown) {
    if (thrown instanceof BrokenBlob) return answer({ kind: 'broken' });
    const { code, problem } = toPratiqueError(thrown);
    answer({ kind: 'fault', code, problem });
  } finally {
    posted = undefined;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** The bytes of an open file from a place on. It is closed by whoever opened it. */
async function* fileOf({
  fd,
  offset,
  length = Number.POSITIVE_INFINITY,
}: Extract<BlobSource, { kind: 'file' }>): AsyncGenerator<Uint8Array> {
  readBuffers ??= Array.from({ length: READ_BUFFERS }, () => new Uint8Array(READ_BYTES));
  let turn = 0;
  for (let at = offset; at < offset + length; ) {
    const most = Math.min(READ_BYTES, offset + length - at);
    const chunk = readBuffers[turn++ % READ_BUFFERS] as Uint8Array;
    const count = readSync(fd, chunk, 0, most, at);
    if (count === 0) return;
    at += count;
    yield chunk.subarray(0, count);
  }
}

/** Tells of bytes that were taken in, some at a time; of posted ones at once, as more are sent for them. */
function tell(): (bytes: number) => void {
  const least = posted === undefined ? TELL_EVERY : 1;
  let bytes = 0;
  return (count) => {
    bytes += count;
    if (bytes < least) return;
    answer({ kind: 'taken', bytes });
    bytes = 0;
  };
}

function answer(what: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(what, transfer);
}
