import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

export interface PackedObject {
  readonly type: 'commit' | 'tree' | 'blob' | 'tag' | 'delta' | 'delta by name';
  readonly content: string | Buffer;
}

const TYPES = { commit: 1, tree: 2, blob: 3, tag: 4, delta: 6, 'delta by name': 7 } as const;

/** A git pack of these objects; `count` is what it says of their number. @see git, gitformat-pack(5) */
export function gitPack(objects: readonly PackedObject[], count = objects.length): Buffer {
  const head = Buffer.from('5041434b0000000200000000', 'hex');
  head.writeUInt32BE(count, 8);
  const body = Buffer.concat([head, ...objects.map(entryOf)]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

function entryOf({ type, content }: PackedObject): Buffer {
  const bytes = Buffer.from(content as string);
  const start = [((bytes.length > 15 ? 8 : 0) << 4) | (TYPES[type] << 4) | (bytes.length & 15)];
  const base = { delta: Buffer.from([0x81, 0x23]), 'delta by name': Buffer.alloc(20, 7) };
  return Buffer.concat([
    Buffer.from(start),
    ...(bytes.length > 15 ? [varint(Math.floor(bytes.length / 16))] : []),
    ...(type === 'delta' || type === 'delta by name' ? [base[type]] : []),
    deflateSync(bytes),
  ]);
}

/** The difference from an object of so many bytes: bytes taken from it, and bytes that are new. */
export function deltaOf(size: number, parts: readonly (number | string)[]): Buffer {
  const total = parts.reduce<number>((sum, part) => sum + (typeof part === 'number' ? part : part.length), 0);
  return Buffer.concat([
    varint(size),
    varint(total),
    ...parts.map((part) =>
      typeof part === 'number'
        ? Buffer.from([0x80 | 0x01 | 0x10 | 0x20, 5, part & 0xff, part >> 8])
        : Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]),
    ),
  ]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left >>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}
