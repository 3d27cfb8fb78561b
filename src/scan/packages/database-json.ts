import { type JsonValue, readJson } from '../../io/json/strict-json.ts';

/**
 * Bytes of a database in JSON that are read: a hostile one takes a hundred times as much memory. An entry of npm's has some
 * 450.
 */
export const MOST_JSON = 8 * 1024 * 1024;

/**
 * The JSON of a package database; nothing where it cannot be read, as that vouches for nothing.
 * @param free places whose keys are free; see `readJson`
 */
export function readDatabaseJson(bytes: Uint8Array, free: readonly string[] = []): JsonValue | undefined {
  try {
    return readJson(bytes, { where: 'a package database', free: new Set(free) });
  } catch {
    return undefined;
  }
}
