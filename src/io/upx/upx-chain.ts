import { PratiqueError } from '../../errors.ts';
import { type ElfHeader, readElfHeader } from '../elf/elf-header.ts';
import {
  BLOCK_HEADER_BYTES,
  type BlockHeader,
  isPackedBlock,
  isPackedMethod,
  isStoredBlock,
  readBlockHeader,
  unpackBlock,
} from './upx-block.ts';

/** What unpacking may cost. */
export interface UpxBounds {
  /** bytes that one block may unpack to */
  readonly blockBytes: number;
  /** told of every try that failed, and the bytes it had made by then; throws where there are too many */
  readonly onWasted: (bytes: number) => void;
  /** told of a block that is larger than `blockBytes`; throws */
  readonly onTooLarge: () => never;
}

/** A piece of a block of a packed program. */
export interface BlockPiece {
  /** of the block's header in the file */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** the block stands behind code, and not behind another block */
  readonly isFound: boolean;
  /** bytes of the block that came before */
  readonly before: number;
  /** whether the block ends with it, as it should; of a block that is damaged no piece does */
  readonly isLast: boolean;
}

/** Bytes of a block that is found, up to which it is held until it is known to be one; a larger one is unpacked twice. */
const HELD = 4 * 1024 * 1024;

/** Whether four bytes are zero, as where a header would say that its block has no bytes. */
function isZeroAt(file: Uint8Array, at: number): boolean {
  return file[at] === 0 && file[at + 1] === 0 && file[at + 2] === 0 && file[at + 3] === 0;
}

/** The blocks of a file, wherever they stand. */
export class UpxChain {
  /** whether a block was there that could not be unpacked */
  isBroken = false;
  private readonly file: Uint8Array;
  private readonly endian: 'little' | 'big';
  private readonly bounds: UpxBounds;
  /** of the first block, and so of all */
  private method: number | undefined;

  constructor(file: Uint8Array, { endian }: ElfHeader, bounds: UpxBounds) {
    this.file = file;
    this.endian = endian;
    this.bounds = bounds;
  }

  /**
   * @param start where the first begins, or the search for it
   * @param isKnown whether it begins there, if anywhere; what is found elsewhere must be the header of an ELF file
   */
  *pieces(start: number, isKnown: boolean): Generator<BlockPiece> {
    let isNext = isKnown;
    for (let at = start; ; ) {
      if (!isNext) at = this.nextCandidate(at);
      if (at + BLOCK_HEADER_BYTES >= this.file.length) return;
      const header = readBlockHeader(this.file, at, this.endian);
      const isFound = !isNext;
      const bytes = isFound ? this.foundBlock(header, at) : this.nextBlock(header, at);
      isNext = bytes !== undefined && (yield* this.told(bytes, header, { at, isFound }));
      if (!isNext) {
        const end = at + BLOCK_HEADER_BYTES + header.packedBytes;
        // Behind a block that is damaged the next one follows as ever, at any place.
        isNext = !isFound && isPackedBlock(header) && this.isFollowed(end);
        at = isNext ? end : at + 1;
        continue;
      }
      if (isPackedBlock(header)) this.method ??= header.method;
      at += BLOCK_HEADER_BYTES + header.packedBytes;
    }
  }

  /** The next place, from `at` on, where a block might begin behind code: at multiples of 4, with a method that may be. */
  private nextCandidate(at: number): number {
    const { file, method } = this;
    let place = Math.ceil(at / 4) * 4;
    for (; place + BLOCK_HEADER_BYTES < file.length; place += 4) {
      const found = file[place + 8] as number;
      const mayBe = method === undefined ? isPackedMethod(found) : found === method || found === 0;
      if (mayBe && file[place + 11] === 0 && !isZeroAt(file, place + 4)) return place;
    }
    return place;
  }

  /** A block right behind another, or behind the headers: what looks like one must be one. */
  private nextBlock(header: BlockHeader, at: number): Iterable<Uint8Array> | undefined {
    const packed = this.packed(header, at);
    if (isStoredBlock(header) && packed !== undefined) return [packed];
    if (!isPackedBlock(header)) return undefined;
    if (header.unpackedBytes > this.bounds.blockBytes) this.bounds.onTooLarge();
    if (packed === undefined) this.isBroken = true;
    return packed && this.unpack(packed, header);
  }

