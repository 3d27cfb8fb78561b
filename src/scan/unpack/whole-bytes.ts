import { LOCAL_HEADER } from '../../io/zip/zip-header.ts';
import type { ContentScanner, Hit } from '../rule.ts';
import { formatOf } from './format.ts';

/** Scans bytes that are all of a file; the scanner is ready for the next one then, whatever becomes of this. */
export function hitsIn(bytes: Uint8Array, path: string, scanner: ContentScanner): readonly Hit[] {
  scanner.begin({ path });
  try {
    scanner.write(bytes);
  } catch (thrown) {
    scanner.end();
    throw thrown;
  }
  return scanner.end();
}

/** Whether bytes that are all of a file are an archive, or one may begin in them. */
export function holdsMore(bytes: Uint8Array): boolean {
  const format = formatOf(bytes);
  if (format !== undefined && format.kind !== 'program') return true;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(LOCAL_HEADER);
}
