import { createHash } from 'node:crypto';
import type { LayerScan } from '../layer-scan.ts';
import { decodeLayerScan, encodeLayerScan } from '../layer-scan-codec.ts';

/** Begins each file; its number is raised when the form changes. */
const MAGIC = Buffer.from('pratique layer 1\n');
/** Bytes of the digest over all that follows it, of the name that the file was written under, and of the time. */
const DIGEST_BYTES = 32;
const NAME_BYTES = 64;
const TIME_BYTES = '2026-11-21T00:00:00.000Z'.length;
const HEAD_BYTES = MAGIC.length + DIGEST_BYTES + NAME_BYTES + TIME_BYTES;

/** A layer that was read before. */
export interface KnownLayer {
  readonly scan: LayerScan;
  /** when it was read */
  readonly at: Date;
}

/**
 * A file of the cache of layers: what it is, a digest over the rest, its name, the time, and what was found.
 * @param name 64 characters, which stand for all that decides what is found
 */
export function formatEntry(name: string, { scan, at }: KnownLayer): readonly Uint8Array[] {
  const told = Buffer.from(`${name}${at.toISOString()}`, 'latin1');
  const found = encodeLayerScan(scan);
  const digest = createHash('sha256').update(told).update(found).digest();
  return [MAGIC, digest, told, found];
}

/**
 * Reads what `formatEntry` wrote, to the last bit, and under the name that it was written for.
 * @throws {RangeError} for anything else, with what is wrong as a clause
 */
export function parseEntry(name: string, bytes: Uint8Array): KnownLayer {
  if (bytes.length < HEAD_BYTES || !MAGIC.equals(bytes.subarray(0, MAGIC.length)))
    throw new RangeError('it is none of this version');
  const told = bytes.subarray(MAGIC.length + DIGEST_BYTES);
  const digest = createHash('sha256').update(told).digest();
  if (!digest.equals(bytes.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES)))
    throw new RangeError('it was changed, or not written to its end');
  const text = Buffer.from(told.subarray(0, NAME_BYTES + TIME_BYTES)).toString('latin1');
  // Whoever renames a clean layer's file must not make another layer clean.
  if (text.slice(0, NAME_BYTES) !== name)
    throw new RangeError('it was written for another layer, or other rules');
  const at = new Date(text.slice(NAME_BYTES));
  if (Number.isNaN(at.getTime())) throw new RangeError('it has no time');
  return { scan: decodeLayerScan(told.subarray(NAME_BYTES + TIME_BYTES)), at };
}
