import type { ByteSource } from '../compression/byte-source.ts';
import { codeOf } from '../compression/engine.ts';
import { giveBackHandle, hasZlibHandle, takeHandle, type ZlibHandle } from '../compression/zlib-handle.ts';
import { END, LINE, LINE_BYTES, type ZipDirectory } from './zip-directory.ts';
import {
  ALL_ONES,
  FIXED_BYTES,
  FLAG,
  headerBytesOf,
  LOCAL_HEADER,
  METHOD,
  uint16At,
  uint32At,
} from './zip-header.ts';

/**
 * Is given an entry of which all is there.
 * @param entry its name as a binary string
 * @param bytes its content, valid until this returns
 * @returns whether it is dealt with; if not it comes again, as any other entry
 */
export type TakeWhole = (entry: { readonly name: string }, bytes: Uint8Array) => boolean;

/** An entry that was read, and not taken. */
export interface WholeEntry {
  readonly name: string;
  readonly content: Uint8Array;
}

/** What an entry holds, and how many bytes it takes in the zip. */
interface Content {
  readonly output: Uint8Array;
  readonly used: number;
}

const [P, K] = LOCAL_HEADER;
/** What follows these two, as little-endian numbers. */
const [LOCAL, LISTED, ENDED] = [LOCAL_HEADER, Buffer.from(LINE, 'latin1'), Buffer.from(END, 'latin1')].map(
  (signature) => uint16At(signature, 2),
);
/** Bytes of a descriptor, which may stand between two entries, and some more. */
const MOST_BETWEEN = 64;
/** Content up to which the entry behind it is thought to be small, too. */
const SMALL_CONTENT = 128 * 1024;

/**
 * Reads what of a zip is at hand, without waiting: most entries are so small that many of them lie in one chunk. Whatever
 * is cut by the end of the chunk, large, damaged or unusual is left to whoever can wait and tell of it.
 */
export class ZipAtHand {
  private readonly source: ByteSource;
  private readonly directory: ZipDirectory;
  private readonly take: TakeWhole;
  /** whether the next entry may be small: to begin with a large one is done twice */
  private mayBeSmall = true;

  constructor(source: ByteSource, directory: ZipDirectory, take: TakeWhole) {
    this.source = source;
    this.directory = directory;
    this.take = take;
  }

  /**
   * Reads on as far as it goes, and leaves the source before what it has not read.
   * @returns an entry that was not taken, behind which it can go on
   */
  read(): WholeEntry | undefined {
    const { source } = this;
    if (source.chunk.length - source.from < FIXED_BYTES || !hasZlibHandle()) return undefined;
    const handle = takeHandle('raw');
    try {
      for (;;) {
        const kind = this.toSignature();
        const entry = kind === LOCAL ? this.readEntry(handle) : undefined;
        if (entry !== undefined && entry !== 'taken') return entry;
        const isRead = entry === 'taken' || (kind === LISTED && this.readLine());
        if (!isRead) return undefined;
      }
    } finally {
      giveBackHandle(handle, 'raw');
    }
  }

  /** Told of the content of an entry that somebody else has read. @param bytes absent where it could not be read */
  passed(bytes: number | undefined): void {
    this.mayBeSmall = bytes === undefined || bytes <= SMALL_CONTENT;
  }

  /** Goes to the next thing there is, and tells by its signature what; `undefined` where none is near. */
  private toSignature(): number | undefined {
    const { source } = this;
    const { chunk, from } = source;
    const end = Math.min(from + MOST_BETWEEN, chunk.length - 3);
    for (let at = from; at < end; at++) {
      if (chunk[at] !== P || chunk[at + 1] !== K) continue;
      const kind = uint16At(chunk, at + 2);
      if (kind === ENDED) return undefined;
      if (kind !== LOCAL && kind !== LISTED) continue;
      source.pass(at - from);
      return kind;
    }
    return undefined;
  }

  private readEntry(handle: ZlibHandle): WholeEntry | 'taken' | undefined {
    const { chunk, from, position } = this.source;
    const headerBytes = headerBytesOf(chunk, from);
    if (headerBytes === undefined || from + headerBytes > chunk.length) return undefined;
    const start = from + headerBytes;
    const method = uint16At(chunk, from + 8);
    const content = this.contentOf(method, handle, start);
    if (content === undefined) return undefined;
    const { output, used: storedBytes } = content;
    const nameBytes = chunk.subarray(from + FIXED_BYTES, from + FIXED_BYTES + uint16At(chunk, from + 26));
    this.directory.note(position, { name: nameBytes, method, storedBytes });
    this.source.pass(headerBytes + storedBytes);
    const name = Buffer.from(nameBytes.buffer, nameBytes.byteOffset, nameBytes.length).toString('latin1');
    return this.take({ name }, output) ? 'taken' : { name, content: new Uint8Array(output) };
  }

  /** @param start of it in the chunk */
  private contentOf(method: number, handle: ZlibHandle, start: number): Content | undefined {
    const { chunk, from } = this.source;
    if ((uint16At(chunk, from + 6) & FLAG.encrypted) !== 0) return undefined;
    if (method === METHOD.deflated) return this.inflate(handle, chunk, start);
    return method === METHOD.stored ? storedIn(chunk, from, start) : undefined;
  }

  /** Unpacks what is small, and ends before the chunk does. */
  private inflate(handle: ZlibHandle, chunk: Uint8Array, start: number): Content | undefined {
    if (!this.mayBeSmall) return undefined;
    try {
      handle.reset();
      const step = handle.step(chunk, start);
      this.mayBeSmall = !step.isFull;
      return step.isFull || step.used === chunk.length - start ? undefined : step;
    } catch (thrown) {
      if (codeOf(thrown) === '') throw thrown;
      return undefined; // a stream tells why
    }
  }

  private readLine(): boolean {
    const { source, directory } = this;
    const { chunk, from, position } = source;
    if (chunk.length - from < LINE_BYTES) return false;
    const length = LINE_BYTES + uint16At(chunk, from + 28) + uint16At(chunk, from + 30);
    if (chunk.length - from < length) return false;
    directory.line(chunk.subarray(from, from + length), position);
    source.pass(length);
    return true;
  }
}

/** Content that is stored as it is, if its header tells its size and all of it is there. */
function storedIn(chunk: Uint8Array, from: number, start: number): Content | undefined {
  const used = uint32At(chunk, from + 18);
  const isBehind = (uint16At(chunk, from + 6) & FLAG.behind) !== 0;
  if (used === ALL_ONES || (isBehind && used === 0) || start + used > chunk.length) return undefined;
  return { output: chunk.subarray(start, start + used), used };
}
