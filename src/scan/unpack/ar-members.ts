import type { ByteSource } from '../../io/compression/byte-source.ts';
import { sliceOf } from '../../io/zip/zip.ts';
import { archiveFault, type Member } from './member.ts';

const MAGIC_BYTES = 8;
const HEADER_BYTES = 60;

/**
 * Reads the members of an `ar` archive, as a Debian package is one.
 * @throws {PratiqueError} `ARCHIVE_INVALID` where it cannot be read on
 * @see deb(5), ar(5)
 */
export async function* readArMembers(source: ByteSource, where: string): AsyncGenerator<Member> {
  await source.skip(MAGIC_BYTES);
  while ((await source.peek(1)).length > 0) {
    const bytes = await source.take(HEADER_BYTES);
    const header = Buffer.from(bytes ?? []).toString('latin1');
    const size = /^ {0,9}\d{1,10} *$/.test(header.slice(48, 58)) ? Number(header.slice(48, 58)) : undefined;
    if (size === undefined || !header.endsWith('`\n')) throw archiveFault('a header in it is none', where);
    yield { name: header.slice(0, 16).replace(/[/ ]+$/, ''), bytes: sliceOf(source, size, where) };
    await source.skip(size % 2);
  }
}
