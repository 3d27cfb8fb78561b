import type { ContentScanner } from '../rule.ts';
import { isDamage } from './member.ts';

/** Hands bytes on and shows each to the scanner. Where they turn out to be damaged they end: what came so far counts. */
export class Tap implements AsyncIterable<Uint8Array> {
  /** whether they ended before their end */
  isCut = false;
  private readonly bytes: AsyncIterable<Uint8Array>;
  private readonly scanner: ContentScanner;
  private readonly count: (bytes: number) => void;

  constructor(bytes: AsyncIterable<Uint8Array>, scanner: ContentScanner, count: (bytes: number) => void) {
    this.bytes = bytes;
    this.scanner = scanner;
    this.count = count;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.bytes) {
        this.count(chunk.length);
        this.scanner.write(chunk);
        yield chunk;
      }
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      this.isCut = true;
    }
  }
}
