const HASH_MAGIC = 0x061561;
const HASH_PAGES = [2, 13]; // unsorted and sorted
const OVERFLOW_PAGE = 7;
const ITEM_ON_PAGE = 1;
const ITEM_OFF_PAGE = 3;
const PAGE_HEAD = 26; // bytes

/**
 * The headers in `Packages`, a hash of Berkeley DB (CentOS 7, RHEL 8): pages with pairs of key and value, where a value
 * that does not fit, as no header does, lies in a chain of overflow pages.
 * @throws {RangeError} where it is not such a database
 * @see Berkeley DB, src/dbinc/db_page.h
 */
export function* headersOfBdb(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 512) throw new RangeError('not a database');
  const little = view.getUint32(12, true) === HASH_MAGIC;
  if (!little && view.getUint32(12) !== HASH_MAGIC) throw new RangeError('not a hash');
  const pageBytes = view.getUint32(20, little);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0)
    throw new RangeError('a database without a page size');
  for (let start = pageBytes; start + pageBytes <= bytes.length; start += pageBytes) {
    if (!HASH_PAGES.includes(view.getUint8(start + 25))) continue;
    const items = view.getUint16(start + 20, little);
    if (PAGE_HEAD + 2 * items > pageBytes) throw new RangeError('a page with too many items');
    for (let item = 1; item < items; item += 2) {
      const at = start + view.getUint16(start + PAGE_HEAD + 2 * item, little);
      const kind = view.getUint8(at);
      if (kind === ITEM_ON_PAGE) continue; // the last number that was given out
      if (kind !== ITEM_OFF_PAGE) throw new RangeError('an item of no known kind');
      if (at + 12 > start + pageBytes) throw new RangeError('an item goes past its page');
      yield chainOf(
        bytes,
        view,
        pageBytes,
        little,
        view.getUint32(at + 4, little),
        view.getUint32(at + 8, little),
      );
    }
  }
}

function chainOf(
  bytes: Uint8Array,
  view: DataView,
  pageBytes: number,
  little: boolean,
  first: number,
  length: number,
): Uint8Array {
  if (length > bytes.length) throw new RangeError('a value longer than its database');
  const value = new Uint8Array(length);
  let filled = 0;
  for (let page = first; filled < length; ) {
    const start = page * pageBytes;
    if (page === 0 || start + pageBytes > bytes.length || view.getUint8(start + 25) !== OVERFLOW_PAGE)
      throw new RangeError('a chain leads to no page');
    const used = view.getUint16(start + 22, little); // of an overflow page, the bytes that it holds
    if (used === 0 || PAGE_HEAD + used > pageBytes) throw new RangeError('a page of a chain holds nothing');
    const part = bytes.subarray(start + PAGE_HEAD, start + PAGE_HEAD + Math.min(used, length - filled));
    value.set(part, filled);
    filled += part.length;
    page = view.getUint32(start + 16, little);
  }
  return value;
}
