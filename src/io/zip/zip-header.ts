/** The first four bytes of a local header: `PK\x03\x04`. */
export const LOCAL_HEADER = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
/** Bytes of a local header before its name. */
export const FIXED_BYTES = 30;

/** Most bytes of a name that is taken for one. */
const NAME_LIMIT = 4096;
/** Highest version of the format that a reader could be asked for; what asks for more is no header. */
const VERSION_LIMIT = 63;
const ZIP64 = 0x0001;
/** A size that stands elsewhere. */
export const ALL_ONES = 0xffff_ffff;
/** Bits of the flags: the content is encrypted; its size stands behind it. */
export const FLAG = { encrypted: 0x01, behind: 0x08 } as const;
/** How content is stored: as it is, deflated. */
export const METHOD = { stored: 0, deflated: 8 } as const;

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
 * @param bytes with the first `FIXED_BYTES` from `at` on, or what there is
 */
export function headerBytesOf(bytes: Uint8Array, at = 0): number | undefined {
  if (bytes.length - at < FIXED_BYTES || (bytes[at + 4] as number) > VERSION_LIMIT) return undefined;
  const nameBytes = uint16At(bytes, at + 26);
  const method = uint16At(bytes, at + 8);
  if (nameBytes === 0 || nameBytes > NAME_LIMIT || (method > 20 && (method < 90 || method > 99)))
    return undefined;
  return FIXED_BYTES + nameBytes + uint16At(bytes, at + 28);
}

/** Two little-endian bytes, which are there. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

/** Four of them. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return uint16At(bytes, at) + uint16At(bytes, at + 2) * 0x1_0000;
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
  const isBehind = (flags & FLAG.behind) !== 0;
  return {
    name: Buffer.from(bytes.subarray(FIXED_BYTES, nameEnd)).toString('latin1'),
    method: view.getUint16(8, true),
    isEncrypted: (flags & FLAG.encrypted) !== 0,
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