  /** Tells of each piece of a block. @returns whether it is whole */
  private *told(
    bytes: Iterable<Uint8Array>,
    { unpackedBytes }: BlockHeader,
    block: Pick<BlockPiece, 'at' | 'isFound'>,
  ): Generator<BlockPiece, boolean> {
    let before = 0;
    try {
      for (const piece of bytes) {
        const isLast = before + piece.length === unpackedBytes;
        yield { ...block, bytes: piece, before, isLast };
        before += piece.length;
      }
      return true;
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown;
      this.isBroken = true;
      return false;
    }
  }

  /** A block behind code of any length: much looks like one and is none, and that code may hold one of its own. */
  private foundBlock(header: BlockHeader, at: number): Iterable<Uint8Array> | undefined {
    const packed = this.packed(header, at);
    if (packed === undefined) return undefined;
    if (this.method === undefined) return this.firstBlock(header, packed);
    const isStored = isStoredBlock(header) && header.method === 0;
    if (!isStored && !this.isAlike(header)) return undefined;
    if (!this.isFollowed(at + BLOCK_HEADER_BYTES + header.packedBytes)) return undefined;
    return isStored ? [packed] : this.tried(packed, header);
  }

  /** The first of a library may stand anywhere: it holds the header of the library. */
  private firstBlock(header: BlockHeader, packed: Uint8Array): Iterable<Uint8Array> | undefined {
    if (!this.isAlike(header)) return undefined;
    return this.tried(packed, header, (first) => readElfHeader(first) !== undefined);
  }

  /** What may be a block, unpacked to its end before any of it counts. @param fits asked of its first piece */
  private tried(
    packed: Uint8Array,
    header: BlockHeader,
    fits: (first: Uint8Array) => boolean = () => true,
  ): Iterable<Uint8Array> | undefined {
    const isHeld = header.unpackedBytes <= HELD;
    const held: Uint8Array[] = [];
    let isFirst = true;
    try {
      for (const piece of this.unpack(packed, header)) {
        if (isFirst && !fits(piece)) return undefined;
        isFirst = false;
        if (isHeld) held.push(piece);
        else this.bounds.onWasted(piece.length);
      }
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown;
      return undefined;
    }
    return isHeld ? held : this.unpack(packed, header);
  }

  /** Whether a header may stand before a block that is compressed as the others are. */
  private isAlike(header: BlockHeader): boolean {
    const isSmall = header.unpackedBytes <= this.bounds.blockBytes;
    return isPackedBlock(header) && isSmall && header.method === (this.method ?? header.method);
  }

  /** Whether at a place another block begins, or the mark of the end stands. */
  private isFollowed(at: number): boolean {
    if (at + BLOCK_HEADER_BYTES > this.file.length) return false;
    const header = readBlockHeader(this.file, at, this.endian);
    if (header.unpackedBytes === 0) return header.method === 0 && header.filter === 0 && header.extra === 0;
    return isStoredBlock(header) || this.isAlike(header);
  }

  /** The bytes behind a header; absent where there are not so many. */
  private packed({ packedBytes }: BlockHeader, at: number): Uint8Array | undefined {
    const from = at + BLOCK_HEADER_BYTES;
    return from + packedBytes > this.file.length ? undefined : this.file.subarray(from, from + packedBytes);
  }

  /** A block that is left before its end has cost something, too. @throws {PratiqueError} a fault of the block */
  private *unpack(packed: Uint8Array, header: BlockHeader): Generator<Uint8Array> {
    const work = { bytes: 0 };
    let isWhole = false;
    try {
      yield* unpackBlock(packed, header, work);
      isWhole = true;
    } finally {
      if (!isWhole) this.bounds.onWasted(work.bytes);
    }
  }
}

/** Whether a block cannot be unpacked, be it that it is none. */
function isFault(thrown: unknown): boolean {
  return thrown instanceof PratiqueError && /^(?:COMPRESSION_INVALID|NOT_SUPPORTED)$/.test(thrown.code);
}
