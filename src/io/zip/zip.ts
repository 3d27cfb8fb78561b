import { crc32 } from 'node:zlib';
import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import { ByteSource } from '../compression/byte-source.ts';
import { unbzip2 } from '../compression/bzip2.ts';
import { inflate } from '../compression/engine.ts';
import { paced } from '../compression/paced.ts';
import { unxz } from '../compression/xz.ts';
import { unzstd } from '../compression/zstd.ts';
import type { Limits } from '../limits.ts';
import { type TakeWhole, ZipAtHand } from './zip-at-hand.ts';
import { END, END_BYTES, LINE, LINE_BYTES, ZipDirectory } from './zip-directory.ts';
import {
  FIXED_BYTES,
  headerBytesOf,
  LOCAL_HEADER,
  METHOD,
  readZipHeader,
  type ZipHeader,
} from './zip-header.ts';

/** One entry of a zip. */
export interface ZipEntry {
  /** binary string: one character for each byte */
  readonly name: string;
  /** the content; must be read to its end before the next entry. Empty where it is unreadable */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** why the content cannot be had: `encrypted`, `zip method 14` */
  readonly unreadable?: string;
}

/** With which every header begins. */
const SIGNATURE = Buffer.from('PK');
const LOCAL = LOCAL_HEADER.toString('latin1');
const DESCRIPTOR = Buffer.from([0x50, 0x4b, 0x07, 0x08]);
const BZIP2 = 12;
const ZSTD = 93;
const XZ = 95;

/**
 * Reads a zip as a stream: each local header there is, wherever it lies, and behind each entry on from where its bytes
 * end, whatever its header says of their number. So entries that the central directory hides, that stand behind it,
 * that another one claims to cover, or that two archives in one file share between them are read as well.
 * @param source from the first header on, or before it; read to its end
 * @param take offered, before they would be given, entries that are small and at hand
 * @throws {PratiqueError} `ARCHIVE_INVALID` where an entry ends too early, and at the end where the central directory
 * leads to something else than what was read; from an entry's `bytes` also `COMPRESSION_INVALID` and `NOT_SUPPORTED`,
 * after which the next entry can be asked for
 * @see APPNOTE.TXT 6.3.10, section 4.3
 */
export async function* readZip(
  source: ByteSource,
  limits: Limits,
  where: string,
  take: TakeWhole = () => false,
): AsyncGenerator<ZipEntry> {
  const directory = new ZipDirectory();
  const atHand = new ZipAtHand(source, directory, take);
  for (;;) {
    for (let entry = atHand.read(); entry !== undefined; entry = atHand.read())
      yield { name: entry.name, bytes: once(entry.content) };
    if (!(await findSignature(source, SIGNATURE))) break;
    const at = source.position;
    const signature = Buffer.from(await source.peek(4)).toString('latin1');
    if (signature === LOCAL) atHand.passed(yield* readEntry(source, directory, limits, where));
    else if (signature === LINE) await readLine(source, directory);
    else if (signature === END) await readEnd(source, directory);
    if (source.position === at) await source.take(SIGNATURE.length);
  }
  if (!directory.isTrue) throw otherContent(where);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** @returns bytes of the content, where all of it was read */
async function* readEntry(
  source: ByteSource,
  directory: ZipDirectory,
  limits: Limits,
  where: string,
): AsyncGenerator<ZipEntry, number | undefined> {
  const headerAt = source.position;
  const headerBytes = headerBytesOf(await source.peek(FIXED_BYTES));
  if (headerBytes === undefined) return undefined;
  const taken = await source.take(headerBytes);
  if (taken === undefined) throw cutOff(where);
  const header = readZipHeader(taken);
  const { name, method } = header;
  const start = source.position;
  const entry = entryOf(source, header, limits, where);
  let length: number | undefined;
  yield { ...entry, bytes: counted(entry.bytes, (count) => (length = count)) };
  const storedBytes =
    method === METHOD.stored
      ? length
      : method === METHOD.deflated
        ? source.position - start
        : header.storedBytes;
  const isRead = entry.unreadable === undefined && length !== undefined && storedBytes !== undefined;
  directory.note(headerAt, { name: Buffer.from(name, 'latin1'), method, ...(isRead && { storedBytes }) });
  return length;
}

/** @param whole told how many bytes there were, once all have come */
async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  whole: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of bytes) {
    count += chunk.length;
    yield chunk;
  }
  whole(count);
}

async function readLine(source: ByteSource, directory: ZipDirectory): Promise<void> {
  const at = source.position;
  const fixed = Buffer.from(await source.peek(LINE_BYTES));
  if (fixed.length < LINE_BYTES) return;
  const bytes = await source.take(LINE_BYTES + fixed.readUInt16LE(28) + fixed.readUInt16LE(30));
  if (bytes !== undefined) directory.line(bytes, at);
}

async function readEnd(source: ByteSource, directory: ZipDirectory): Promise<void> {
  const at = source.position;
  const bytes = await source.take(END_BYTES);
  if (bytes !== undefined) directory.end(bytes, at);
}

