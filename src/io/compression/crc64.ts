/** The polynomial of ECMA-182, lowest bit first, in two halves. */
const LOW = 0xd7870f42;
const HIGH = 0xc96c5795;

const LOW_TABLE = new Int32Array(256);
const HIGH_TABLE = new Int32Array(256);
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
  LOW_TABLE[byte] = low;
  HIGH_TABLE[byte] = high;
}

/** CRC-64 as xz has it. @see xz file format 1.2.1, section 6 */
export class Crc64 {
  private low = -1;
  private high = -1;

  update(bytes: Uint8Array): void {
    let { low, high } = this;
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (LOW_TABLE[index] ?? 0);
      high = (high >>> 8) ^ (HIGH_TABLE[index] ?? 0);
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
