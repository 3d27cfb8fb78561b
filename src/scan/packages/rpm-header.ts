import { type Algorithm, type Claim, hexDigest, type Wanted } from './claim.ts';

/** Tags of a header. @see rpm, include/rpm/rpmtag.h */
const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  fileDigests: 1035,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  fileDigestAlgorithm: 5011,
} as const;

/** @see RFC 4880, section 9.4; a header without the tag is older, and has MD5 */
const ALGORITHMS: ReadonlyMap<number, Algorithm> = new Map([
  [1, 'md5'],
  [2, 'sha1'],
  [8, 'sha256'],
]);

const MOST_ITEMS = 1_000_000; // of one list; no package has so many files
const LONGEST_FOLDER = 4096; // bytes; PATH_MAX of Linux

/**
 * The files of one installed package, from its header as the database has it: two numbers, an index of 16 bytes a
 * tag, and the data.
 * @throws {RangeError} where the header is cut off, or its lists do not fit together
 * @see rpm, docs/manual/hregions.md; lib/header.c, `headerImport`
 */
export function* claimsOfHeader(blob: Uint8Array, { folders }: Wanted): Generator<Claim> {
  const header = new RpmHeader(blob);
  const [name] = header.texts(TAG.name);
  const algorithm = ALGORITHMS.get(header.numbers(TAG.fileDigestAlgorithm)[0] ?? 1);
  if (name === undefined || algorithm === undefined) return;
  const wanted = header.texts(TAG.dirNames).map((folder) => folderIn(folders, folder));
  if (!wanted.some((folder) => folder !== undefined)) return;
  const owner = { manager: 'rpm', name, ...versionOf(header) } as const;
  const [names, digests] = [header.texts(TAG.baseNames), header.texts(TAG.fileDigests)];
  const indexes = header.numbers(TAG.dirIndexes);
  if (names.length !== digests.length || names.length !== indexes.length)
    throw new RangeError('the lists of a header are not of one length');
  for (const [file, index] of indexes.entries()) {
    const folder = wanted[index];
    const digest = folder === undefined ? undefined : hexDigest(digests[file] ?? '');
    if (folder === undefined || digest?.algorithm !== algorithm) continue;
    yield { path: `${folder}${names[file]}`, digest, package: owner };
  }
}

/** A folder as the start of paths, where it is asked about: a header can name a long folder a million times. */
function folderIn(folders: ReadonlySet<string>, folder: string): string | undefined {
  if (folder.length > LONGEST_FOLDER || !folder.startsWith('/')) return undefined;
  const path = folder.slice(1);
  return folders.has(path.replace(/\/$/, '')) ? path : undefined;
}

function versionOf(header: RpmHeader): { readonly version?: string } {
  const [version] = header.texts(TAG.version);
  const [release] = header.texts(TAG.release);
  const [epoch] = header.numbers(TAG.epoch);
  if (version === undefined) return {};
  return {
    version: `${epoch === undefined ? '' : `${epoch}:`}${version}${release === undefined ? '' : `-${release}`}`,
  };
}

interface IndexEntry {
  readonly type: number;
  /** in the data */
  readonly offset: number;
  readonly count: number;
}

class RpmHeader {
  private readonly view: DataView;
  private readonly data: Buffer;
  private readonly index = new Map<number, IndexEntry>();

  constructor(blob: Uint8Array) {
    this.view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    const entries = this.view.getUint32(0);
    const start = 8 + 16 * entries;
    const end = start + this.view.getUint32(4);
    if (end > blob.length) throw new RangeError('a header is cut off');
    this.data = Buffer.from(blob.buffer, blob.byteOffset + start, end - start);
    for (let entry = 0; entry < entries; entry++) {
      const [tag = 0, type = 0, offset = 0, count = 0] = [0, 4, 8, 12].map((at) =>
        this.view.getUint32(8 + 16 * entry + at),
      );
      if (count <= MOST_ITEMS) this.index.set(tag, { type, offset, count });
    }
  }

  /** Texts end with a NUL (types 6, 8 and 9). */
  texts(tag: number): readonly string[] {
    const { type, offset, count } = this.index.get(tag) ?? NOTHING;
    if (![6, 8, 9].includes(type)) return [];
    const texts: string[] = [];
    let at = offset;
    while (texts.length < count) {
      const end = this.data.indexOf(0, at);
      if (at >= this.data.length || end < 0) throw new RangeError('a text of a header has no end');
      texts.push(this.data.toString('utf8', at, end));
      at = end + 1;
    }
    return texts;
  }

  /** Numbers of 32 bits (type 4). */
  numbers(tag: number): readonly number[] {
    const { type, offset, count } = this.index.get(tag) ?? NOTHING;
    if (type !== 4) return [];
    if (offset + 4 * count > this.data.length) throw new RangeError('the numbers of a header are cut off');
    return Array.from({ length: count }, (_, item) => this.data.readUInt32BE(offset + 4 * item));
  }
}

const NOTHING: IndexEntry = { type: 0, offset: 0, count: 0 };