function entryOf(source: ByteSource, header: ZipHeader, limits: Limits, where: string): ZipEntry {
  const { name, method, isEncrypted, storedBytes } = header;
  if (isEncrypted) return { name, bytes: nothing(), unreadable: 'encrypted' };
  if (method === METHOD.deflated) return { name, bytes: inflate(source, 'raw', where) };
  if (method === METHOD.stored) {
    const bytes =
      storedBytes === undefined ? untilDescriptor(source, where) : sliceOf(source, storedBytes, where);
    return { name, bytes };
  }
  if (![BZIP2, ZSTD, XZ].includes(method) || storedBytes === undefined)
    return { name, bytes: nothing(), unreadable: `zip method ${method}` };
  const frames = new ByteSource(sliceOf(source, storedBytes, where));
  if (method === ZSTD) return { name, bytes: unzstd(frames, ignore, limits.windowBytes, ignore, where) };
  return { name, bytes: paced(method === XZ ? unxz(frames, ignore) : unbzip2(frames, ignore)) };
}

function ignore(): void {}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** So many bytes of a source. @throws {PratiqueError} `ARCHIVE_INVALID` where fewer are left */
export async function* sliceOf(source: ByteSource, count: number, where: string): AsyncGenerator<Uint8Array> {
  for (let left = count; left > 0; ) {
    const chunk = await source.next();
    if (chunk === undefined) throw cutOff(where);
    const part = chunk.subarray(0, left);
    source.unread(chunk.subarray(part.length));
    left -= part.length;
    yield part;
  }
}

/** A stored entry whose size stands behind it: it ends where a descriptor fits what came before. */
async function* untilDescriptor(source: ByteSource, where: string): AsyncGenerator<Uint8Array> {
  let sum = 0;
  let length = 0;
  for (;;) {
    const chunk = await source.next();
    if (chunk === undefined) throw cutOff(where);
    const at = await splitAt(source, chunk, DESCRIPTOR);
    const data = chunk.subarray(0, at);
    sum = crc32(data, sum);
    length += data.length;
    if (data.length > 0) yield data;
    const descriptor = await source.peek(24);
    if (!startsWith(descriptor, DESCRIPTOR)) continue;
    const size = sizeOfDescriptor(descriptor, sum, length);
    if (size > 0) return void (await source.take(size));
    const [first] = DESCRIPTOR;
    const one = await source.take(1);
    if (one === undefined || one[0] !== first) continue;
    sum = crc32(one, sum);
    length += 1;
    yield one;
  }
}

/**
 * Bytes of a descriptor that tells of just this content; 0 where it is none. Of an empty entry both forms fit: the
 * shorter counts, as the longer would eat the next header.
 * @see APPNOTE.TXT, section 4.3.9
 */
function sizeOfDescriptor(bytes: Uint8Array, sum: number, length: number): 0 | 16 | 24 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16 || view.getUint32(4, true) !== sum) return 0;
  const low = length % 2 ** 32;
  if (view.getUint32(8, true) !== low) return 0;
  if (view.getUint32(12, true) === low) return 16;
  return bytes.length >= 24 && view.getBigUint64(8, true) === BigInt(length) ? 24 : 0;
}

/**
 * Goes to where a zip begins among other bytes, as behind a program, and leaves the source before it. Programs that
 * read zips hold the first bytes of a header, too: there a name that can be read must follow.
 * @returns whether there is one
 */
export async function findZip(source: ByteSource): Promise<boolean> {
  while (await findSignature(source, LOCAL_HEADER)) {
    const headerBytes = headerBytesOf(await source.peek(FIXED_BYTES));
    const header = headerBytes === undefined ? undefined : await source.peek(headerBytes);
    if (
      header?.length === headerBytes &&
      header !== undefined &&
      /^[^\0-\x1f]+$/.test(readZipHeader(header).name)
    )
      return true;
    await source.take(LOCAL_HEADER.length);
  }
  return false;
}

/** Goes to the next place where these bytes stand, and leaves the source before them. @returns whether there is one */
async function findSignature(source: ByteSource, signature: Uint8Array): Promise<boolean> {
  for (;;) {
    const chunk = source.nextNow() ?? (await source.next());
    if (chunk === undefined) return false;
    if ((await splitAt(source, chunk, signature)) < chunk.length) return true;
  }
}

/**
 * Gives back what of a chunk begins with a signature, be it that the next bytes complete it.
 * @returns how many bytes come before that
 */
async function splitAt(source: ByteSource, chunk: Uint8Array, signature: Uint8Array): Promise<number> {
  const found = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).indexOf(signature);
  const at = found >= 0 ? found : await tailAt(source, chunk, signature);
  source.unread(chunk.subarray(at));
  return at;
}

async function tailAt(source: ByteSource, bytes: Uint8Array, signature: Uint8Array): Promise<number> {
  for (let at = Math.max(0, bytes.length - signature.length + 1); at < bytes.length; at++) {
    const kept = bytes.length - at;
    if (!startsWith(bytes.subarray(at), signature.subarray(0, kept))) continue;
    if (startsWith(await source.peek(signature.length - kept), signature.subarray(kept))) return at;
  }
  return bytes.length;
}

function startsWith(bytes: Uint8Array, signature: Uint8Array): boolean {
  for (let at = 0; at < signature.length; at++) if (bytes[at] !== signature[at]) return false;
  return true;
}

function otherContent(where: string): PratiqueError {
  return new PratiqueError('ARCHIVE_INVALID', {
    what: 'the directory of an archive leads to something else than its headers do',
    where: printable(where),
  });
}

function cutOff(where: string): PratiqueError {
  return new PratiqueError('ARCHIVE_INVALID', {
    what: 'an archive ends inside an entry',
    where: printable(where),
  });
}
