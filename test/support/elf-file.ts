/** A segment that a made ELF file has, with its bytes. */
export interface MadeSegment {
  readonly bytes: Uint8Array;
  /** 1 executable, 2 writable, 4 readable; 5 where absent */
  readonly flags?: number;
  /** `PT_LOAD` where absent */
  readonly type?: number;
}

export interface ElfShape {
  readonly class?: 32 | 64;
  readonly endian?: 'little' | 'big';
  /** `e_type`; 2 where absent */
  readonly type?: number;
  readonly machine?: number;
  readonly segments?: readonly MadeSegment[];
  /** types of sections; no table where absent */
  readonly sections?: readonly number[];
  /** bytes between the ELF header and its program headers */
  readonly before?: number;
  /** bytes between the last segment and the sections */
  readonly behind?: Uint8Array;
}

/** An ELF file of these parts, one segment behind the other, and the section headers at its end. */
export function makeElf(shape: ElfShape = {}): Buffer {
  const { class: elfClass = 64, endian = 'little', segments = [], sections, before = 0 } = shape;
  const is64 = elfClass === 64;
  const [headerBytes, entryBytes, sectionBytes] = is64 ? [64, 56, 64] : [52, 32, 40];
  const table = headerBytes + before;
  const start = table + segments.length * entryBytes;
  const behind = shape.behind ?? new Uint8Array(0);
  const bodyBytes = segments.reduce((sum, { bytes }) => sum + bytes.length, 0) + behind.length;
  const file = Buffer.alloc(start + bodyBytes + (sections?.length ?? 0) * sectionBytes);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const isLittle = endian === 'little';
  const u16 = (at: number, value: number) => view.setUint16(at, value, isLittle);
  const u32 = (at: number, value: number) => view.setUint32(at, value, isLittle);
  const word = (at: number, value: number) =>
    is64 ? view.setBigUint64(at, BigInt(value), isLittle) : u32(at, value);
  file.write('\x7fELF', 'latin1');
  file.set([is64 ? 2 : 1, isLittle ? 1 : 2, 1], 4);
  u16(16, shape.type ?? 2);
  u16(18, shape.machine ?? (is64 ? 62 : 3));
  word(is64 ? 32 : 28, table);
  const counts = is64 ? 54 : 42;
  u16(counts, entryBytes);
  u16(counts + 2, segments.length);
  if (sections !== undefined) {
    word(is64 ? 40 : 32, start + bodyBytes);
    u16(counts + 4, sectionBytes);
    u16(counts + 6, sections.length);
    for (const [index, type] of sections.entries()) u32(start + bodyBytes + index * sectionBytes + 4, type);
  }
  let offset = start;
  for (const [index, { bytes, flags = 5, type = 1 }] of segments.entries()) {
    const at = table + index * entryBytes;
    const wordAt = (place: number) => at + place * (is64 ? 8 : 4);
    u32(at, type);
    u32(at + (is64 ? 4 : 24), flags);
    word(wordAt(1), offset);
    word(wordAt(4), bytes.length);
    word(wordAt(5), bytes.length);
    file.set(bytes, offset);
    offset += bytes.length;
  }
  file.set(behind, offset);
  return file;
}
