import type { PaxRecords } from './pax.ts';
import { BLOCK, type Int64, readDecimal } from './tar-header.ts';

/** A run of data in a sparse file; everything between runs is holes. Both in bytes. */
export interface SparseRun {
  readonly offset: number;
  readonly length: number;
}

/** What the PAX records say of a sparse file. */
export interface SparseFile {
  /** a binary string; absent: the entry's own name counts */
  readonly name?: string;
  /** bytes of the file with its holes; absent: the entry's own size */
  readonly size?: Int64;
  /** as text in the records, or at the start of the body (format 1.0) */
  readonly map: readonly Int64[] | 'in-body';
}

/**
 * Finds GNU's sparse formats 0.0, 0.1 and 1.0 in PAX records. An unknown version is an ordinary file.
 * @returns nothing where the entry is not sparse; the reason where it cannot be read
 * @see GNU tar manual, "Storing Sparse Files"; Go archive/tar, `readGNUSparsePAXHeaders`
 */
export function readSparse(records: PaxRecords): SparseFile | string | undefined {
  const major = records.get('GNU.sparse.major') ?? '';
  const minor = records.get('GNU.sparse.minor') ?? '';
  const inBody = major === '1' && minor === '0';
  const inRecords = major === '0' && (minor === '0' || minor === '1');
  const unnamed = major === '' && minor === '' && (records.get('GNU.sparse.map') ?? '') !== '';
  if (!inBody && !inRecords && !unnamed) return undefined;
  const name = records.get('GNU.sparse.name') ?? '';
  const sizeText = records.get('GNU.sparse.size') || records.get('GNU.sparse.realsize') || '';
  const size = sizeText === '' ? undefined : readDecimal(sizeText);
  if (Number.isNaN(size)) return 'the size of a sparse file is not a number';
  const map = inBody ? 'in-body' : mapInRecords(records);
  if (map === undefined) return 'the map of a sparse file cannot be read';
  return { ...(name === '' ? {} : { name }), ...(size === undefined ? {} : { size }), map };
}

function mapInRecords(records: PaxRecords): readonly Int64[] | undefined {
  const count = readDecimal(records.get('GNU.sparse.numblocks') ?? '');
  const text = records.get('GNU.sparse.map') ?? '';
  const numbers = text === '' ? [] : text.split(',').map(readDecimal);
  // Compared as doubles; no map is long enough for that to matter.
  if (!(count >= 0) || numbers.length !== 2 * Number(count) || numbers.some(Number.isNaN)) return undefined;
  return numbers;
}

/** Gathers the map at the start of a body: lines of decimal numbers, the first tells how many pairs follow. */
export class SparseMapReader {
  private text = '';
  private lines = 0;
  private wanted = 1;
  /** bytes read so far, whole blocks */
  bytes = 0;

  /** @returns the map when it is complete; nothing while blocks are missing; the reason where it is wrong */
  addBlock(block: Uint8Array): readonly Int64[] | string | undefined {
    this.bytes += BLOCK;
    this.text += Buffer.from(block).toString('latin1');
    for (const byte of block) if (byte === 0x0a) this.lines += 1;
    if (this.wanted === 1 && this.lines >= 1) {
      const count = readDecimal(this.text.slice(0, this.text.indexOf('\n')));
      if (!(count >= 0)) return 'the map of a sparse file does not say how long it is';
      this.wanted = 1 + 2 * Number(count);
    }
    if (this.lines < this.wanted) return undefined;
    const numbers = this.text.split('\n', this.wanted).slice(1).map(readDecimal);
    return numbers.some(Number.isNaN) ? 'the map of a sparse file holds what is no number' : numbers;
  }
}

/**
 * Proves a map: runs in order, none overlapping, all inside the file, together exactly the body.
 * @param size bytes of the file with its holes
 * @param bodyBytes bytes of data in the archive
 * @returns the runs that are not empty, or the reason
 * @see Go archive/tar, `validateSparseEntries`
 */
export function sparseRuns(
  map: readonly Int64[],
  size: number,
  bodyBytes: number,
): readonly SparseRun[] | string {
  const runs: SparseRun[] = [];
  let end = 0;
  let total = 0;
  if (size < 0) return 'the size of a sparse file is negative';
  for (let index = 0; index < map.length; index += 2) {
    const offset = Number(map[index]);
    const length = Number(map[index + 1]);
    if (!(offset >= end) || !(length >= 0) || !(offset + length <= size))
      return 'the map of a sparse file contradicts itself';
    end = offset + length;
    total += length;
    if (length > 0) runs.push({ offset, length });
  }
  return total === bodyBytes ? runs : 'a sparse file holds more or fewer bytes than its map says';
}
