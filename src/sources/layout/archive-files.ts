import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import { quoted } from '../../model/printable.ts';
import {
  type ArchiveHeader,
  BLOCK,
  brokenArchive,
  type PaxNaming,
  readArchiveHeader,
  readLongName,
  readPaxNaming,
} from './archive-header.ts';
import { isMissing, openRegular, unreadable } from './folder-files.ts';
import { absent, type LayoutFiles } from './layout-files.ts';

/** What the archive holds under one name. */
interface Member {
  readonly kind: 'file' | 'link' | 'folder' | 'other' | 'twice';
  /** byte of the archive at which the body starts */
  readonly offset: number;
  /** bytes */
  readonly size: number;
  /** name in the archive that a link leads to */
  readonly target?: string;
}

const CHUNK = 256 * 1024; // bytes read at once
const HOPS = 8; // links from one name to its file; `docker save` makes one

/**
 * The files of a tar archive, read where they lie: headers once, from first to last, then each body on demand.
 * Nothing is written to disk.
 */
export class ArchiveFiles implements LayoutFiles {
  readonly name: string;
  private readonly limits: Limits;
  private readonly openWhole: () => Promise<FileHandle>;
  private opened: Promise<{ file: FileHandle; members: ReadonlyMap<string, Member> }> | undefined;

  /** @param openWhole gives the archive where it is no file of that name; it is closed here */
  constructor(path: string, limits: Limits, openWhole = () => openArchive(path)) {
    this.name = path;
    this.limits = limits;
    this.openWhole = openWhole;
  }

  async sizeOf(path: string): Promise<number | undefined> {
    return (await this.find(path))?.size;
  }

  /** Where the content of a file starts; the same for two names of one file. */
  async offsetOf(path: string): Promise<number | undefined> {
    return (await this.find(path))?.offset;
  }

  async *read(path: string): AsyncIterable<Uint8Array> {
    const { file } = await this.open();
    const member = await this.find(path);
    if (member === undefined) throw absent(this, path);
    const end = member.offset + member.size;
    for (let at = member.offset; at < end; ) {
      const chunk = await readAt(file, at, Math.min(CHUNK, end - at));
      if (chunk.length === 0) throw brokenArchive(this.name, 'it became shorter while it was read');
      at += chunk.length;
      yield chunk;
    }
  }

  async close(): Promise<void> {
    const opened = await this.opened?.catch(() => undefined);
    await opened?.file.close();
  }

  private async find(path: string): Promise<Member | undefined> {
    const { members } = await this.open();
    let name = normalize(path);
    for (let hop = 0; hop <= HOPS; hop += 1) {
      const member = members.get(name);
      if (member === undefined || member.kind === 'file') return member;
      // Some programs take the first of two, some the last.
      if (member.kind === 'twice') throw brokenArchive(this.name, `it holds ${quoted(name)} twice`);
      if (member.target === undefined) throw brokenArchive(this.name, `${quoted(name)} is not a file in it`);
      name = member.target;
    }
    throw brokenArchive(this.name, `links lead from ${quoted(path)} to no end`);
  }

  private open() {
    this.opened ??= openIndexed(this.name, this.limits, this.openWhole);
    return this.opened;
  }
}

