import * as io from '../../io/cache-folder.ts';

const LIMIT = 16 * 1024 * 1024; // bytes of one copy; Sigstore's has 40 KB

/** Where copies of TUF repositories are kept; `undefined` where the environment names no place. */
export function cacheFolderOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return io.cachePlace(env, 'tuf');
}

/**
 * Reads a file of the cache. What is in it is verified again, so that another's file could only hold an older state; but that
 * it could.
 * @returns `undefined` where there is none
 * @throws {PratiqueError} as `readCached` in `io/cache-folder.ts`
 */
export function readCached(path: string, name: string): Promise<Uint8Array | undefined> {
  return io.readCached(folderAt(path), name);
}

/**
 * Writes a file of the cache whole or not at all, for the owner alone.
 * @throws {PratiqueError} as `writeCached` in `io/cache-folder.ts`
 */
export function writeCached(path: string, name: string, text: string): Promise<void> {
  return io.writeCached(folderAt(path), name, text);
}

function folderAt(path: string): io.CacheFolder {
  return { path, of: 'trust roots', mostBytes: LIMIT };
}
