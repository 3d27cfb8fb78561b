import { crc32 } from 'node:zlib';

/** Packs as the tools do, if not as well: literals alone, and each code in its simplest form. */
export const PACKERS = { xz, lzma, lzip, bzip2, lz4, compress } as const;

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);

/** LZMA's range coder, with lc=3, lp=0, pb=2. @see LZMA specification */
class LzmaPacker {
  private readonly bytes: number[] = [];
  private readonly probabilities = new Map<string, number>();
  private low = 0;
  private range = 2 ** 32 - 1;
  private cache = 0;
  private cached = 1;

  literals(plain: Uint8Array): void {
    for (const [at, byte] of plain.entries()) {
      this.bit(`match ${at % 4}`, 0);
      this.tree(`literal ${(at === 0 ? 0 : (plain[at - 1] ?? 0)) >> 5}`, byte, 8);
    }
  }

  /** Marks the end behind so many bytes. */
  end(size: number): void {
    this.bit(`match ${size % 4}`, 1);
    this.bit('repeat', 0);
    this.bit('length', 0);
    this.tree(`length ${size % 4}`, 0, 3);
    this.tree('slot', 63, 6);
    for (let left = 26; left > 0; left--) this.narrow(Math.floor(this.range / 2), 1);
    for (const place of [1, 3, 7, 15]) this.bit(`align ${place}`, 1);
  }

  finish(): Buffer {
    for (let left = 5; left > 0; left--) this.shift();
    return Buffer.from(this.bytes);
  }

  private tree(name: string, value: number, bits: number): void {
    let node = 1;
    for (let left = bits - 1; left >= 0; left--) {
      const bit = (value >> left) & 1;
      this.bit(`${name} ${node}`, bit);
      node = node * 2 + bit;
    }
  }

  private bit(place: string, bit: number): void {
    const probability = this.probabilities.get(place) ?? 1024;
    this.narrow(Math.floor(this.range / 2048) * probability, bit);
    const change = bit === 0 ? (2048 - probability) >> 5 : -(probability >> 5);
    this.probabilities.set(place, probability + change);
  }

  private narrow(bound: number, bit: number): void {
    this.low += bit * bound;
    this.range = bit === 0 ? bound : this.range - bound;
    while (this.range < 2 ** 24) {
      this.range *= 256;
      this.shift();
    }
  }

  private shift(): void {
    if (this.low < 0xff000000 || this.low >= 2 ** 32) {
      const carry = this.low >= 2 ** 32 ? 1 : 0;
      this.bytes.push((this.cache + carry) & 0xff);
      for (; this.cached > 1; this.cached--) this.bytes.push((0xff + carry) & 0xff);
      this.cached = 0;
      this.cache = Math.floor(this.low / 2 ** 24) & 0xff;
    }
    this.cached++;
    this.low = (this.low % 2 ** 24) * 256;
  }
}

function literals(plain: Uint8Array, isMarked: boolean): Buffer {
  const packer = new LzmaPacker();
  packer.literals(plain);
  if (isMarked) packer.end(plain.length);
  return packer.finish();
}

function lzma(plain: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('5d00000400ffffffffffffffff', 'hex'), literals(plain, true)]);
}

function lzip(plain: Uint8Array): Buffer {
  const packed = Buffer.concat([Buffer.from('LZIP\x01\x12', 'latin1'), literals(plain, true)]);
  return Buffer.concat([packed, u32(crc32(plain)), u64(plain.length), u64(packed.length + 20)]);
}

/** Chunks of LZMA2 in one block with a CRC-32. */
function xz(plain: Uint8Array): Buffer {
  const flags = Buffer.from([0, 1]);
  const header = sealed(Buffer.from([2, 0, 0x21, 1, 0x0c, 0, 0, 0]));
  const chunks: Buffer[] = [];
  for (let at = 0; at < plain.length; at += 30_000) chunks.push(chunk(plain.subarray(at, at + 30_000)));
  const block = Buffer.concat([header, ...chunks, Buffer.alloc(1)]);
  const unpadded = block.length + 4;
  const index = sealed(padded(Buffer.from([0, 1, ...variable(unpadded), ...variable(plain.length)])));
  const footer = Buffer.concat([u32(index.length / 4 - 1), flags]);
  return Buffer.concat([
    Buffer.from('fd377a585a00', 'hex'),
    sealed(flags),
    padded(block),
    u32(crc32(plain)),
    index,
    u32(crc32(footer)),
    footer,
    Buffer.from('YZ'),
  ]);
}

/** Begins anew, so that it stands by itself. */
function chunk(plain: Uint8Array): Buffer {
  const packed = literals(plain, false);
  const [size, packedSize] = [plain.length - 1, packed.length - 1];
  return Buffer.concat([
    Buffer.from([0xe0, size >> 8, size & 0xff, packedSize >> 8, packedSize & 0xff, 0x5d]),
    packed,
  ]);
}

const sealed = (bytes: Buffer) => Buffer.concat([bytes, u32(crc32(bytes))]);
const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

function variable(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...variable(Math.floor(value / 128))];
}

