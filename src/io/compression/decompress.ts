import { PratiqueError } from '../../errors.ts';
import { MEDIA } from '../../model/media-type.ts';
import { printable, quoted } from '../../model/printable.ts';
import type { Limits } from '../limits.ts';
import type { TakeOutside } from '../outside.ts';
import { ByteSource } from './byte-source.ts';
import { damaged, type Hold } from './engine.ts';
import { gunzip } from './gzip.ts';
import { isSkippable, unzstd } from './zstd.ts';
import { littleEndian } from './zstd-frame.ts';

/** How a runtime reads a layer: by its first bytes (`sniffed`), or as what its type says (`plain`). */
type Manner = 'sniffed' | 'plain';

/**
 * The types of which a tar alone, or a compressed one, is a layer. What may not be passed on is a layer like any
 * other where its blob is there. `…rootfs.diff.tar.zstd` is none: containerd before 1.7 rejects it.
 */
const LAYER_TYPES: ReadonlyMap<string, Manner> = new Map([
  [MEDIA.ociLayer, 'plain'],
  [MEDIA.ociLayerNondistributable, 'plain'],
  [MEDIA.dockerLayer, 'sniffed'],
  [MEDIA.dockerLayerGzip, 'sniffed'],
  [MEDIA.dockerLayerForeign, 'sniffed'],
  [MEDIA.dockerLayerForeignGzip, 'sniffed'],
]);

/** OCI types may name compressions, several even; whichever it is, the first bytes decide. */
const COMPRESSED = /^(.+\.tar)(?:\+(?:gzip|zstd))+$/;

/**
 * Types are compared whole. containerd takes any other suffix as well, and passes over what it means: refused.
 * @see containerd images/mediatypes.go, `DiffCompression`
 */
function mannerOf(mediaType: string): Manner | undefined {
  const base = COMPRESSED.exec(mediaType)?.[1];
  return base !== undefined && LAYER_TYPES.get(base) === 'plain' ? 'sniffed' : LAYER_TYPES.get(mediaType);
}

/**
 * Unpacks a layer blob as containerd would: by its first bytes where the media type names, or may mean,
 * a compression, so zstd or plain bytes labelled gzip are what runs. Where decoders differ, it refuses.
 * @param blob chunks in order, any sizes; already verified or being verified; ended early with the result
 * @param outside shown the bytes of the compression that are not the tar's: names, comments, skippable frames
 * @param hold whose the chunks are
 * @returns the tar's bytes
 * @throws {PratiqueError} `MEDIA_TYPE_UNKNOWN`, `COMPRESSION_INVALID`, `LIMIT_EXCEEDED` at the first byte
 * past `expandedBytes`
 */
export async function* decompress(
  blob: AsyncIterable<Uint8Array>,
  mediaType: string,
  limits: Limits,
  where: string,
  outside: TakeOutside = () => {},
  hold: Hold = 'kept',
): AsyncGenerator<Uint8Array> {
  const manner = mannerOf(mediaType);
  if (manner === undefined) throw unknownType(mediaType, where);
  const source = new ByteSource(blob);
  try {
    let expanded = 0;
    const onMember = memberCounter(limits, where, () => expanded);
    for await (const bytes of await unpack(source, manner, onMember, outside, limits, where, hold)) {
      expanded += bytes.length;
      if (expanded > limits.expandedBytes) throw tooLarge(limits.expandedBytes, where);
      yield bytes;
    }
  } finally {
    await source.close();
  }
}

async function unpack(
  source: ByteSource,
  manner: Manner,
  onMember: () => void,
  outside: TakeOutside,
  limits: Limits,
  where: string,
  hold: Hold,
): Promise<AsyncGenerator<Uint8Array>> {
  const format = formatOf(await source.peek(10));
  // Docker and CRI-O look at the first bytes whatever the type says, containerd does not.
  if (manner === 'plain' && format !== 'plain' && format !== 'empty') {
    throw damaged(`its type says that it is not compressed, its bytes are ${format}`, where);
  }
  if (format === 'gzip') return gunzip(source, onMember, outside, where, hold);
  if (format === 'zstd') return unzstd(source, onMember, limits.windowBytes, outside, where, hold);
  if (format === 'bzip2' || format === 'xz')
    throw damaged(`it is ${format}, which only some runtimes unpack`, where);
  if (format === 'empty' && manner === 'sniffed') throw damaged('it is empty: no bytes at all', where);
  return passThrough(source);
}

type Format = 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'plain' | 'empty';

/** @see containerd archive/compression, `DetectCompression`; Docker knows bzip2 and xz as well */
function formatOf(head: Uint8Array): Format {
  if (head.length === 0) return 'empty';
  const hex = Buffer.from(head).toString('hex');
  if (hex.startsWith('1f8b08')) return 'gzip';
  if (hex.startsWith('28b52ffd')) return 'zstd';
  if (hex.startsWith('425a68')) return 'bzip2';
  if (hex.startsWith('fd377a585a00')) return 'xz';
  return head.length >= 8 && isSkippable(littleEndian(head.subarray(0, 4))) ? 'zstd' : 'plain';
}

async function* passThrough(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) yield chunk;
}

/** Bytes of tar that a member holds at least, on average, where compressors begin one for each file. */
const LEAST_MEMBER = 128;

// A member costs time even where it holds nothing: millions of empty ones are a few megabytes (CVE-2022-30631).
function memberCounter({ members, emptyMembers }: Limits, where: string, expanded: () => number): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count > members) throw tooMany(`more than ${members} gzip members or zstd frames`, 'members', where);
    if (count - expanded() / LEAST_MEMBER > emptyMembers)
      throw tooMany('more gzip members or zstd frames than contents for them', 'empty-members', where);
  };
}

function tooMany(what: string, setting: string, where: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the layer has ${what}`,
    where: printable(where),
    next: `raise limits.${setting} in the policy if this is meant`,
  });
}

function unknownType(mediaType: string, where: string): PratiqueError {
  return new PratiqueError('MEDIA_TYPE_UNKNOWN', {
    what: `a layer of the type ${quoted(mediaType)} cannot be read`,
    where: printable(where),
    why: 'runtimes do not agree on what it holds',
    next: 'push the layer as a tar, tar+gzip or tar+zstd',
  });
}

function tooLarge(limit: number, where: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the layer unpacks to more than ${limit} bytes`,
    where: printable(where),
    next: 'raise limits.expanded-bytes in the policy if this is meant',
  });
}
