const PAGE = 4096; // bytes; a slot has 16
const BLOCK = 16; // bytes; blobs are counted in them

/**
 * The headers in `Packages.db`, RPM's own format of databases (SUSE): pages of slots, each with the place of a blob, and
 * the blobs with a head of 16 bytes and a tail of 12. All numbers are little-endian.
 * @throws {RangeError} where it is not such a database
 * @see rpm, lib/backend/ndb/rpmpkg.c
 */
export function* headersOfNdb(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PAGE || tagAt(bytes, 0) !== 'RpmP') throw new RangeError('not a database of packages');
  const slotsEnd = view.getUint32(12, true) * PAGE;
  if (slotsEnd > bytes.length) throw new RangeError('the slots are cut off');
  // The first two slots' places hold the head of the file.
  for (let slot = 32; slot < slotsEnd; slot += 16) {
    if (tagAt(bytes, slot) !== 'Slot') throw new RangeError('a slot is none');
    const [index, block] = [view.getUint32(slot + 4, true), view.getUint32(slot + 8, true)];
    if (index === 0) continue; // free
    const start = block * BLOCK;
    if (
      start + BLOCK > bytes.length ||
      tagAt(bytes, start) !== 'BlbS' ||
      view.getUint32(start + 4, true) !== index
    )
      throw new RangeError('a slot leads to no blob');
    const length = view.getUint32(start + 12, true);
    if (start + BLOCK + length > bytes.length) throw new RangeError('a blob is cut off');
    yield bytes.subarray(start + BLOCK, start + BLOCK + length);
  }
}

function tagAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, 4).toString('latin1');
}
