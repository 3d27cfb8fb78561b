import { reasonOf } from './member.ts';

/** What bytes are shown to. */
interface Reader {
  write(bytes: Uint8Array): void;
}

/** Hands bytes on and shows each to all readers. Where they cannot be read on they end: what came so far counts. */
export class Tap implements AsyncIterable<Uint8Array> {
  /** why they ended before their end, if they did */
  cut: string | undefined;
  private readonly bytes: AsyncIterable<Uint8Array>;
  private readonly readers: readonly Reader[];
  private readonly count: (bytes: number) => void;

  constructor(bytes: AsyncIterable<Uint8Array>, readers: readonly Reader[], count: (bytes: number) => void) {
    this.bytes = bytes;
    this.readers = readers;
    this.count = count;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.bytes) {
        this.count(chunk.length);
        for (const reader of this.readers) reader.write(chunk);
        yield chunk;
      }
    } catch (thrown) {
      this.cut = reasonOf(thrown);
      if (this.cut === undefined) throw thrown;
    }
  }
}
