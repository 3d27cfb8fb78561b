import { Worker } from 'node:worker_threads';
import { PratiqueError } from '../../errors.ts';
import type { Layer } from '../../model/image.ts';
import type { StoredBlob } from '../../model/image-source.ts';
import { printable } from '../../model/printable.ts';
import type { LayerScan } from '../layer-scan.ts';
import { decodeLayerScan } from '../layer-scan-codec.ts';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';
import { LAYER_WORKER_OPTIONS, LAYER_WORKER_URL } from './worker-options.ts';

/** Bytes of a blob that are sent together, and those that a thread has been sent and not taken in at most. */
const POST_BYTES = 256 * 1024;
const MOST_AHEAD = 4 * 1024 * 1024;

/** How a layer's blob is come by. */
export interface LayerSource {
  /** verified while it is read */
  blob(layer: Layer): AsyncIterable<Uint8Array>;
  /** where it lies in a file of this machine, not verified; `undefined` where it does not */
  stored?(layer: Layer): Promise<StoredBlob | undefined>;
}

/** One thread that reads layers, one after another. */
export class LayerThread {
  private readonly worker: Worker;
  private readonly exited: Promise<void>;
  /** why it can read no more */
  private death: PratiqueError | undefined;
  private where = 'before the first layer';
  private hear: (message: FromThread | PratiqueError) => void = () => {};

  /** @param onExit told once it has ended, whyever */
  constructor(start: ThreadStart, onExit: () => void) {
    this.worker = new Worker(LAYER_WORKER_URL, { ...LAYER_WORKER_OPTIONS, workerData: start });
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        this.die(`it ended with ${code}`);
        onExit();
        resolve();
      });
    });
    this.worker.on('message', (message: FromThread) => this.hear(message));
    this.worker.on('messageerror', (thrown) => this.die(thrown.message));
    this.worker.on('error', (thrown) => this.die(thrown instanceof Error ? thrown.message : String(thrown)));
  }

  /** Whether it can read another layer. */
  get isAlive(): boolean {
    return this.death === undefined;
  }

  /**
   * Reads one layer; one at a time.
   * @param onBytes told of bytes of the blob as they are read
   * @throws {PratiqueError} whatever `scanLayer` throws, and `SCAN_INCOMPLETE` where the thread ends over it
   */
  async read(layer: Layer, source: LayerSource, onBytes: (bytes: number) => void): Promise<LayerScan> {
    this.where = `layer ${layer.index}, ${layer.blob.digest}`;
    const stored = await source.stored?.(layer);
    if (stored === undefined) return this.readPosted(layer, source.blob(layer), onBytes);
    const { fd, offset, length, where } = stored;
    try {
      this.post({ kind: 'read', layer: plain(layer), from: { kind: 'file', fd, offset, length, where } });
      return await this.answer(onBytes, () => undefined);
    } finally {
      if (!this.isAlive) await this.exited; // or it would read what is opened next under the same number
      await stored.close();
    }
  }

  /** Ends it, whatever it does. */
  close(): void {
    this.die('nobody waits for it any more');
    void this.worker.terminate();
  }

  private async readPosted(
    layer: Layer,
    blob: AsyncIterable<Uint8Array>,
    onBytes: (bytes: number) => void,
  ): Promise<LayerScan> {
    this.post({ kind: 'read', layer: plain(layer), from: { kind: 'posted' } });
    const posting = new BlobPosting(blob, (what, transfer) => this.post(what, transfer));
    void posting.run();
    const taken = (bytes: number) => {
      posting.taken(bytes);
      onBytes(bytes);
    };
    try {
      return await this.answer(taken, () => posting.fault);
    } finally {
      posting.stop();
    }
  }

  /** @param broken why the blob could not be read on */
  private answer(onBytes: (bytes: number) => void, broken: () => unknown): Promise<LayerScan> {
    return new Promise((resolve, reject) => {
      this.hear = (message) => {
        if (message instanceof PratiqueError) reject(message);
        else if (message.kind === 'taken') onBytes(message.bytes);
        else if (message.kind === 'broken') reject(broken());
        else if (message.kind === 'fault') reject(new PratiqueError(message.code, message.problem));
        else resolve(decoded(message.scan));
      };
      if (this.death !== undefined) reject(this.death);
    });
  }

  private post(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private die(why: string): void {
    this.death ??= new PratiqueError('SCAN_INCOMPLETE', {
      what: 'the thread that read a layer ended before it was done',
      where: this.where,
      why: printable(why, 300),
      next: 'try again with more memory, or with fewer other programs beside it',
    });
    this.hear(this.death);
  }
}

/** Read where somebody waits for it: what cannot be read is a fault of this layer, and not of the process. */
async function decoded(scan: Uint8Array): Promise<LayerScan> {
  return decodeLayerScan(scan);
}

/** Sends a blob to a thread, no faster than it is taken in. */
class BlobPosting {
  /** why it could not be read on */
  fault: unknown;
  private readonly chunks: AsyncIterator<Uint8Array>;
  private readonly post: (message: ToThread, transfer?: readonly ArrayBuffer[]) => void;
  private batch = new Uint8Array(POST_BYTES);
  private filled = 0;
  private ahead = 0;
  private isStopped = false;
  private wake: () => void = () => {};

  constructor(
    blob: AsyncIterable<Uint8Array>,
    post: (message: ToThread, transfer?: readonly ArrayBuffer[]) => void,
  ) {
    this.chunks = blob[Symbol.asyncIterator]();
    this.post = post;
  }

  /** Never rejects: what goes wrong is kept in `fault`, and the thread hears of it in its turn. */
  async run(): Promise<void> {
    try {
      for (let next = await this.chunks.next(); next.done !== true; next = await this.chunks.next()) {
        for (let at = 0; at < next.value.length; ) at += await this.add(next.value.subarray(at));
        if (this.isStopped) return;
      }
      this.close('end');
    } catch (thrown) {
      this.fault = thrown;
      this.close('broken');
    }
  }

  taken(bytes: number): void {
    this.ahead -= bytes;
    this.wake();
  }

  /** Lets go of the blob. */
  stop(): void {
    this.isStopped = true;
    this.wake();
    this.chunks.return?.()?.then(undefined, () => {});
  }

  /** Bytes are copied, as the chunks of a source may be parts of something larger; many small ones become one message. */
  private async add(bytes: Uint8Array): Promise<number> {
    const part = bytes.subarray(0, POST_BYTES - this.filled);
    this.batch.set(part, this.filled);
    this.filled += part.length;
    if (this.filled === POST_BYTES) this.flush();
    while (this.ahead > MOST_AHEAD && !this.isStopped) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return part.length;
  }

  /** Says how it ended; not where the thread has left it, and might take that for the end of the next one. */
  private close(kind: 'end' | 'broken'): void {
    if (this.isStopped) return;
    this.flush();
    this.post({ kind });
  }

  private flush(): void {
    if (this.filled === 0 || this.isStopped) return;
    const chunk = this.batch.subarray(0, this.filled);
    this.ahead += this.filled;
    this.batch = new Uint8Array(POST_BYTES);
    this.filled = 0;
    this.post({ kind: 'bytes', chunk }, [chunk.buffer]);
  }
}

/** What a thread needs of a layer. */
function plain({ index, blob: { mediaType, digest, size }, diffId }: Layer): Layer {
  return { index, blob: { mediaType, digest, size }, diffId };
}
