/** Bytes from which on a look ahead is gathered in one piece as they come. */
const LARGE = 4 * 1024 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * Chunks in order, with a look ahead. Holds at most the chunks that a `peek` needed.
 * One reader at a time; `close` may come at any moment. What is there already can be had at once, by what ends in `Now`
 * and by `chunk`: archives of many small things would else wait some dozen times for each.
 */
export class ByteSource {
  private readonly iterator: AsyncIterator<Uint8Array>;
  /** in which the next bytes stand, from `from` on: those at hand; no other reader changes them */
  chunk: Uint8Array = NOTHING;
  from = 0;
  /** what follows it; empty where that is */
  private readonly behind: Uint8Array[] = [];
  private ended = false;
  private reading = false;
  /** bytes handed out and not given back */
  position = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.iterator = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes, at least one; `undefined` at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const atHand = this.nextNow();
    if (atHand !== undefined) return atHand;
    const chunk = await this.pull();
    this.position += chunk?.length ?? 0;
    return chunk;
  }

  /** The same; `undefined`, too, where they have not come yet. */
  nextNow(): Uint8Array | undefined {
    const bytes = this.atHand();
    if (bytes.length === 0) return undefined;
    this.pass(bytes.length);
    return bytes;
  }

  /** Gives bytes back: the next read starts with them. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.position -= bytes.length;
    if (this.from < this.chunk.length) this.behind.unshift(this.atHand());
    this.chunk = bytes;
    this.from = 0;
  }

  /** Passes over so many of the bytes at hand, of which there must be as many. */
  pass(count: number): void {
    this.position += count;
    this.from += count;
    if (this.from < this.chunk.length) return;
    this.chunk = this.behind.shift() ?? NOTHING;
    this.from = 0;
  }

  /** Looks at the next `count` bytes; fewer only at the end. */
  async peek(count: number): Promise<Uint8Array> {
    const atHand = this.peekNow(count);
    if (atHand !== undefined) return atHand;
    await (count > LARGE ? this.gather(count) : this.join(count));
    return this.chunk.subarray(this.from, this.from + count);
  }

  /** The same; `undefined` where more have to come first. */
  peekNow(count: number): Uint8Array | undefined {
    const end = this.from + count;
    const isThere = end <= this.chunk.length || (this.ended && this.behind.length === 0);
    return isThere ? this.chunk.subarray(this.from, end) : undefined;
  }

  /** Takes exactly `count` bytes; `undefined` where fewer are left. `count` is small: they are joined. */
  async take(count: number): Promise<Uint8Array | undefined> {
    const bytes = await this.peek(count);
    if (bytes.length < count) return undefined;
    this.pass(count);
    return bytes;
  }

  /** The same; `undefined`, too, where more have to come first. */
  takeNow(count: number): Uint8Array | undefined {
    const bytes = this.peekNow(count);
    if (bytes === undefined || bytes.length < count) return undefined;
    this.pass(count);
    return bytes;
  }

  /** Passes over `count` bytes, any number, showing them in parts. @returns whether there were that many */
  async skip(count: number, show: (part: Uint8Array) => void = () => {}): Promise<boolean> {
    for (let left = count; left > 0; ) {
      const chunk = this.nextNow() ?? (await this.next());
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

  private atHand(): Uint8Array {
    return this.from === 0 ? this.chunk : this.chunk.subarray(this.from);
  }

  /** Puts so many bytes into one chunk. */
  private async join(count: number): Promise<void> {
    let held = this.chunk.length - this.from;
    for (const chunk of this.behind) held += chunk.length;
    try {
      while (held < count) {
        const chunk = await this.pull();
        if (chunk === undefined) break;
        this.behind.push(chunk);
        held += chunk.length;
      }
    } finally {
      this.pass(0); // to the first that has come, where none was there
    }
    if (this.behind.length === 0) return;
    this.chunk = Buffer.concat([this.atHand(), ...this.behind.splice(0)]);
    this.from = 0;
  }

  /** The same, for so many that their chunks had better not be held beside what they are joined to. */
  private async gather(count: number): Promise<void> {
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
    add(this.atHand());
    for (const chunk of this.behind.splice(0)) add(chunk);
    this.chunk = NOTHING;
    this.from = 0;
    try {
      while (held < count) {
        const chunk = await this.pull();
        if (chunk === undefined) break;
        add(chunk);
      }
    } finally {
      this.chunk = room.subarray(0, held);
    }
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
