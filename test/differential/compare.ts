import { PratiqueError } from '../../src/errors.ts';
import type { EntryType } from '../../src/model/filesystem/layer-entry.ts';
import { type ReadEntry, readTar } from '../io/layers.ts';
import type { GoAnswer, GoEntry } from './go-reader.ts';

/** Small, so that a sparse file of a terabyte is refused instead of written out. */
const LIMITS = { writtenBytes: 4 * 1024 * 1024, recordBytes: 64 * 1024 };

/** `same`: both list it alike, or both reject it; `stricter`: Go lists it and we refuse, for a reason. */
export type Comparison =
  | { readonly kind: 'same'; readonly isListed: boolean }
  | { readonly kind: 'stricter'; readonly reason: string }
  | { readonly kind: 'difference'; readonly what: string };

const TYPES: Readonly<Record<string, EntryType>> = {
  0: 'file',
  1: 'hardlink',
  2: 'symlink',
  3: 'character',
  4: 'block',
  5: 'directory',
  6: 'fifo',
};

/** @param pieceBytes how our reader is given the archive */
export function compare(archive: Uint8Array, answer: GoAnswer, pieceBytes: number): Comparison {
  let ours: readonly ReadEntry[];
  try {
    ours = readTar(archive, LIMITS, pieceBytes).entries;
  } catch (thrown) {
    if (!(thrown instanceof PratiqueError) || thrown.code === 'INTERNAL')
      return { kind: 'difference', what: `our reader failed: ${thrown}` };
    return answer.Error === ''
      ? { kind: 'stricter', reason: reasonOf(thrown) }
      : { kind: 'same', isListed: false };
  }
  if (answer.Error !== '') return { kind: 'difference', what: `we list what Go rejects: ${answer.Error}` };
  const theirs = (answer.Entries ?? []).map(asText);
  const mine = ours.map(ourText);
  if (theirs.join('\n') === mine.join('\n')) return { kind: 'same', isListed: true };
  return { kind: 'difference', what: `Go:\n  ${theirs.join('\n  ')}\nwe:\n  ${mine.join('\n  ')}` };
}

function reasonOf({ code, problem: { what, why } }: PratiqueError): string {
  const text = (code === 'LIMIT_EXCEEDED' ? what : why) ?? what;
  return `${code}: ${text.replace(/".*"/, '…')}`;
}

/** All that a container sees of an entry, as one line. Bytes are hexadecimal. */
function line(parts: readonly (string | number | Uint8Array)[]): string {
  return parts
    .map((part) => (part instanceof Uint8Array ? Buffer.from(part).toString('hex') : part))
    .join(' ');
}

function asText(entry: GoEntry): string {
  const { Path, Link, Hash, Xattrs, Type, Size, Mode, Owner, Group, Time } = entry;
  const type = TYPES[String.fromCharCode(Type)] ?? `type ${Type}`;
  const bytes = (text: string) => Buffer.from(text, 'base64');
  return line([
    type,
    bytes(Path),
    Size,
    bytes(Hash),
    type === 'symlink' ? 0o777 : Mode,
    // To the kernel this id means: leave the owner, which is root.
    ...[Owner, Group].map((id) => (id === 0xffff_ffff ? 0 : id)),
    Time,
    type === 'symlink' || type === 'hardlink' ? bytes(Link) : '',
    bytes(Xattrs),
  ]);
}

function ourText(entry: ReadEntry): string {
  const { path, type, size, sha256, mode, uid, gid, mtime, linkPath, xattrs } = entry;
  const attributes = [...xattrs].map(([key, value]) => `${key}\0${Buffer.from(value).toString('latin1')}\0`);
  return line([
    type,
    bytesOf(path),
    size,
    Buffer.from(sha256, 'hex'),
    mode,
    uid,
    gid,
    mtime,
    bytesOf(linkPath),
    Buffer.from(attributes.sort().join(''), 'latin1'),
  ]);
}

/** The bytes that a name was read from: those that are not UTF-8 are U+DC00 + byte. */
function bytesOf(name: string): Buffer {
  return Buffer.concat(
    Array.from(name, (letter) => {
      const code = letter.charCodeAt(0);
      return code >= 0xdc80 && code <= 0xdcff && letter.length === 1
        ? Buffer.from([code - 0xdc00])
        : Buffer.from(letter);
    }),
  );
}
