import { endOfProgramHeaders, readElfHeader, readProgramHeaders } from '../../src/io/elf/elf-header.ts';
import { PACKERS } from '../io/compression/packers.ts';
import { makeElf } from './elf-file.ts';
import { encodeNrv } from './nrv-encoder.ts';

/** As UPX calls them on its command line; `lzma` is slow here, some 100 KB in a second. */
export type UpxMethod = 'nrv2b' | 'nrv2d' | 'nrv2e' | 'lzma';

export interface PackOptions {
  /** every `UPX!` is zeros, and so is what the packed program says of itself that it need not know */
  readonly wiped?: boolean;
  /** bits in a word of the NRV codes; 32 where absent */
  readonly wordBits?: 8 | 16 | 32;
  /** the byte that says the method, where it should say another one */
  readonly methodByte?: number;
}

const METHODS: Readonly<Record<UpxMethod, number>> = { nrv2b: 2, nrv2d: 5, nrv2e: 8, lzma: 14 };
const MAGIC = Buffer.from('UPX!');
/** Stands for the code that unpacks: no block is in it, though some of it looks like one. */
const LOADER = Buffer.concat([
  Buffer.from('\nlooked through for a block\n'),
  Buffer.from(Uint32Array.of(5000, 40, 8, 1, 2, 3, 9, 9, 0, 77, 30, 12, 2, 7, 7).buffer),
]);

/**
 * Packs an ELF file as UPX 4 does: headers, segments, the code that unpacks, what stood behind the segments, and the
 * mark of the end. It could not be started, as that code is none.
 */
export function packLikeUpx(elf: Uint8Array, method: UpxMethod, options: PackOptions = {}): Buffer {
  const header = readElfHeader(elf);
  if (header === undefined) throw new RangeError('only an ELF file can be packed');
  const { wiped = false } = options;
  const start = endOfProgramHeaders(header);
  const table = elf.subarray(header.programHeaders.offset, start);
  const ends = readProgramHeaders(header, table).map(({ offset, fileBytes }) => offset + fileBytes);
  const loadsEnd = Math.max(start, ...ends);
  const middle = Math.floor((start + loadsEnd) / 2);
  const isLittle = header.endian === 'little';
  const blocks = (...places: readonly number[]) =>
    places.slice(1).map((to, index) => block(elf.subarray(places[index], to), method, options, isLittle));
  const magic = wiped ? Buffer.alloc(4) : MAGIC;
  const info = [Buffer.alloc(4), magic, Buffer.from([4, 0, 14, 22]), words(isLittle, 0)];
  const sizes = wiped ? words(isLittle, 0, 0) : words(isLittle, elf.length, loadsEnd);
  const packed = Buffer.concat([...info, sizes, ...blocks(0, start, middle, loadsEnd)]);
  const trailer = Buffer.concat([magic, Buffer.alloc(28), words(isLittle, 0xf4)]);
  const body = Buffer.concat([
    packed,
    Buffer.alloc((4 - (packed.length % 4)) % 4),
    LOADER,
    Buffer.alloc((4 - (LOADER.length % 4)) % 4),
    ...blocks(loadsEnd, elf.length),
    words(isLittle, 0),
    magic,
    words(isLittle, 0),
    trailer,
  ]);
  return withBody(header, body);
}

/** A file with three program headers, the second of which covers all of it, and no sections. */
function withBody(
  { class: elfClass, endian, type, machine }: NonNullable<ReturnType<typeof readElfHeader>>,
  body: Buffer,
): Buffer {
  const none = new Uint8Array(0);
  return makeElf({
    class: elfClass,
    endian,
    type,
    machine,
    segments: [{ bytes: none, flags: 6 }, { bytes: body }, { bytes: none, flags: 6, type: 0x6474_e551 }],
  });
}

function block(plain: Uint8Array, method: UpxMethod, options: PackOptions, isLittle: boolean): Buffer {
  if (plain.length === 0) return Buffer.alloc(0);
  const packed = pack(plain, method, options);
  const {
    wordBits = 32,
    methodByte = METHODS[method] + (method === 'lzma' ? 0 : [32, 8, 16].indexOf(wordBits)),
  } = options;
  if (packed.length >= plain.length)
    return Buffer.concat([words(isLittle, plain.length, plain.length, 0), plain]);
  return Buffer.concat([
    words(isLittle, plain.length, packed.length),
    Buffer.from([methodByte, 0, 0, 0]),
    packed,
  ]);
}

function pack(plain: Uint8Array, method: UpxMethod, { wordBits = 32 }: PackOptions): Buffer {
  if (method === 'nrv2b') return encodeNrv(plain, 'b', wordBits);
  if (method === 'nrv2d') return encodeNrv(plain, 'd', wordBits);
  if (method === 'nrv2e') return encodeNrv(plain, 'e', wordBits);
  // lc 3, lp 0, pb 2, behind the header of a file
  return Buffer.concat([Buffer.from([0x1a, 0x03]), PACKERS.lzma(plain).subarray(13)]);
}

function words(isLittle: boolean, ...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries())
    isLittle ? bytes.writeUInt32LE(value, 4 * index) : bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}