/** Matches of what was there four bytes long, or longer. */
function lz4(plain: Uint8Array): Buffer {
  const bytes = Buffer.from(plain);
  const out: number[] = [];
  let done = 0;
  for (let at = 1; at + 12 < bytes.length; at++) {
    const from = bytes.indexOf(bytes.subarray(at, at + 4), Math.max(0, at - 65_535));
    if (from >= at) continue;
    let length = 4;
    while (at + length + 5 < bytes.length && bytes[from + length] === bytes[at + length]) length++;
    sequence(out, bytes.subarray(done, at), length - 4);
    out.splice(out.length - more(length - 4).length, 0, (at - from) & 0xff, (at - from) >> 8);
    done = at + length;
    at = done - 1;
  }
  sequence(out, bytes.subarray(done), 0);
  return Buffer.concat([
    Buffer.from('04224d18604082', 'hex'),
    u32(out.length),
    Buffer.from(out),
    Buffer.alloc(4),
  ]);
}

function sequence(out: number[], literal: Uint8Array, match: number): void {
  out.push(Math.min(15, literal.length) * 16 + Math.min(15, match));
  out.push(...more(literal.length), ...literal, ...more(match));
}

function more(length: number): number[] {
  if (length < 15) return [];
  return [...Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255];
}

/** Without ever clearing its table. */
function compress(plain: Uint8Array): Buffer {
  const table = new Map<string, number>();
  const bits: number[] = [];
  let [width, free, groupStart] = [9, 257, 0];
  const put = (code: number) => {
    for (let bit = 0; bit < width; bit++) bits.push((code >> bit) & 1);
    if (free < 2 ** width || width === 16) return;
    while ((bits.length - groupStart) % (8 * width) > 0) bits.push(0);
    groupStart = bits.length;
    width++;
  };
  let code = plain[0];
  for (const byte of plain.subarray(1)) {
    const longer = table.get(`${code} ${byte}`);
    if (longer === undefined) {
      table.set(`${code} ${byte}`, free);
      put(code ?? 0);
      if (free < 65_536) free++;
    }
    code = longer ?? byte;
  }
  if (code !== undefined) put(code);
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (bit << (at & 7));
  return Buffer.concat([Buffer.from('1f9d90', 'hex'), bytes]);
}

/** One block, sorted the slow way, with two tables in which all codes are equally long. */
function bzip2(plain: Uint8Array): Buffer {
  const bits: number[] = [];
  const put = (value: number, count: number) => {
    for (let left = count - 1; left >= 0; left--) bits.push(Math.floor(value / 2 ** left) % 2);
  };
  const sum = crcOf(plain);
  const { last, origin } = sorted(Buffer.from(runs(plain)));
  const alphabet = [...new Set(last)].sort((a, b) => a - b);
  const symbols = toFront(last, alphabet);
  const width = Math.ceil(Math.log2(alphabet.length + 2));
  const groups = Math.ceil(symbols.length / 50);
  for (const [value, count] of [
    [0x314159, 24],
    [0x265359, 24],
    [sum, 32],
    [0, 1],
    [origin, 24],
  ] as const)
    put(value, count);
  for (let high = 0; high < 16; high++) put(alphabet.some((byte) => byte >> 4 === high) ? 1 : 0, 1);
  for (let high = 0; high < 16; high++)
    for (let low = 0; low < 16 && alphabet.some((byte) => byte >> 4 === high); low++)
      put(alphabet.includes(high * 16 + low) ? 1 : 0, 1);
  put(2, 3);
  put(groups, 15);
  put(0, groups);
  for (let table = 0; table < 2; table++) {
    put(width, 5);
    put(0, alphabet.length + 2);
  }
  for (const symbol of symbols) put(symbol, width);
  for (const [value, count] of [
    [0x177245, 24],
    [0x385090, 24],
    [sum, 32],
  ] as const)
    put(value, count);
  while (bits.length % 8 > 0) bits.push(0);
  const bytes = Buffer.alloc(bits.length / 8);
  for (const [at, bit] of bits.entries()) bytes[at >> 3] = ((bytes[at >> 3] ?? 0) << 1) | bit;
  return Buffer.concat([Buffer.from('BZh9'), bytes]);
}

function crcOf(plain: Uint8Array): number {
  let sum = -1;
  for (const byte of plain) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return ~sum >>> 0;
}

/** Behind four equal bytes, how many more there are. */
function runs(plain: Uint8Array): number[] {
  const out: number[] = [];
  for (let at = 0; at < plain.length; ) {
    let length = 1;
    while (length < 255 && plain[at + length] === plain[at]) length++;
    out.push(...Array<number>(Math.min(4, length)).fill(plain[at] ?? 0), ...(length < 4 ? [] : [length - 4]));
    at += length;
  }
  return out;
}

function sorted(bytes: Buffer): { readonly last: Uint8Array; readonly origin: number } {
  const twice = Buffer.concat([bytes, bytes]);
  const { length } = bytes;
  const order = [...bytes.keys()].sort((a, b) => twice.compare(twice, b, b + length, a, a + length));
  return { last: Uint8Array.from(order, (at) => twice[at + length - 1] ?? 0), origin: order.indexOf(0) };
}

/** Places in the alphabet, the last used first; of the first place, how often, in a number of ones and twos. */
function toFront(last: Uint8Array, alphabet: readonly number[]): number[] {
  const order = [...alphabet];
  const out: number[] = [];
  let run = 0;
  const endRun = () => {
    for (; run > 0; run = Math.floor((run - 1) / 2)) out.push((run - 1) % 2);
  };
  for (const byte of last) {
    const place = order.indexOf(byte);
    if (place === 0) run++;
    else {
      endRun();
      out.push(place + 1);
      order.unshift(...order.splice(place, 1));
    }
  }
  endRun();
  return [...out, alphabet.length + 1];
}
