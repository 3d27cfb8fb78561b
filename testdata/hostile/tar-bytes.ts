import { END, file, type HeaderParts, header, pax, seal } from '../../test/io/tar-parts.ts';

/** Stands in the content that a hostile layer tries to hide. */
export const MARKER = ['HIDDEN', 'FROM', 'THE', 'GATE'].join('-');

/** A harmless entry, first in most archives. */
export function ok(): Buffer {
  return file('ok.txt', 'hello\n');
}

/** The entry that a hostile archive tries to hide. */
export function evil(name = 'evil.txt', parts: HeaderParts = {}): Buffer {
  return file(name, `${MARKER}\n`, parts);
}

/** `bytes` of body that are themselves a header and a file: whoever skips another number of bytes sees it. */
export function ghost(name = 'ghost.txt'): Buffer {
  return file(name, `${MARKER}\n`);
}

/** An archive of these parts and its end marker. */
export function tarOf(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...parts, END]);
}

/** A header with bytes written over it and the checksum made right again. */
export function patched(
  parts: HeaderParts,
  ...patches: readonly (readonly [number, string | Uint8Array])[]
): Buffer {
  const block = header(parts);
  for (const [at, bytes] of patches) Buffer.from(bytes as string, 'latin1').copy(block, at);
  return seal(block, parts.checksum ?? 'unsigned');
}

/** A number in base 256, big-endian in two's complement, the first bit set. */
export function base256(value: bigint, width = 12): string {
  const bytes = Buffer.alloc(width);
  let rest = BigInt.asUintN(width * 8, value);
  for (let at = width - 1; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  bytes[0] = (bytes[0] ?? 0) | 0x80;
  return bytes.toString('latin1');
}

/** An entry behind PAX records. */
export function withPax(records: Parameters<typeof pax>[0], entry: Uint8Array): Buffer {
  return Buffer.concat([pax(records), entry]);
}

/** A device: type 3 or 4. */
export function device(name: string, type: '3' | '4', major: number, minor: number): Buffer {
  const octal = (value: number) => `${value.toString(8).padStart(7, '0')}\0`;
  return patched({ name, type }, [329, octal(major)], [337, octal(minor)]);
}

const LINE =
  /^(?<path>.*?)(?: (?<arrow>->|=>) (?<target>.*?)|=(?<content>.*?)|(?<slash>\/)|(?<fifo>\|))?(?: %(?<mode>[0-7]+))?(?: \^(?<uid>\d+):(?<gid>\d+))?$/s;

/**
 * One entry as a line: `d/` a folder, `l -> t` a symlink, `h => t` a hardlink, `f=text` a file, `p|` a fifo;
 * then ` %4755` a mode and ` ^5:6` an owner.
 */
export function entry(line: string): Buffer {
  const { path = '', arrow, target, content, slash, fifo, mode, uid, gid } = LINE.exec(line)?.groups ?? {};
  const owner = uid === undefined ? {} : { uid: Number(uid), gid: Number(gid) };
  const common = { ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }), ...owner };
  const [name, long] = short('path', path);
  const [linkName, longLink] = short('linkpath', target ?? '');
  const records = { ...long, ...longLink };
  const head = Object.keys(records).length === 0 ? Buffer.alloc(0) : pax(records);
  if (arrow !== undefined)
    return Buffer.concat([head, header({ name, type: arrow === '->' ? '2' : '1', linkName, ...common })]);
  if (slash !== undefined)
    return Buffer.concat([head, header({ name: `${name}/`, type: '5', mode: 0o755, ...common })]);
  if (fifo !== undefined) return Buffer.concat([head, header({ name, type: '6', ...common })]);
  return Buffer.concat([head, file(name, content ?? '', common)]);
}

/** A layer of lines, see `entry`. */
export function lines(...texts: readonly string[]): Buffer {
  return tarOf(...texts.map(entry));
}

function short(key: string, text: string): readonly [string, Record<string, string>] {
  const bytes = Buffer.from(text).toString('latin1');
  return bytes.length <= 98 ? [bytes, {}] : [bytes.slice(0, 98), { [key]: bytes }];
}
