/** Bytes from which on a look ahead is gathered in one piece as they come. */
const LARGE = 4 * 1024 * 1024;

/**
 * Chunks in order, with a look ahead. Holds at most the chunks that a `peek` needed.
 * One reader at a time; `close` may come at any moment.
 */
export class ByteSource {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private readonly queue: Uint8Array[] = [];
  private ended = false;
  private reading = false;
  /** bytes handed out and not given back */
  position = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.iterator = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes, at least one; `undefined` at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const chunk = this.queue.shift() ?? (await this.pull());
    this.position += chunk?.length ?? 0;
    return chunk;
  }

  /** Gives bytes back: the next read starts with them. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.position -= bytes.length;
    this.queue.unshift(bytes);
  }

  /** Looks at the next `count` bytes; fewer only at the end. */
  async peek(count: number): Promise<Uint8Array> {
    const [first] = this.queue;
    if (first !== undefined && first.length >= count) return first.subarray(0, count);
    if (count > LARGE) return this.gather(count);
    let held = this.queue.reduce((sum, chunk) => sum + chunk.length, 0);
    while (held < count) {
      const chunk = await this.pull();
      if (chunk === undefined) break;
      this.queue.push(chunk);
      held += chunk.length;
    }
    if (this.queue.length > 1 && (this.queue[0]?.length ?? 0) < count) {
      this.queue.splice(0, this.queue.length, Buffer.concat(this.queue));
    }
    return this.queue[0]?.subarray(0, count) ?? new Uint8Array(0);
  }

  /** Takes exactly `count` bytes; `undefined` where fewer are left. `count` is small: they are joined. */
  async take(count: number): Promise<Uint8Array | undefined> {
    const bytes = await this.peek(count);
    if (bytes.length < count) return undefined;
    this.drop(count);
    return bytes;
  }

  /** Passes over `count` bytes, any number, showing them in parts. @returns whether there were that many */
  async skip(count: number, show: (part: Uint8Array) => void = () => {}): Promise<boolean> {
    for (let left = count; left > 0; ) {
      const chunk = await this.next();
      if (chunk === undefined) return false;
      const part = chunk.subarray(0, left);
      this.unread(chunk.subarray(part.length));
      left -= part.length;
      show(part);
    }
    return true;
  }

  /** Ends the source below. Waits for it, unless it is waiting for bytes itself. */
  async close(): Promise<void> {
    this.ended = true;
    const closing = this.iterator.return?.();
    if (closing === undefined) return;
    if (this.reading) closing.then(undefined, () => {});
    else await closing;
  }

  /** As `peek`, for so many that their chunks had better not be held beside what they are joined to. */
  private async gather(count: number): Promise<Uint8Array> {
    let room = new Uint8Array(LARGE);
    let held = 0;
    const add = (chunk: Uint8Array) => {
      const wanted = held + chunk.length;
      // Handed over rather than copied: what it leaves behind would stay until the garbage is collected.
      if (wanted > room.length)
        room = new Uint8Array(room.buffer.transfer(Math.max(wanted, 2 * room.length)));
      room.set(chunk, held);
      held = wanted;
    };
    for (const chunk of this.queue.splice(0)) add(chunk);
    try {
      while (held < count) {
        const chunk = await this.pull();
        if (chunk === undefined) break;
        add(chunk);
      }
    } finally {
      if (held > 0) this.queue.unshift(room.subarray(0, held));
    }
    return this.queue[0]?.subarray(0, count) ?? new Uint8Array(0);
  }

  private drop(count: number): void {
    const first = this.queue.shift();
    if (first === undefined) return;
    this.position += count;
    if (first.length > count) this.queue.unshift(first.subarray(count));
  }

  private async pull(): Promise<Uint8Array | undefined> {
    while (!this.ended) {
      this.reading = true;
      try {
        const { value, done } = await this.iterator.next();
        if (done === true) this.ended = true;
        else if (value.length > 0) return value;
      } catch (thrown) {
        this.ended = true;
        throw thrown;
      } finally {
        this.reading = false;
      }
    }
    return undefined;
  }
}