async function openIndexed(path: string, limits: Limits, openWhole: () => Promise<FileHandle>) {
  const file = await openWhole();
  try {
    return { file, members: await indexMembers(file, path, limits) };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

async function openArchive(path: string): Promise<FileHandle> {
  try {
    return await openRegular(path);
  } catch (thrown) {
    if (thrown instanceof PratiqueError) throw thrown;
    if (!isMissing(thrown)) throw unreadable(path, thrown);
    throw new PratiqueError('NOT_FOUND', { what: `there is no file ${quoted(path)}` }, { cause: thrown });
  }
}

async function indexMembers(file: FileHandle, path: string, limits: Limits) {
  await refuseCompressed(file, path);
  const members = new Map<string, Member>();
  for await (const { name, member } of listMembers(file, path, limits)) {
    const before = members.get(name);
    const folders = before?.kind === 'folder' && member.kind === 'folder';
    members.set(name, before === undefined || folders ? member : { ...member, kind: 'twice' });
  }
  if (members.size === 0) throw brokenArchive(path, 'there is nothing in it');
  return members;
}

async function* listMembers(file: FileHandle, path: string, limits: Limits) {
  const { size: total } = await file.stat();
  let naming: PaxNaming = {};
  let count = 0;
  for (let at = 0; at < total; ) {
    const block = await readAt(file, at, BLOCK);
    if (block.length < BLOCK) throw brokenArchive(path, 'it ends within a header');
    at += BLOCK;
    const header = readArchiveHeader(block, path);
    if (header === undefined) return requireEnd(file, at, path);
    count += 1;
    if (count > limits.entries) throw tooMany(path, limits.entries);
    const entry = { ...header, ...renamed(naming) };
    if (at + entry.size > total) throw brokenArchive(path, 'it ends within a file');
    if (NAMING.has(entry.type)) {
      if (Object.keys(naming).length > 0) throw brokenArchive(path, 'two headers name one file');
      naming = await readNaming(file, at, header, path, limits);
    } else {
      naming = {};
      yield { name: normalize(entry.name), member: memberOf(entry, at, path) };
    }
    at += Math.ceil(entry.size / BLOCK) * BLOCK;
  }
}

/** Headers that speak of the next one: PAX for one file, PAX for all, GNU long name and long link. */
const NAMING: ReadonlySet<string> = new Set(['x', 'g', 'L', 'K']);

async function readNaming(
  file: FileHandle,
  at: number,
  { type, size }: ArchiveHeader,
  path: string,
  limits: Limits,
): Promise<PaxNaming> {
  if (size > limits.recordBytes)
    throw brokenArchive(path, `a name takes more than ${limits.recordBytes} bytes`);
  const body = await readAt(file, at, size);
  if (type === 'x') return readPaxNaming(body, path);
  if (type === 'L') return { path: readLongName(body) };
  if (type === 'K') return { linkpath: readLongName(body) };
  // Of these Go takes none and other readers all.
  if (Object.keys(readPaxNaming(body, path)).length > 0)
    throw brokenArchive(path, 'a global header names or sizes files');
  return {};
}

function renamed({ path, linkpath, size }: PaxNaming): Partial<ArchiveHeader> {
  return {
    ...(path === undefined ? {} : { name: path }),
    ...(linkpath === undefined ? {} : { linkname: linkpath }),
    ...(size === undefined ? {} : { size }),
  };
}

function memberOf({ name, type, linkname, size }: ArchiveHeader, offset: number, path: string): Member {
  if (type === '0' || type === '\0') {
    if (name.endsWith('/')) throw brokenArchive(path, `${quoted(name)} is a file to some programs only`);
    return { kind: 'file', offset, size };
  }
  // Go reads no body here, others do, and then see other files.
  if (size > 0) throw brokenArchive(path, `${quoted(name)} is no file and has a body`);
  if (type === '1') return { kind: 'link', offset, size, target: normalize(linkname) };
  if (type === '2')
    return { kind: 'link', offset, size, target: normalize(posix.join(posix.dirname(name), linkname)) };
  return { kind: type === '5' ? 'folder' : 'other', offset, size };
}

// As containerd cleans names before it compares them.
function normalize(name: string): string {
  return posix.normalize(name).replace(/^\/+|\/+$/g, '');
}

async function requireEnd(file: FileHandle, at: number, path: string): Promise<void> {
  const block = await readAt(file, at, BLOCK);
  if (block.some((byte) => byte !== 0)) throw brokenArchive(path, 'something follows half an end mark');
}

const COMPRESSED: readonly { readonly name: string; readonly magic: string; readonly command: string }[] = [
  { name: 'gzip', magic: '1f8b', command: 'gzip -dk' },
  { name: 'zstd', magic: '28b52ffd', command: 'zstd -dk' },
  { name: 'xz', magic: 'fd377a585a00', command: 'xz -dk' },
  { name: 'bzip2', magic: '425a68', command: 'bzip2 -dk' },
];

async function refuseCompressed(file: FileHandle, path: string): Promise<void> {
  const start = (await readAt(file, 0, 6)).toString('hex');
  const found = COMPRESSED.find(({ magic }) => start.startsWith(magic));
  if (found === undefined) return;
  throw new PratiqueError('NOT_SUPPORTED', {
    what: `${quoted(path)} is compressed with ${found.name}`,
    why: 'an archive is read where it lies, without unpacking it to disk',
    next: `unpack it first, for example with ${found.command}, and give the .tar`,
  });
}

function tooMany(path: string, limit: number): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `${quoted(path)} holds more than ${limit} entries`,
    next: 'raise limits.entries in the policy if this is meant',
  });
}

/** Fewer bytes than asked for only at the end of the file. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
