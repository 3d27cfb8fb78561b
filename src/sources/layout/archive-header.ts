import { PratiqueError } from '../../errors.ts';
import { complainAboutPax, paxNumber, readPax } from '../../io/tar/pax.ts';
import { BLOCK, type Int64, isZeroBlock, readHeader } from '../../io/tar/tar-header.ts';
import { decodeName, untilNul } from '../../io/tar/tar-text.ts';
import { quoted } from '../../model/printable.ts';

export { BLOCK };

/** One header of a tar archive that holds an image. Names are as written. */
export interface ArchiveHeader {
  readonly name: string;
  /** one character */
  readonly type: string;
  readonly linkname: string;
  /** bytes of the body that follows */
  readonly size: number;
}

/**
 * Reads one header block of an archive made by `docker save`, skopeo or buildx.
 * @returns nothing where the block is all zero
 * @throws {PratiqueError} `ARCHIVE_INVALID`
 */
export function readArchiveHeader(block: Uint8Array, where: string): ArchiveHeader | undefined {
  if (isZeroBlock(block)) return undefined;
  const header = readHeader(block);
  if (typeof header === 'string') throw brokenArchive(where, header);
  return {
    name: decodeName(header.name),
    type: header.typeFlag,
    linkname: decodeName(header.linkName),
    size: bytesOf(header.size, where),
  };
}

/** The records of a PAX header that name or size the next entry. */
export interface PaxNaming {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: number;
}

/**
 * Reads PAX records. A sparse file is refused: its body is not its content.
 * @throws {PratiqueError} `ARCHIVE_INVALID`
 */
export function readPaxNaming(bytes: Uint8Array, where: string): PaxNaming {
  const records = readPax(Buffer.from(bytes).toString('latin1'));
  if (typeof records === 'string') throw brokenArchive(where, records);
  const complaint = complainAboutPax(records);
  if (complaint !== undefined) throw brokenArchive(where, complaint);
  if (records.keys().some((key) => key.startsWith('GNU.sparse.')))
    throw brokenArchive(where, 'it holds a sparse file');
  const [path, linkpath, size] = [records.get('path'), records.get('linkpath'), paxNumber(records, 'size')];
  return {
    ...(path ? { path: decodeName(path) } : {}),
    ...(linkpath ? { linkpath: decodeName(linkpath) } : {}),
    ...(size === undefined ? {} : { size: bytesOf(size, where) }),
  };
}

/** Reads the body of a GNU long-name header. */
export function readLongName(bytes: Uint8Array): string {
  return decodeName(untilNul(Buffer.from(bytes).toString('latin1')));
}

/** The fault of an archive that cannot be taken apart. `why` must be printable. */
export function brokenArchive(where: string, why: string): PratiqueError {
  return new PratiqueError('ARCHIVE_INVALID', {
    what: `${quoted(where)} is not a tar archive that every program reads alike`,
    why,
    next: 'save the image again',
  });
}

function bytesOf(size: Int64, where: string): number {
  if (typeof size === 'number' && size >= 0) return size;
  throw brokenArchive(where, 'a file has an impossible size');
}
