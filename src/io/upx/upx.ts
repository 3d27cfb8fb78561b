import {
  ELF_HEADER_BYTES,
  endOfProgramHeaders,
  leadsToSections,
  readElfHeader,
  readProgramHeaders,
  SEGMENT,
} from '../elf/elf-header.ts';
import { type BlockPiece, type UpxBounds, UpxChain } from './upx-chain.ts';
import { programBytesAt, readUpxStart } from './upx-start.ts';

/** What became of a program. */
export type UpxOutcome =
  /** all that it was before */
  | 'whole'
  /** not packed by UPX, as far as can be seen */
  | 'none'
  /** something in it could not be unpacked */
  | 'part';

/**
 * Unpacks a program, or library, that was packed by UPX: each block that there is, in the order of the file, as the
 * headers before them say. Between the blocks stands the code that unpacks them; how long it is, is not relied on: where
 * no block follows, the next is looked for. So it does not matter which of the marks were wiped out. What comes out is
 * for reading: calls are still filtered, and blocks of gaps between segments stand behind these.
 * @param file all of it
 * @yields bytes that begin with the header of an ELF file, as the program did
 * @see UPX 4.2.3, src/p_lx_elf.cpp and src/p_unix.cpp; 3.96 likewise
 */
export function* unpackUpx(file: Uint8Array, bounds: UpxBounds): Generator<Uint8Array, UpxOutcome> {
  const start = readUpxStart(file);
  const header = start?.header ?? readElfHeader(file.subarray(0, ELF_HEADER_BYTES));
  if (header === undefined) return 'none';
  const chain = new UpxChain(file, header, bounds);
  const sum = new Sum();
  let isWhole = false;
  let isBegun = false;
  for (const piece of chain.pieces(start?.firstBlock ?? endOfProgramHeaders(header), start !== undefined)) {
    // Of a library, and where an attacker changed the first block, the header stands in the file as it is.
    if (!isBegun && readElfHeader(piece.bytes) === undefined) yield file.subarray(0, piece.at);
    isBegun = true;
    sum.add(piece);
    isWhole ||= sum.is(programBytesAt(file, sum.first?.at ?? piece.at, header.endian));
    yield piece.bytes;
  }
  if (sum.first === undefined) return start === undefined ? 'none' : 'part';
  if (chain.isBroken) return 'part';
  if (start === undefined) return 'whole'; // of a library a part is left as it was: its size is no measure
  const isSaid = programBytesAt(file, sum.first.at, header.endian) > 0;
  return sum.isEnough && (isWhole || !isSaid) ? 'whole' : 'part';
}

/** How much of a program has come out. */
class Sum {
  /** the beginning of the first block that came out whole */
  first: BlockPiece | undefined;
  private bytes = 0;
  private readonly found = new Set<number>();
  /** the beginning of the block that is under way */
  private beginning: BlockPiece | undefined;

  add(piece: BlockPiece): void {
    if (piece.before === 0) this.beginning = piece;
    if (!piece.isLast) return;
    const size = piece.before + piece.bytes.length;
    this.first ??= this.beginning;
    this.bytes += size;
    if (piece.isFound && piece.at !== this.first?.at) this.found.add(size);
  }

  /** Whether it is just so many bytes. The code between the blocks may hold a block with more code, which is not counted. */
  is(programBytes: number): boolean {
    return programBytes > 0 && (this.bytes === programBytes || this.found.has(this.bytes - programBytes));
  }

  /** Whether it reaches as far as the program's own headers do. */
  get isEnough(): boolean {
    const bytes = this.first?.bytes ?? new Uint8Array(0);
    const header = readElfHeader(bytes);
    if (header === undefined) return false;
    const table = bytes.subarray(header.programHeaders.offset, endOfProgramHeaders(header));
    const loads = readProgramHeaders(header, table).filter(({ type }) => type === SEGMENT.load);
    const ends = loads.map(({ offset, fileBytes }) => offset + fileBytes);
    return (
      this.bytes >= Math.max(0, ...ends) &&
      leadsToSections(header, this.bytes) === leadsToSections(header, Number.POSITIVE_INFINITY)
    );
  }
}
