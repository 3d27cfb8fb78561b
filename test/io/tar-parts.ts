/** Fields of a header block that a test sets; texts are binary strings. */
export interface HeaderParts {
  readonly name?: string;
  readonly type?: string;
  /** written in octal; a text is written as it is */
  readonly size?: number | string;
  readonly mode?: number | string;
  readonly uid?: number | string;
  readonly gid?: number | string;
  readonly linkName?: string;
  readonly prefix?: string;
  /** magic and version, 8 bytes; ustar by default */
  readonly magic?: string;
  readonly checksum?: 'unsigned' | 'signed' | 'wrong';
}

export const GNU_MAGIC = 'ustar  \0';
/** The end marker. */
export const END = Buffer.alloc(1024);

/** One header block. */
export function header(parts: HeaderParts): Buffer {
  const block = Buffer.alloc(512);
  const put = (text: string, at: number) => block.write(text, at, 'latin1');
  put(parts.name ?? 'file', 0);
  put(octal(parts.mode ?? 0o644, 8), 100);
  put(octal(parts.uid ?? 0, 8), 108);
  put(octal(parts.gid ?? 0, 8), 116);
  put(octal(parts.size ?? 0, 12), 124);
  put(octal(0, 12), 136);
  put(parts.type ?? '0', 156);
  put(parts.linkName ?? '', 157);
  put(parts.magic ?? 'ustar\u000000', 257);
  put(parts.prefix ?? '', 345);
  return seal(block, parts.checksum ?? 'unsigned');
}

/** Writes the checksum of a block that a test has changed. */
export function seal(block: Buffer, kind: 'unsigned' | 'signed' | 'wrong' = 'unsigned'): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + (kind === 'signed' ? (byte << 24) >> 24 : byte), 0);
  block.write(`${(sum + (kind === 'wrong' ? 1 : 0)).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** A body with its padding. */
export function body(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as string, 'latin1');
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** A header and its body. */
export function file(name: string, content = '', parts: HeaderParts = {}): Buffer {
  return Buffer.concat([header({ name, size: content.length, ...parts }), body(content)]);
}

/** An extended header with these records. */
export function pax(
  records: Readonly<Record<string, string>> | readonly (readonly [string, string])[] | string,
  parts: HeaderParts = {},
): Buffer {
  const pairs = Array.isArray(records) ? records : Object.entries(records);
  const text = typeof records === 'string' ? records : pairs.map(paxRecord).join('');
  return Buffer.concat([
    header({ name: 'PaxHeaders/x', type: 'x', size: text.length, ...parts }),
    body(text),
  ]);
}

/** A GNU long name (`L`) or long link (`K`). */
export function gnuLong(type: 'L' | 'K', text: string): Buffer {
  return Buffer.concat([header({ name: '././@LongLink', type, size: text.length + 1 }), body(`${text}\0`)]);
}

function paxRecord([key, value]: readonly [string, string]): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length += 1;
  return `${length}${rest}`;
}

function octal(value: number | string, width: number): string {
  return typeof value === 'string' ? value : `${value.toString(8).padStart(width - 1, '0')}\0`;
}
