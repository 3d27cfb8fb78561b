import { readUpxStart } from '../upx/upx-start.ts';
import { ByteEntropy } from './byte-entropy.ts';
import type { ElfFacts, ElfSegment } from './elf-facts.ts';
import {
  ELF_TYPE,
  type ElfHeader,
  endOfProgramHeaders,
  leadsToSections,
  type ProgramHeader,
  readDynamic,
  readProgramHeaders,
  readSectionTypes,
  SEGMENT,
} from './elf-header.ts';
import { PassingBytes } from './passing-bytes.ts';

/** Above this a segment is compressed or encrypted: of 1,110 programs and libraries of Debian none had more. */
const PACKED_BITS = 7.2;
/** Bytes of program headers elsewhere; 1,024 of them, when four to fifteen are usual. */
const TABLE_BYTES = 56 * 1024;
/** Segments whose entropy is taken; loaders map four or five. More would only make the file dear to read. */
const MOST_SEGMENTS = 16;
const INTERPRETER_BYTES = 4096;
const DYNAMIC_BYTES = 64 * 1024;
/** Bytes of section headers; 4,096 of them. */
const SECTIONS_BYTES = 256 * 1024;
const SYMBOL_TABLE = 2;
const TAG = { soname: 14, flags1: 0x6fff_fffb } as const;
/** In `DT_FLAGS_1`: the file is a program, not a library. */
const IS_PIE = 0x0800_0000;

/** What is gathered of one ELF file, once its header is known. */
export class ElfReading {
  private readonly header: ElfHeader;
  private readonly startsPacked: boolean;
  private readonly unread: string[] = [];
  private loads: readonly ProgramHeader[] = [];
  /** by load; one for all where the program headers stand behind what they describe */
  private entropies: readonly ByteEntropy[] = [];
  private isDynamic = false;
  private interpreter: PassingBytes | undefined;
  private dynamic: PassingBytes | undefined;
  private readonly sections: PassingBytes | undefined;
  /** where the program headers end, as long as they have not gone by */
  private due: number | undefined;
  private table: PassingBytes | undefined;
  /** all of these that bytes are shown to */
  private gathered: readonly (ByteEntropy | PassingBytes)[] = [];

  /** @param head the first bytes of the file, which are passed as well */
  constructor(header: ElfHeader, head: Uint8Array) {
    this.header = header;
    this.startsPacked = readUpxStart(head) !== undefined;
    const { offset, count, entryBytes } = header.sectionHeaders;
    if (leadsToSections(header, Number.POSITIVE_INFINITY))
      this.sections = this.wanted('section headers', offset, count * entryBytes, SECTIONS_BYTES);
    const start = header.programHeaders.offset;
    const end = endOfProgramHeaders(header);
    if (end <= head.length) this.learn(head.subarray(start, end), 0);
    else {
      this.entropies = [new ByteEntropy(0, Number.POSITIVE_INFINITY)];
      this.table = this.wanted('program headers', start, end - start, TABLE_BYTES);
      this.due = start + this.table.bytes.length;
      this.gather();
    }
  }

  pass(bytes: Uint8Array, position: number): void {
    const { due, table } = this;
    if (due === undefined || table === undefined || due > position + bytes.length) {
      this.add(bytes, position);
      return;
    }
    // What the table speaks of is looked for from its end on, wherever a chunk ends.
    const before = bytes.subarray(0, Math.max(0, due - position));
    this.add(before, position);
    this.learnLate(table, due);
    this.add(bytes.subarray(before.length), position + before.length);
  }

  zeros(count: number, position: number): void {
    for (const one of this.gathered) one.addZeros(count, position);
    if (this.due !== undefined && this.table !== undefined && this.due <= position + count)
      this.learnLate(this.table, position + count);
  }

  /** @param fileBytes bytes of the whole file */
  facts(fileBytes: number): ElfFacts {
    if (this.due !== undefined) this.unread.push('the program headers');
    const { header, unread } = this;
    const segments = this.loads.map((load, at) => toSegment(load, this.entropies[at] ?? this.entropies[0]));
    for (const { offset, fileBytes: length } of segments)
      if (offset + length > fileBytes) unread.push('the end of a segment');
    const hasSections = leadsToSections(header, fileBytes);
    const interpreter = this.interpreterText();
    const type = this.type(interpreter !== undefined);
    const isStripped = hasSections ? this.isStripped() : undefined;
    return {
      class: header.class,
      endian: header.endian,
      type,
      machine: header.machine,
      isStatic: (type === 'executable' || type === 'pie') && this.interpreter === undefined,
      ...(interpreter !== undefined && { interpreter }),
      hasSections,
      ...(isStripped !== undefined && { isStripped }),
      segments,
      isPacked: this.startsPacked || (!hasSections && largest(segments) > PACKED_BITS),
      unread: [...new Set(unread)],
    };
  }

