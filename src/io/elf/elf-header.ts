/** The first four bytes of an ELF file. */
const MAGIC = 0x7f454c46;
/** Bytes of the longer of both headers. */
export const ELF_HEADER_BYTES = 64;

/** A table in an ELF file: so many entries of one size, one after another. */
interface Table {
  /** of its first byte in the file */
  readonly offset: number;
  readonly count: number;
  readonly entryBytes: number;
}

/** What stands at the start of an ELF file. */
export interface ElfHeader {
  readonly class: 32 | 64;
  readonly endian: 'little' | 'big';
  /** `e_type`: 1 relocatable, 2 executable, 3 shared object or PIE, 4 core */
  readonly type: number;
  /** `e_machine`: 62 x86-64, 183 AArch64, 3 i386, 40 ARM */
  readonly machine: number;
  readonly programHeaders: Table;
  readonly sectionHeaders: Table;
}

/** One line of the program header table: what a loader maps or reads. */
export interface ProgramHeader {
  /** `p_type`: see `SEGMENT` */
  readonly type: number;
  /** 1 executable, 2 writable, 4 readable */
  readonly flags: number;
  readonly offset: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

/** The values of `p_type` that are looked at. */
export const SEGMENT = { load: 1, dynamic: 2, interpreter: 3 } as const;
/** The values of `e_type`. */
export const ELF_TYPE = { relocatable: 1, executable: 2, shared: 3, core: 4 } as const;

/** Where the fields of either class stand. */
interface Layout {
  readonly headerBytes: number;
  readonly programHeaders: number;
  readonly sectionHeaders: number;
  /** of `e_phentsize`, behind which the other counts follow, two bytes each */
  readonly counts: number;
  readonly programEntry: number;
  readonly sectionEntry: number;
}

const LAYOUTS: Readonly<Record<32 | 64, Layout>> = {
  32: {
    headerBytes: 52,
    programHeaders: 28,
    sectionHeaders: 32,
    counts: 42,
    programEntry: 32,
    sectionEntry: 40,
  },
  64: {
    headerBytes: 64,
    programHeaders: 32,
    sectionHeaders: 40,
    counts: 54,
    programEntry: 56,
    sectionEntry: 64,
  },
};

/**
 * Reads the header of an ELF file.
 * @param bytes the first `ELF_HEADER_BYTES` of the file, or all there are
 * @returns `undefined` where they are no such header
 * @see System V ABI, chapter 4, "ELF Header"
 */
export function readElfHeader(bytes: Uint8Array): ElfHeader | undefined {
  const view = viewOf(bytes);
  if (bytes.length < LAYOUTS[32].headerBytes || view.getUint32(0) !== MAGIC) return undefined;
  const isLittle = isLittleEndian(view);
  const elfClass = classOf(view, isLittle);
  const layout = LAYOUTS[elfClass];
  if (bytes.length < layout.headerBytes) return undefined;
  const count = (index: number) => view.getUint16(layout.counts + 2 * index, isLittle);
  const address = (at: number) => readAddress(view, at, elfClass, isLittle);
  return {
    class: elfClass,
    endian: isLittle ? 'little' : 'big',
    type: view.getUint16(16, isLittle),
    machine: view.getUint16(18, isLittle),
    programHeaders: { offset: address(layout.programHeaders), entryBytes: count(0), count: count(1) },
    sectionHeaders: { offset: address(layout.sectionHeaders), entryBytes: count(2), count: count(3) },
  };
}

/** Linux does not look at the byte that tells; where the type makes no sense in that order, it is the other one. */
function isLittleEndian(view: DataView): boolean {
  const isSaid = view.getUint8(5) !== 2;
  const type = view.getUint16(16, isSaid);
  return type > 0 && type <= ELF_TYPE.core ? isSaid : type % 0x100 === 0 ? !isSaid : isSaid;
}

/** Linux goes by the machine, and wants program headers of the right size; so does this, where both are not agreed. */
function classOf(view: DataView, isLittle: boolean): 32 | 64 {
  const said = view.getUint8(4) === 1 ? 32 : 64;
  const other = said === 32 ? 64 : 32;
  return !fits(view, said, isLittle) && fits(view, other, isLittle) ? other : said;
}

function fits(view: DataView, elfClass: 32 | 64, isLittle: boolean): boolean {
  const { counts, programEntry } = LAYOUTS[elfClass];
  return counts + 2 <= view.byteLength && view.getUint16(counts, isLittle) === programEntry;
}

/** Bytes from the start of a file to the end of its program headers. */
export function endOfProgramHeaders({ programHeaders: { offset, count, entryBytes } }: ElfHeader): number {
  return offset + count * entryBytes;
}

/**
 * Whether the header leads to section headers: linkers write them always, packers never.
 * @param fileBytes bytes of the whole file; infinite where that is not known yet
 */
export function leadsToSections(header: ElfHeader, fileBytes: number): boolean {
  const { offset, count, entryBytes } = header.sectionHeaders;
  const hasRightSize = entryBytes === LAYOUTS[header.class].sectionEntry;
  // Where there are too many for `e_shnum` it is 0, and the first entry tells how many.
  return offset > 0 && hasRightSize && offset + Math.max(1, count) * entryBytes <= fileBytes;
}

/**
 * Reads the program headers.
 * @param table their bytes, or the first of them
 * @see System V ABI, chapter 5, "Program Header"
 */
export function readProgramHeaders(header: ElfHeader, table: Uint8Array): readonly ProgramHeader[] {
  const { programEntry } = LAYOUTS[header.class];
  const { entryBytes, count } = header.programHeaders;
  if (entryBytes !== programEntry) return []; // no loader takes these
  const view = viewOf(table);
  const isLittle = header.endian === 'little';
  const found: ProgramHeader[] = [];
  for (let at = 0; found.length < count && at + programEntry <= table.length; at += programEntry) {
    const address = (index: number) =>
      readAddress(view, at + (index * header.class) / 8, header.class, isLittle);
    const type = view.getUint32(at, isLittle);
    // The flags stand second in one class and seventh in the other.
    found.push({
      type,
      flags: view.getUint32(at + (header.class === 64 ? 4 : 24), isLittle),
      offset: address(1),
      fileBytes: address(4),
      memoryBytes: address(5),
    });
  }
  return found;
}

/** The types in a section header table. */
export function readSectionTypes(header: ElfHeader, table: Uint8Array): readonly number[] {
  const { sectionEntry } = LAYOUTS[header.class];
  const view = viewOf(table);
  const types: number[] = [];
  for (let at = 0; at + sectionEntry <= table.length; at += sectionEntry)
    types.push(view.getUint32(at + 4, header.endian === 'little'));
  return types;
}

/** The tags and values of a dynamic section, up to its end; a value past 2^53 loses its lowest bits. */
export function readDynamic(header: ElfHeader, section: Uint8Array): ReadonlyMap<number, number> {
  const step = header.class / 8;
  const view = viewOf(section);
  const found = new Map<number, number>();
  for (let at = 0; at + 2 * step <= section.length; at += 2 * step) {
    const tag = readAddress(view, at, header.class, header.endian === 'little');
    if (tag === 0) break;
    found.set(tag, readAddress(view, at + step, header.class, header.endian === 'little'));
  }
  return found;
}

function readAddress(view: DataView, at: number, elfClass: 32 | 64, isLittle: boolean): number {
  return elfClass === 32 ? view.getUint32(at, isLittle) : Number(view.getBigUint64(at, isLittle));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
