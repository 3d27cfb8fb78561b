import type { FileHandle } from 'node:fs/promises';
import { PratiqueError } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';

/** Where the files of an OCI layout lie: a folder, or a tar archive that stays one. */
export interface LayoutFiles {
  /** for messages: the folder or file as the person wrote it */
  readonly name: string;
  /**
   * @param path parts with `/` between, relative to the layout
   * @returns bytes; `undefined` where there is no such file
   */
  sizeOf(path: string): Promise<number | undefined>;
  /** The content in order. @throws {PratiqueError} `NOT_FOUND` where there is no such file */
  read(path: string): AsyncIterable<Uint8Array>;
  /** Opens a file to be read by its descriptor; throws, or gives nothing, where there is none. Absent where files are no files. */
  openFile?(path: string): Promise<FileHandle | undefined>;
  /** Ends open files; safe to call twice. */
  close(): Promise<void>;
}

/**
 * Reads a small file whole, within a limit.
 * @param limit bytes
 * @throws {PratiqueError} `NOT_FOUND`, `LIMIT_EXCEEDED`
 */
export async function readSmallFile(files: LayoutFiles, path: string, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of files.read(path)) {
    size += chunk.length;
    if (size > limit) throw tooBig(files, path, limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The fault for a file that should be there. */
export function absent(files: Pick<LayoutFiles, 'name'>, path: string, next?: string): PratiqueError {
  return new PratiqueError('NOT_FOUND', {
    what: `${quoted(path)} is not there`,
    where: printable(files.name),
    ...(next === undefined ? {} : { next }),
  });
}

function tooBig(files: LayoutFiles, path: string, limit: number): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `${quoted(path)} has more than ${limit} bytes`,
    where: printable(files.name),
    next: 'raise limits.manifest-bytes in the policy if this is meant',
  });
}
