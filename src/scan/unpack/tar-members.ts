import type { ByteSource } from '../../io/compression/byte-source.ts';
import type { Limits } from '../../io/limits.ts';
import { readPax } from '../../io/tar/pax.ts';
import { BLOCK, isHeaderOnly, isZeroBlock, readHeader, type TarHeader } from '../../io/tar/tar-header.ts';
import { untilNul } from '../../io/tar/tar-text.ts';
import { sliceOf } from '../../io/zip/zip.ts';
import { archiveFault, type Member } from './member.ts';

/** What the records before a header say of it. */
interface Said {
  path?: string;
  linkPath?: string;
  size?: number;
}

/**
 * Reads a tar that lies in a layer as a file. No runtime unpacks it, so nothing hangs on how it is read: global
 * headers and odd types, which `TarReader` refuses in a layer, are passed over here.
 * @throws {PratiqueError} `ARCHIVE_INVALID` where it cannot be read on, `LIMIT_EXCEEDED` for a huge record
 */
export async function* readTarMembers(
  source: ByteSource,
  limits: Limits,
  where: string,
): AsyncGenerator<Member> {
  let said: Said = {};
  for (let zeros = 0; zeros < 2; ) {
    const block = await source.take(BLOCK);
    if (block === undefined) return;
    if (block[0] === 0 && isZeroBlock(block)) {
      zeros++;
      continue;
    }
    zeros = 0;
    const header = readHeader(block);
    if (typeof header === 'string') throw archiveFault(header, where);
    const size = sizeOf(header, said);
    if (!Number.isSafeInteger(size) || size < 0) throw archiveFault('a size in it cannot be right', where);
    if ('xLK'.includes(header.typeFlag)) {
      said = { ...said, ...(await readRecord(source, header.typeFlag, size, limits, where)) };
    } else if (header.typeFlag === 'g') {
      await source.skip(size);
    } else {
      const bytes = sliceOf(source, size, where);
      const link = said.linkPath ?? header.linkName;
      yield { name: said.path ?? header.name, ...(link === '' ? {} : { link }), bytes };
      said = {};
    }
    await source.skip((BLOCK - (size % BLOCK)) % BLOCK);
  }
}

function sizeOf({ typeFlag, size }: TarHeader, said: Said): number {
  return isHeaderOnly(typeFlag) ? 0 : (said.size ?? Number(size));
}

async function readRecord(
  source: ByteSource,
  kind: string,
  size: number,
  limits: Limits,
  where: string,
): Promise<Said> {
  if (size > limits.recordBytes) throw archiveFault('an extended header in it is too long', where);
  const bytes = await source.take(size);
  if (bytes === undefined) throw archiveFault('it ends inside an extended header', where);
  const body = Buffer.from(bytes).toString('latin1');
  if (kind === 'L') return { path: untilNul(body) };
  if (kind === 'K') return { linkPath: untilNul(body) };
  const records = readPax(body);
  if (typeof records === 'string') throw archiveFault(records, where);
  const [path, linkPath, length] = ['path', 'linkpath', 'size'].map((key) => records.get(key));
  return {
    ...(path === undefined ? {} : { path }),
    ...(linkPath === undefined ? {} : { linkPath }),
    ...(length === undefined ? {} : { size: Number(length) }),
  };
}
