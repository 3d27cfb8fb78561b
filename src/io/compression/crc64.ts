/** The polynomial of ECMA-182, lowest bit first, in two halves. */
const LOW = 0xd7870f42;
const HIGH = 0xc96c5795;
/** Bytes that are taken at once. */
const SLICE = 8;

// By place in the slice and byte: what the byte does to the sum, with as many zeros behind it.
const LOWS = new Int32Array(SLICE * 256);
const HIGHS = new Int32Array(SLICE * 256);
for (let byte = 0; byte < 256; byte++) {
  let low = byte;
  let high = 0;
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) !== 0;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (!isOdd) continue;
    low ^= LOW;
    high ^= HIGH;
  }
  LOWS[byte] = low;
  HIGHS[byte] = high;
}
for (let place = 256; place < SLICE * 256; place++) {
  const low = LOWS[place - 256] as number;
  const high = HIGHS[place - 256] as number;
  LOWS[place] = ((low >>> 8) | (high << 24)) ^ (LOWS[low & 0xff] as number);
  HIGHS[place] = (high >>> 8) ^ (HIGHS[low & 0xff] as number);
}

/** CRC-64 as xz has it. @see xz file format 1.2.1, section 6 */
export class Crc64 {
  private low = -1;
  private high = -1;

  update(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const slices = bytes.length - (bytes.length % SLICE);
    let { low, high } = this;
    for (let at = 0; at < slices; at += SLICE) {
      const a = low ^ view.getInt32(at, true);
      const b = high ^ view.getInt32(at + 4, true);
      low = fold(LOWS, a, b);
      high = fold(HIGHS, a, b);
    }
    for (let at = slices; at < bytes.length; at++) {
      const index = (low ^ (bytes[at] as number)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (LOWS[index] as number);
      high = (high >>> 8) ^ (HIGHS[index] as number);
    }
    this.low = low;
    this.high = high;
  }

  /** The sum of what came so far, eight bytes, lowest first. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(~this.low, 0);
    bytes.writeInt32LE(~this.high, 4);
    return bytes;
  }
}

/** Half of the sum over eight bytes: the first four have the more behind them. */
function fold(table: Int32Array, a: number, b: number): number {
  return (
    (table[0x700 | (a & 0xff)] as number) ^
    (table[0x600 | ((a >>> 8) & 0xff)] as number) ^
    (table[0x500 | ((a >>> 16) & 0xff)] as number) ^
    (table[0x400 | (a >>> 24)] as number) ^
    (table[0x300 | (b & 0xff)] as number) ^
    (table[0x200 | ((b >>> 8) & 0xff)] as number) ^
    (table[0x100 | ((b >>> 16) & 0xff)] as number) ^
    (table[b >>> 24] as number)
  );
}
