/** The first four bytes of a local header: `PK\x03\x04`. */
export const LOCAL_HEADER = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
/** Bytes of a local header before its name. */
export const FIXED_BYTES = 30;

/** Most bytes of a name that is taken for one. */
const NAME_LIMIT = 4096;
/** Highest version of the format that a reader could be asked for; what asks for more is no header. */
const VERSION_LIMIT = 63;
const ZIP64 = 0x0001;
const ALL_ONES = 0xffff_ffff;

/** What stands before the bytes of an entry. */
export interface ZipHeader {
  /** binary string: one character for each byte */
  readonly name: string;
  /** 0 stored, 8 deflated; others are in `METHODS` of APPNOTE */
  readonly method: number;
  readonly isEncrypted: boolean;
  /** bytes as stored; absent where they stand behind the entry, in its data descriptor */
  readonly storedBytes?: number;
  /** bytes of the whole header, name and extra fields included */
  readonly headerBytes: number;
}

/**
 * How many bytes a local header takes with its name and extra fields; `undefined` where these are no header, but
 * bytes that look like the first four of one.
 * @param fixed the first `FIXED_BYTES`, or what there is
 */
export function headerBytesOf(fixed: Uint8Array): number | undefined {
  if (fixed.length < FIXED_BYTES || (fixed[4] ?? 0) > VERSION_LIMIT) return undefined;
  const view = viewOf(fixed);
  const nameBytes = view.getUint16(26, true);
  const method = view.getUint16(8, true);
  if (nameBytes === 0 || nameBytes > NAME_LIMIT || (method > 20 && (method < 90 || method > 99)))
    return undefined;
  return FIXED_BYTES + nameBytes + view.getUint16(28, true);
}

/**
 * Reads a local header.
 * @param bytes as many as `headerBytesOf` says
 * @see APPNOTE.TXT 6.3.10, sections 4.3.7 and 4.5.3
 */
export function readZipHeader(bytes: Uint8Array): ZipHeader {
  const view = viewOf(bytes);
  const flags = view.getUint16(6, true);
  const nameEnd = FIXED_BYTES + view.getUint16(26, true);
  const size = view.getUint32(18, true);
  const storedBytes = size === ALL_ONES ? (zip64Size(bytes.subarray(nameEnd)) ?? size) : size;
  const isBehind = (flags & 0x08) !== 0;
  return {
    name: Buffer.from(bytes.subarray(FIXED_BYTES, nameEnd)).toString('latin1'),
    method: view.getUint16(8, true),
    isEncrypted: (flags & 0x01) !== 0,
    ...(isBehind && (storedBytes === 0 || size === ALL_ONES) ? {} : { storedBytes }),
    headerBytes: bytes.length,
  };
}

/** The stored size among the extra fields: behind the size of the content, and only for what has not its place. */
function zip64Size(extra: Uint8Array): number | undefined {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === ZIP64) {
      const place = length >= 16 ? at + 12 : at + 4;
      return place + 8 <= extra.length ? Number(view.getBigUint64(place, true)) : undefined;
    }
    at += 4 + length;
  }
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
