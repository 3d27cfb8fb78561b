/** What the header of a zstd frame says. */
export interface ZstdFrame {
  /** bytes of the header, magic number included */
  readonly headerBytes: number;
  /** bytes the decoder must keep */
  readonly windowBytes: number;
  /** bytes the frame holds; absent where it does not say */
  readonly contentBytes?: number;
  readonly hasChecksum: boolean;
}

/** Bytes that are enough to read any frame header. */
export const HEADER_LIMIT = 18;

const DICTIONARY_BYTES = [0, 1, 2, 4];

/**
 * Reads a frame header, magic number included.
 * @param bytes the first `HEADER_LIMIT` bytes of the frame, or what there is
 * @returns the header, or why it cannot be used
 * @see RFC 8878, section 3.1.1.1
 */
export function readFrameHeader(bytes: Uint8Array): ZstdFrame | string {
  const descriptor = bytes[4];
  if (descriptor === undefined) return 'a zstd frame ends too early';
  const single = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x08) !== 0) return 'a zstd frame header has the reserved bit set';
  const dictionaryAt = single ? 5 : 6;
  const contentAt = dictionaryAt + (DICTIONARY_BYTES[descriptor & 3] ?? 0);
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const headerBytes = contentAt + contentSize;
  if (bytes.length < headerBytes) return 'a zstd frame ends too early';
  if (littleEndian(bytes.subarray(dictionaryAt, contentAt)) !== 0) return 'a zstd frame wants a dictionary';
  const content = littleEndian(bytes.subarray(contentAt, headerBytes)) + (contentSize === 2 ? 256 : 0);
  const windowBytes = single ? content : windowOf(bytes[5] ?? 0);
  const contentBytes = contentSize === 0 ? {} : { contentBytes: content };
  return { headerBytes, windowBytes, ...contentBytes, hasChecksum: (descriptor & 0x04) !== 0 };
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Little-endian bytes as a number; past 2⁵³ inexact, which only a comparison with a limit may use. */
export function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

/**
 * Finds the end of a zstd frame by its block headers, without decoding: so the end is ours to judge,
 * and bytes behind it are never swallowed by a decoder.
 * @see RFC 8878, section 3.1.1.2
 */
export class FrameWalker {
  private readonly hasChecksum: boolean;
  private readonly header = new Uint8Array(3);
  private filled = 0;
  /** bytes of the part that is being passed over */
  private left: number;
  private state: 'passing' | 'header' | 'done' = 'passing';
  private last = false;
  private checksumSeen = false;

  constructor({ headerBytes, hasChecksum }: ZstdFrame) {
    this.left = headerBytes;
    this.hasChecksum = hasChecksum;
  }

  /** @returns how many of the bytes belong to the frame, and whether it ends with them */
  walk(chunk: Uint8Array): { used: number; done: boolean } {
    let at = 0;
    while (this.state !== 'done' && at < chunk.length) {
      at = this.state === 'header' ? this.fillHeader(chunk, at) : this.pass(chunk, at);
    }
    return { used: at, done: this.state === 'done' };
  }

  private pass(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.left, chunk.length - at);
    this.left -= count;
    if (this.left === 0) this.nextPart();
    return at + count;
  }

  private fillHeader(chunk: Uint8Array, at: number): number {
    this.header[this.filled] = chunk[at] ?? 0;
    this.filled += 1;
    if (this.filled === this.header.length) this.startBlock();
    return at + 1;
  }

  private startBlock(): void {
    const header = littleEndian(this.header);
    this.filled = 0;
    this.last = (header & 1) !== 0;
    const isRunLength = ((header >> 1) & 3) === 1;
    this.left = isRunLength ? 1 : header >> 3;
    this.state = 'passing';
    if (this.left === 0) this.nextPart();
  }

  private nextPart(): void {
    if (!this.last) {
      this.state = 'header';
    } else if (this.hasChecksum && !this.checksumSeen) {
      this.checksumSeen = true;
      this.left = 4;
    } else {
      this.state = 'done';
    }
  }
}