  private add(bytes: Uint8Array, position: number): void {
    if (bytes.length > 0) for (const one of this.gathered) one.add(bytes, position);
  }

  private gather(): void {
    const parts = [this.table, this.interpreter, this.dynamic, this.sections];
    this.gathered = [...this.entropies, ...parts.filter((part) => part !== undefined)];
  }

  private learnLate(table: PassingBytes, position: number): void {
    this.due = undefined;
    this.table = undefined;
    this.unread.push('the entropy of each segment, as the program headers stand behind them');
    this.learn(table.bytes, position);
  }

  /** @param position of the next byte that goes by; what stands before it is gone */
  private learn(table: Uint8Array, position: number): void {
    const lines = readProgramHeaders(this.header, table);
    const loads = lines.filter(({ type }) => type === SEGMENT.load);
    if (loads.length > MOST_SEGMENTS) this.unread.push(`more than ${MOST_SEGMENTS} segments`);
    this.loads = loads.slice(0, MOST_SEGMENTS);
    if (position === 0)
      this.entropies = this.loads.map(({ offset, fileBytes }) => new ByteEntropy(offset, offset + fileBytes));
    const interpreter = lines.find(({ type }) => type === SEGMENT.interpreter);
    const dynamic = lines.find(({ type }) => type === SEGMENT.dynamic);
    this.isDynamic = dynamic !== undefined;
    this.interpreter =
      interpreter && this.wantedSegment('the interpreter', interpreter, INTERPRETER_BYTES, position);
    this.dynamic = dynamic && this.wantedSegment('the dynamic section', dynamic, DYNAMIC_BYTES, position);
    this.gather();
  }

  private wantedSegment(
    what: string,
    { offset, fileBytes }: ProgramHeader,
    most: number,
    position: number,
  ): PassingBytes {
    if (offset < position) this.unread.push(what);
    return this.wanted(what, offset, fileBytes, most);
  }

  private wanted(what: string, offset: number, length: number, most: number): PassingBytes {
    if (length > most) this.unread.push(`all of ${what}`);
    return new PassingBytes(offset, Math.min(length, most));
  }

  private interpreterText(): string | undefined {
    if (this.interpreter === undefined) return undefined;
    if (!this.interpreter.isWhole) this.unread.push('the interpreter');
    const text = Buffer.from(this.interpreter.bytes).toString('latin1');
    const end = text.indexOf('\0');
    return end < 0 ? text : text.slice(0, end);
  }

  private isStripped(): boolean | undefined {
    const { header, sections } = this;
    if (sections?.isWhole !== true) {
      this.unread.push('the section headers');
      return undefined;
    }
    return !readSectionTypes(header, sections.bytes).includes(SYMBOL_TABLE);
  }

  private type(hasInterpreter: boolean): ElfFacts['type'] {
    switch (this.header.type) {
      case ELF_TYPE.relocatable:
        return 'relocatable';
      case ELF_TYPE.executable:
        return 'executable';
      case ELF_TYPE.core:
        return 'core';
      case ELF_TYPE.shared:
        return this.isProgram(hasInterpreter) ? 'pie' : 'shared-object';
      default:
        return 'other';
    }
  }

  /** Libraries that can be started, as that of C, have an interpreter and the name of a library. */
  private isProgram(hasInterpreter: boolean): boolean {
    if (!this.isDynamic) return true; // nothing could link against it
    if (this.dynamic?.isWhole === false) this.unread.push('the dynamic section');
    const tags = readDynamic(this.header, this.dynamic?.bytes ?? new Uint8Array(0));
    if (((tags.get(TAG.flags1) ?? 0) & IS_PIE) !== 0) return true;
    return hasInterpreter && !tags.has(TAG.soname);
  }
}

function toSegment(
  { offset, fileBytes, memoryBytes, flags }: ProgramHeader,
  entropy?: ByteEntropy,
): ElfSegment {
  return { offset, fileBytes, memoryBytes, flags, entropy: entropy?.bits ?? 0 };
}

/** The entropy of the segment with most bytes in the file. */
function largest(segments: readonly ElfSegment[]): number {
  return segments.reduce((most, one) => (one.fileBytes > most.fileBytes ? one : most), {
    fileBytes: 0,
    entropy: 0,
  }).entropy;
}
