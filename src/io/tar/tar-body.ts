import type { TakeOutside } from '../outside.ts';
import type { SparseRun } from './sparse.ts';
import type { TarEntry } from './tar-entry.ts';

/**
 * Receives a tar. For each entry: `entry`, then its bytes in order as `data` and `hole`, then `end`.
 * Nothing that was received counts until `finish` has returned and the digest has been compared.
 */
export interface TarSink {
  entry(entry: TarEntry): void;
  /** a part of the chunk that was written: whoever keeps it longer than `settle` must copy it, and nobody may change it */
  data(bytes: Uint8Array): void;
  /** so many zero bytes of a sparse file; a sink without it is given them through `data`, in short runs */
  hole?(length: number): void;
  end(): void;
  /** bytes that are no file's contents: headers and records as they lie, padding that is not zero, what follows the end */
  readonly outside?: TakeOutside;
  /** works off what it was given; called after each chunk of the tar, and nothing comes before it is fulfilled */
  settle?(): Promise<void> | undefined;
}

const ZEROS = new Uint8Array(64 * 1024);

/** Lays the data of one entry out as the file that a container sees: runs of data with holes between them. */
export class EntryBody {
  private readonly sink: TarSink;
  private runs: readonly SparseRun[] = [];
  private run = 0;
  private position = 0;
  private size = 0;

  constructor(sink: TarSink) {
    this.sink = sink;
  }

  /** @param runs in order, inside `size`; together as long as what `take` will be given */
  start(runs: readonly SparseRun[], size: number): void {
    this.runs = runs;
    this.run = 0;
    this.position = 0;
    this.size = size;
  }

  /** @returns how many of the bytes were used: the rest belongs to a later run, at least one is used */
  take(bytes: Uint8Array): number {
    const run = this.runs[this.run];
    if (run === undefined) return bytes.length;
    this.holeUntil(run.offset);
    const end = run.offset + run.length;
    const part = bytes.subarray(0, end - this.position);
    this.sink.data(part);
    this.position += part.length;
    if (this.position === end) this.run += 1;
    return part.length;
  }

  end(): void {
    this.holeUntil(this.size);
    this.sink.end();
  }

  private holeUntil(position: number): void {
    const length = position - this.position;
    if (length <= 0) return;
    this.position = position;
    if (this.sink.hole !== undefined) {
      this.sink.hole(length);
      return;
    }
    for (let left = length; left > 0; left -= ZEROS.length) this.sink.data(ZEROS.subarray(0, left));
  }
}
