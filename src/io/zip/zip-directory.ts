import { crc32 } from 'node:zlib';
import { ALL_ONES, uint16At, uint32At } from './zip-header.ts';

/** The first four bytes of a line of the central directory, and of its end: `PK\x01\x02`, `PK\x05\x06`. */
export const LINE = 'PK\u0001\u0002';
export const END = 'PK\u0005\u0006';
/** Bytes of a line before its name, and of the end before its comment. */
export const LINE_BYTES = 46;
export const END_BYTES = 22;

const ZIP64 = 0x0001;

/** An entry as it was read: how it is compressed, and to how many bytes. */
export interface ReadEntry {
  /** its bytes, which are not kept */
  readonly name: Uint8Array;
  readonly method: number;
  /** bytes as stored; absent where the entry could not be read, and is told of by itself */
  readonly storedBytes?: number;
}

/**
 * Holds what was read of a zip, header by header, against its central directory. Most readers go by the directory
 * alone: a header that says less than it, or other things, would make them see another content than we have seen.
 */
export class ZipDirectory {
  /** by the position of its header, what was read there; 0 where nothing can be said of it */
  private readonly read = new Map<number, number>();
  /** where offset 0 may lie, as long as every line fits */
  private bases: readonly number[] | undefined;
  private firstLine: number | undefined;
  /** whether every line so far leads to what was read */
  isTrue = true;

  /** @param position of its local header */
  note(position: number, { name, method, storedBytes }: ReadEntry): void {
    this.bases ??= [...new Set([0, position])];
    this.read.set(position, storedBytes === undefined ? 0 : markOf(name, method, storedBytes));
  }

  /**
   * @param bytes a line with its name and its extra fields
   * @see APPNOTE.TXT 6.3.10, section 4.3.12
   */
  line(bytes: Uint8Array, position: number): void {
    this.firstLine ??= position;
    const nameEnd = LINE_BYTES + uint16At(bytes, 28);
    const [storedBytes, offset] = sizesOf(bytes, nameEnd);
    const mark = markOf(bytes.subarray(LINE_BYTES, nameEnd), uint16At(bytes, 10), storedBytes);
    const bases = this.bases ?? [];
    const fits = (base: number) => {
      const read = this.read.get(base + offset);
      return read === mark || read === 0;
    };
    if (!bases.every(fits)) this.bases = bases.filter(fits);
    if (this.bases === undefined || this.bases.length === 0) this.isTrue = false;
  }

  /** The end of the directory; what follows is another zip. @see APPNOTE.TXT 6.3.10, section 4.3.16 */
  end(bytes: Uint8Array, position: number): void {
    const view = viewOf(bytes);
    const [size, offset] = [view.getUint32(12, true), view.getUint32(16, true)];
    // Readers count back from here to the first line, and from there to offset 0.
    const isPlain = size !== ALL_ONES && offset !== ALL_ONES && view.getUint16(10, true) !== 0xffff;
    if (isPlain && this.firstLine !== undefined) {
      const base = position - size - offset;
      if (this.firstLine !== position - size || this.bases?.includes(base) !== true) this.isTrue = false;
    }
    this.bases = undefined;
    this.firstLine = undefined;
  }
}

const numbers = Buffer.alloc(10);

/** Never 0. */
function markOf(name: Uint8Array, method: number, storedBytes: number): number {
  numbers.writeUInt16LE(method);
  numbers.writeDoubleLE(storedBytes, 2);
  return crc32(name, crc32(numbers)) + 1;
}

/** The stored size and the offset of the header: in their places, or among the extra fields in this order. */
function sizesOf(line: Uint8Array, nameEnd: number): readonly [number, number] {
  const [size, stored, offset] = [uint32At(line, 24), uint32At(line, 20), uint32At(line, 42)];
  if (size !== ALL_ONES && stored !== ALL_ONES && offset !== ALL_ONES) return [stored, offset];
  const large = zip64Of(line.subarray(nameEnd));
  const take = (value: number) => {
    if (value !== ALL_ONES) return value;
    const next = large.shift();
    return next === undefined ? value : Number(next);
  };
  take(size);
  return [take(stored), take(offset)];
}

function zip64Of(extra: Uint8Array): bigint[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === ZIP64) {
      const numbers: bigint[] = [];
      for (let one = at + 4; one + 8 <= Math.min(end, extra.length); one += 8)
        numbers.push(view.getBigUint64(one, true));
      return numbers;
    }
    at = end;
  }
  return [];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
