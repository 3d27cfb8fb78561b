import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { decompress } from '../../src/io/compression/decompress.ts';
import { readLayer } from '../../src/io/layer.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { readAll } from '../../src/io/verified.ts';
import { parseDigest } from '../../src/model/digest.ts';
import { type FileNode, MergedFilesystem } from '../../src/model/filesystem/filesystem.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { Collector, pieces, sha256 } from '../io/layers.ts';

/** Beside the repository: hostile layers, and what real runtimes did with them. */
const CASES = join(import.meta.dirname, '../../../shared/hostile');
const MARKER = ['AKIA', 'SECRET'].join('_');

interface TarCase {
  readonly containerd: string;
  readonly umoci: string;
  readonly fs: readonly string[];
  readonly note: string;
}

interface CompressionCase {
  readonly diffId: string;
  readonly mediaType: string;
  readonly nopigz: string;
  readonly pigz?: string;
  readonly umoci: string;
}

describe.skipIf(!existsSync(CASES))('hostile layers (skipped where the shared cases are absent)', () => {
  const tars = readCases<TarCase>('tar.json');
  const blobs = readCases<CompressionCase>('compression.json');

  it('has a file for every case and a case for every file', () => {
    expect(readdirSync(join(CASES, 'tar')).sort()).toEqual(
      [...tars.keys()].map((name) => `${name}.tar`).sort(),
    );
    expect(readdirSync(join(CASES, 'compression')).sort()).toEqual(
      [...blobs.keys()].map((name) => `${name}.blob`).sort(),
    );
  });

  describe.each([1_000_000, 1000, 7])('in pieces of %d bytes', (pieceBytes) => {
    it.each([...tars])('tar %s is seen as containerd shows it, or refused', async (name, known) => {
      const tar = readFileSync(join(CASES, 'tar', `${name}.tar`));
      const seen = await outcome(() => listLayer(tar, pieceBytes));
      const isAccepted = known.containerd === 'accept' && known.umoci === 'accept';
      expect(seen).toEqual(isAccepted ? [...known.fs].sort() : 'refused');
    });

    it.each([...blobs])('blob %s unpacks to its diffID, or is refused', async (name, known) => {
      const blob = readFileSync(join(CASES, 'compression', `${name}.blob`));
      const seen = await outcome(async () =>
        sha256(
          await readAll(
            decompress(pieces(blob, pieceBytes), known.mediaType, DEFAULT_LIMITS, name),
            1e9,
            name,
          ),
        ),
      );
      expect(seen).toBe(isUnpacked(name, known) ? known.diffId : 'refused');
    });
  });

  it('refuses a layer that is not what its diffID promises', async () => {
    const tar = readFileSync(join(CASES, 'tar', '00-plain.tar'));
    const layer = {
      blob: { mediaType: MEDIA.ociLayer, digest: sha256(tar), size: tar.length },
      diffId: otherDigest,
    };
    const reading = readLayer(pieces(tar, 512), layer, new Collector(), DEFAULT_LIMITS, 'layer 0');
    await expect(reading).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' });
  });
});

const otherDigest = parseDigest(`sha256:${'0'.repeat(64)}`);

/** umoci 0.4.7 knows neither zstd nor sniffing, so that it counts for no bytes at all alone. */
function isUnpacked(name: string, { nopigz, pigz }: CompressionCase): boolean {
  const isRefusedByUs = name === 'g-zero-bytes';
  return nopigz === 'accept' && (pigz ?? 'accept') === 'accept' && !isRefusedByUs;
}

async function listLayer(tar: Uint8Array, pieceBytes: number): Promise<string[]> {
  const digest = sha256(tar);
  const collector = new Collector();
  const layer = { blob: { mediaType: MEDIA.ociLayer, digest, size: tar.length }, diffId: digest };
  const read = await readLayer(pieces(tar, pieceBytes), layer, collector, DEFAULT_LIMITS, 'layer 0');
  expect(read).toEqual({ compressedBytes: tar.length, expandedBytes: tar.length });
  const filesystem = new MergedFilesystem();
  filesystem.addLayer(0, collector.entries);
  const marked = new Set(
    collector.entries.filter(({ content }) => content.includes(MARKER)).map((entry) => entry.sha256),
  );
  return [...filesystem.files()].map((file) => asListed(file, marked)).sort();
}

/** As the cases write it: bytes that are not UTF-8 stand there as Latin-1. */
function asListed(
  { path, type, size, linkPath, sha256: hash = '' }: FileNode,
  marked: ReadonlySet<string>,
): string {
  const name = path.replace(/[\udc80-\udcff]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xdc00));
  if (type === 'directory') return `${name}/`;
  if (type === 'symlink') return `${name} -> ${linkPath}`;
  return type === 'file' ? `${name}[${size}${marked.has(hash) ? '*' : ''}]` : `${name} (special)`;
}

async function outcome<T>(run: () => Promise<T>): Promise<T | 'refused'> {
  try {
    return await run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PratiqueError);
    expect(thrown).not.toMatchObject({ code: 'INTERNAL' });
    return 'refused';
  }
}

function readCases<T>(file: string): ReadonlyMap<string, T> {
  if (!existsSync(join(CASES, file))) return new Map();
  return new Map(Object.entries<T>(JSON.parse(readFileSync(join(CASES, file), 'utf8'))));
}
