import type { ByteSource } from '../../io/compression/byte-source.ts';
import { unbzip2 } from '../../io/compression/bzip2.ts';
import { unlz4 } from '../../io/compression/lz4.ts';
import { unlzip } from '../../io/compression/lzip.ts';
import { unlzmaFile } from '../../io/compression/lzma-file.ts';
import { unlzw } from '../../io/compression/lzw.ts';
import { paced } from '../../io/compression/paced.ts';
import { unxz } from '../../io/compression/xz.ts';
import { unzstd } from '../../io/compression/zstd.ts';
import type { Limits } from '../../io/limits.ts';
import { gunzipFile } from './gunzip-file.ts';

/** Those that the platform cannot unpack: each is told of every stream, frame or block before it is read. */
const OURS = {
  xz: unxz,
  lzma: unlzmaFile,
  lzip: unlzip,
  bzip2: unbzip2,
  lz4: unlz4,
  compress: unlzw,
} as const;

/** How one file can be packed by itself. */
export type Packing = 'gzip' | 'zstd' | keyof typeof OURS;

/**
 * What is in a packed file that lies in a layer.
 * @param onMember throws where there are too many members, frames, streams or blocks
 * @throws {PratiqueError} `COMPRESSION_INVALID`, `NOT_SUPPORTED`, `LIMIT_EXCEEDED`, after what could be unpacked
 */
export function unpacked(
  packing: Packing,
  source: ByteSource,
  onMember: () => void,
  { windowBytes }: Limits,
  where: string,
): AsyncIterable<Uint8Array> {
  if (packing === 'gzip') return gunzipFile(source, onMember, where);
  if (packing === 'zstd') return unzstd(source, onMember, windowBytes, ignore, where);
  return paced(OURS[packing](source, onMember));
}

function ignore(): void {}

/** What the content of a packed file is called: its name, without what says how it is packed. */
export function unpackedName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name
    .replace(/\.t(?:gz|xz|lz|bz2?|zst)$/i, '.tar')
    .replace(/\.(?:gz|zstd?|z|xz|lzma|lz4?|bz2?)$/i, '');
}
