import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Bytes of one file that is looked at; rendered charts have some MB. */
export const MOST_BYTES = 16 * 1024 * 1024;

/** A file's text, or why there is none; nothing for what is no ordinary file (a submodule) or is gone. */
export type ReadText =
  | { readonly text: string }
  | { readonly why: string; readonly isLink?: true }
  | undefined;

/**
 * Reads a file without following a link in its last part. A byte order mark stays, so that the text is the file.
 * It waits for the disk: for a thousand small files that takes a fourth of the time.
 */
export function readText(path: string): ReadText {
  try {
    // Without NONBLOCK a named pipe would be waited for.
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = fstatSync(file);
      if (!found.isFile()) return undefined;
      return found.size > MOST_BYTES
        ? { why: `it has more than ${MOST_BYTES} bytes` }
        : decode(readFileSync(file));
    } finally {
      closeSync(file);
    }
  } catch (thrown) {
    const { code = '' } = thrown as NodeJS.ErrnoException;
    if (code === 'ELOOP')
      return {
        why: 'it is a link, and what it leads to is not read here: name that file itself',
        isLink: true,
      };
    // Other bytes than those of UTF-8 have become this character, so that the file is there and not found.
    if (code === 'ENOENT' && path.includes('\ufffd')) return { why: 'its name is not UTF-8 text' };
    if (['ENOENT', 'EISDIR', 'ENXIO'].includes(code)) return undefined;
    return { why: `it cannot be read: ${code || 'unknown reason'}` };
  }
}

/** What Git LFS leaves in the place of a file. @see git-lfs, docs/spec.md, "The Pointer" */
const POINTER = /^version https?:\/\/(?:git-lfs|hawser)\.github\.com\/spec\//;

/** Bytes as text; every text comes from one sequence of bytes only, so that it can be written back as it was. */
export function decode(bytes: Uint8Array): { text: string } | { why: string } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // It names no image, and the file that it stands for does.
    return POINTER.test(text)
      ? { why: 'it is a pointer of Git LFS, and the file itself is not here' }
      : { text };
  } catch {
    return { why: 'it is not UTF-8 text' };
  }
}
