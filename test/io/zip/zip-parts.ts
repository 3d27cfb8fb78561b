import { crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';

/** An entry of a zip that a test makes. */
export interface ZipPart {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** deflated where absent */
  readonly method?: 'stored' | 'deflated' | 'zstd' | number;
  /** the sizes stand behind the content, as where it was written as a stream; `bare`: without a signature */
  readonly descriptor?: boolean | 'bare';
  readonly isEncrypted?: boolean;
  /** sizes stand in an extra field */
  readonly isZip64?: boolean;
  /** the central directory does not name it */
  readonly isHidden?: boolean;
}

const METHODS = { stored: 0, deflated: 8, zstd: 93 } as const;

/** A zip of these entries. */
export function makeZip(parts: readonly ZipPart[]): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const entry = localEntry(part);
    if (part.isHidden !== true) directory.push(centralEntry(part, offset));
    pieces.push(entry);
    offset += entry.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...pieces, central, end]);
}

/** The bytes of one entry, from its local header on. */
export function localEntry(part: ZipPart): Buffer {
  const content = Buffer.from(part.content as string);
  const method = methodOf(part);
  const data = pack(content, method);
  const behind = part.descriptor !== undefined && part.descriptor !== false;
  const zip64 = part.isZip64 === true;
  const name = Buffer.from(part.name);
  const extra = Buffer.alloc(zip64 ? 20 : 0);
  if (zip64) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(16, 2);
    extra.writeBigUInt64LE(BigInt(behind ? 0 : content.length), 4);
    extra.writeBigUInt64LE(BigInt(behind ? 0 : data.length), 12);
  }
  const header = Buffer.alloc(30);
  header.write('PK\u0003\u0004', 0, 'latin1');
  header.writeUInt16LE(zip64 ? 45 : 20, 4);
  header.writeUInt16LE((part.isEncrypted === true ? 1 : 0) | (behind ? 8 : 0), 6);
  header.writeUInt16LE(method, 8);
  if (!behind) header.writeUInt32LE(crc32(content), 14);
  header.writeUInt32LE(zip64 ? 0xffff_ffff : behind ? 0 : data.length, 18);
  header.writeUInt32LE(zip64 ? 0xffff_ffff : behind ? 0 : content.length, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  const descriptor = behind
    ? descriptorOf(content, data, zip64, part.descriptor === 'bare')
    : Buffer.alloc(0);
  return Buffer.concat([header, name, extra, data, descriptor]);
}

function methodOf({ method = 'deflated' }: ZipPart): number {
  return typeof method === 'number' ? method : METHODS[method];
}

function pack(content: Buffer, method: number): Buffer {
  if (method === METHODS.deflated) return deflateRawSync(content);
  return method === METHODS.zstd ? zstdCompressSync(content) : content;
}

function descriptorOf(content: Buffer, data: Buffer, isZip64: boolean, isBare: boolean): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(content));
  const sizes = Buffer.alloc(isZip64 ? 16 : 8);
  if (isZip64) {
    sizes.writeBigUInt64LE(BigInt(data.length), 0);
    sizes.writeBigUInt64LE(BigInt(content.length), 8);
  } else {
    sizes.writeUInt32LE(data.length, 0);
    sizes.writeUInt32LE(content.length, 4);
  }
  return Buffer.concat([Buffer.from(isBare ? '' : 'PK\u0007\u0008', 'latin1'), sum, sizes]);
}

function centralEntry(part: ZipPart, offset: number): Buffer {
  const content = Buffer.from(part.content as string);
  const method = methodOf(part);
  const name = Buffer.from(part.name);
  const header = Buffer.alloc(46);
  header.write('PK\u0001\u0002', 0, 'latin1');
  header.writeUInt16LE(method, 10);
  header.writeUInt32LE(crc32(content), 16);
  header.writeUInt32LE(pack(content, method).length, 20);
  header.writeUInt32LE(content.length, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, name]);
}
