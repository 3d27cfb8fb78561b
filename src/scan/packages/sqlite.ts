/**
 * Reads the blobs of one table of an SQLite database: enough for the database of RPM, and nothing that runs SQL. Rows
 * that are only in a write-ahead log are not seen.
 * @see SQLite, "Database File Format", sections 1.3, 1.5, 1.6, 2.1 and 2.6
 */
export class SqliteFile {
  private readonly bytes: DataView;
  private readonly whole: Uint8Array;
  private readonly pageBytes: number;
  /** bytes of a page without the reserved ones at its end */
  private readonly usable: number;
  private readonly pages: number;

  /** @throws {RangeError} where the header is not that of an SQLite database */
  constructor(whole: Uint8Array) {
    this.whole = whole;
    this.bytes = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
    if (whole.length < 512 || latin1(whole.subarray(0, 16)) !== 'SQLite format 3\0')
      throw new RangeError('not an SQLite database');
    const size = this.bytes.getUint16(16);
    this.pageBytes = size === 1 ? 65_536 : size;
    this.usable = this.pageBytes - (whole[20] ?? 0);
    if (this.pageBytes < 512 || (this.pageBytes & (this.pageBytes - 1)) !== 0 || this.usable < 480)
      throw new RangeError('an SQLite database without a page size');
    this.pages = Math.floor(whole.length / this.pageBytes);
  }

  /**
   * The values of a column that are blobs or texts, in the order of the rows.
   * @param column from 0
   * @throws {RangeError} where a page, cell or record is not as the format says
   */
  *column(table: string, column: number): Generator<Uint8Array> {
    const root = this.rootOf(table);
    if (root === undefined) return;
    for (const record of this.records(root)) {
      const value = fieldOf(record, column);
      if (value !== undefined) yield value;
    }
  }

  /** The schema is a table itself: type, name, tbl_name, rootpage, sql. */
  private rootOf(table: string): number | undefined {
    for (const record of this.records(1)) {
      const [type, name, root] = [0, 1, 3].map((field) => fieldOf(record, field));
      if (type === undefined || name === undefined || root === undefined) continue;
      if (latin1(type) === 'table' && latin1(name) === table) return bigEndian(root);
    }
    return undefined;
  }

  /**
   * The records of a table, page by page. A page counts once, and all records are no longer than the file: a database can
   * be made that goes in a circle, or names one long record in every cell.
   */
  private *records(root: number): Generator<Uint8Array> {
    let left = this.whole.length;
    const seen = new Set<number>();
    const stack = [root];
    for (let page = stack.pop(); page !== undefined; page = stack.pop()) {
      if (seen.has(page)) throw new RangeError('a page of the table comes twice');
      seen.add(page);
      const start = this.startOf(page);
      const head = start + (page === 1 ? 100 : 0);
      const kind = this.bytes.getUint8(head);
      const cells = this.bytes.getUint16(head + 3);
      if (kind === 0x0d) {
        for (let cell = 0; cell < cells; cell++) {
          const record = this.record(start + this.bytes.getUint16(head + 8 + 2 * cell), start + this.usable);
          left -= record.length + 2; // and what leads to it
          if (left < 0) throw new RangeError('the records are longer than the file that they are in');
          yield record;
        }
      } else if (kind === 0x05) {
        stack.push(this.bytes.getUint32(head + 8));
        for (let cell = cells - 1; cell >= 0; cell--)
          stack.push(this.bytes.getUint32(start + this.bytes.getUint16(head + 12 + 2 * cell)));
      } else throw new RangeError('a page of the table is none');
    }
  }

  /** A cell: length, row id, and as much of the record as a page takes; the rest is a chain of pages. */
  private record(at: number, end: number): Uint8Array {
    const [length, afterLength] = varint(this.whole, at);
    const [, start] = varint(this.whole, afterLength);
    if (length > this.whole.length) throw new RangeError('a record longer than its database');
    const local = this.localBytes(length);
    if (start + local > end) throw new RangeError('a record goes past its page');
    if (local === length) return this.whole.subarray(start, start + length);
    const record = new Uint8Array(length);
    record.set(this.whole.subarray(start, start + local));
    let filled = local;
    let next = this.bytes.getUint32(start + local);
    while (filled < length) {
      const from = this.startOf(next);
      const part = this.whole.subarray(from + 4, from + Math.min(this.usable, 4 + length - filled));
      record.set(part, filled);
      filled += part.length;
      next = this.bytes.getUint32(from);
    }
    return record;
  }

  private localBytes(length: number): number {
    if (length <= this.usable - 35) return length;
    const least = Math.floor(((this.usable - 12) * 32) / 255) - 23;
    const fitting = least + ((length - least) % (this.usable - 4));
    return fitting <= this.usable - 35 ? fitting : least;
  }

  private startOf(page: number): number {
    if (page < 1 || page > this.pages) throw new RangeError('a page that is not in the database');
    return (page - 1) * this.pageBytes;
  }
}

/** A field of a record as its bytes; nothing for NULL, the constants 0 and 1, and fields that are not there. */
function fieldOf(record: Uint8Array, wanted: number): Uint8Array | undefined {
  const [headBytes, first] = varint(record, 0);
  let at = first;
  let start = headBytes;
  for (let field = 0; at < headBytes; field++) {
    const [type, next] = varint(record, at);
    const length = type < 12 ? (INTEGER_BYTES[type] ?? 0) : Math.floor((type - 12) / 2);
    if (field === wanted) {
      if (start + length > record.length) throw new RangeError('a field goes past its record');
      return length === 0 ? undefined : record.subarray(start, start + length);
    }
    at = next;
    start += length;
  }
  return undefined;
}

/** By serial type. */
const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0];

/** A number of 7 bits a byte, high bits first, at most 9 bytes; and where it ends. */
function varint(bytes: Uint8Array, start: number): readonly [value: number, end: number] {
  let value = 0;
  for (let at = start; at < start + 9; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw new RangeError('a number is cut off');
    if (at === start + 8) return [value * 256 + byte, at + 1];
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + 1];
  }
  throw new RangeError('a number without an end');
}

function bigEndian(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
