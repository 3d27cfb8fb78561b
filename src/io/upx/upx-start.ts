import {
  ELF_HEADER_BYTES,
  ELF_TYPE,
  type ElfHeader,
  endOfProgramHeaders,
  leadsToSections,
  readElfHeader,
} from '../elf/elf-header.ts';
import { BLOCK_HEADER_BYTES, type BlockHeader, isPackedBlock, readBlockHeader } from './upx-block.ts';

/** `UPX!`, in the second four bytes of `l_info`. */
const MAGIC = Buffer.from('UPX!');
/** Bytes of `l_info` and `p_info`, which stand between the program headers and the first block. */
export const INFO_BYTES = 24;

/** How a packed program begins. */
export interface UpxStart {
  readonly header: ElfHeader;
  /** of the first block's header in the file */
  readonly firstBlock: number;
  /** bytes of the program before it was packed, as it says; 0 where that was wiped out */
  readonly programBytes: number;
}

/**
 * Reads how a program begins that was packed by UPX. The magic may be wiped out, and most else: what the program itself
 * needs to unpack must be there.
 * @param head the first bytes of the file; 512 are enough for programs
 * @returns `undefined` where it is none; a packed library is not known by its beginning
 * @see UPX 4.2.3, src/stub/src/include/linux.h: `l_info`, `p_info`, `b_info`
 */
export function readUpxStart(head: Uint8Array): UpxStart | undefined {
  const header = readElfHeader(head.subarray(0, ELF_HEADER_BYTES));
  if (header === undefined || !isProgram(header)) return undefined;
  const info = endOfProgramHeaders(header);
  const firstBlock = info + INFO_BYTES;
  if (firstBlock + BLOCK_HEADER_BYTES > head.length) return undefined;
  const isMarked = MAGIC.equals(head.subarray(info + 4, info + 8));
  const block = readBlockHeader(head, firstBlock, header.endian);
  // Of a program that is not packed other bytes stand there: the name of its interpreter, or notes.
  if (!isMarked && !(isPackedBlock(block) && isHeaderBlock(block))) return undefined;
  return { header, firstBlock, programBytes: programBytesAt(head, firstBlock, header.endian) };
}

/** What `p_info` before a block says of the size of the program. */
export function programBytesAt(bytes: Uint8Array, firstBlock: number, endian: 'little' | 'big'): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(firstBlock - 8, endian === 'little');
}

/**
 * Whether a file may be a packed program, going by its first bytes: it begins like one, or has no section headers, as
 * then it must be looked through.
 */
export function mayBePacked(head: Uint8Array): boolean {
  const header = readElfHeader(head.subarray(0, ELF_HEADER_BYTES));
  if (header === undefined || !isProgram(header)) return false;
  return !leadsToSections(header, Number.POSITIVE_INFINITY) || readUpxStart(head) !== undefined;
}

function isProgram({ type }: ElfHeader): boolean {
  return type === ELF_TYPE.executable || type === ELF_TYPE.shared;
}

/** The first block holds the headers of the program, which are never filtered and seldom more than some KiB. */
function isHeaderBlock({ unpackedBytes, filter }: BlockHeader): boolean {
  return filter === 0 && unpackedBytes <= 0x10_0000;
}
