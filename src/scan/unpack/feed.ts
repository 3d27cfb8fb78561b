/** Zeros in pieces of this size stand for a hole. */
const ZEROS = new Uint8Array(64 * 1024);

/**
 * Bytes that one side puts in as they come and the other takes out when it will: the bridge from the tar's pushing
 * to the unpackers' pulling. It holds what was put in since the last `settled`, and nothing once it is closed.
 */
export class Feed implements AsyncIterable<Uint8Array> {
  private readonly queue: (Uint8Array | { zeros: number })[] = [];
  private state: 'open' | 'ended' | 'closed' = 'open';
  private wake: (() => void) | undefined;
  private starved: (() => void) | undefined;

  /** The next bytes. They are copied: whoever takes them may hold what is left of them until more come. */
  put(bytes: Uint8Array): void {
    if (this.state !== 'open' || bytes.length === 0) return;
    this.queue.push(new Uint8Array(bytes));
    this.wake?.();
  }

  /** So many zeros, made when they are taken. */
  putZeros(count: number): void {
    if (this.state !== 'open' || count === 0) return;
    this.queue.push({ zeros: count });
    this.wake?.();
  }

  /** No more will come. */
  end(): void {
    if (this.state === 'open') this.state = 'ended';
    this.wake?.();
  }

  /** Nobody wants what is left: it is dropped, and whoever waits for more is told that there is none. */
  close(): void {
    this.state = 'closed';
    this.queue.length = 0;
    this.wake?.();
    this.starved?.();
  }

  /** Fulfilled once everything is taken and more is waited for, or the feed is closed; never for a feed that has ended. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.starved = resolve;
      if (this.state === 'closed' || (this.wake !== undefined && this.queue.length === 0)) resolve();
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.queue.shift();
      if (next instanceof Uint8Array) yield next;
      else if (next !== undefined) yield* this.zeros(next.zeros);
      else if (this.state !== 'open') return;
      else await this.more();
    }
  }

  private *zeros(count: number): Generator<Uint8Array> {
    for (let left = count; left > 0 && this.state !== 'closed'; left -= ZEROS.length)
      yield ZEROS.subarray(0, left);
  }

  private async more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.starved?.();
    });
    this.wake = undefined;
  }
}
