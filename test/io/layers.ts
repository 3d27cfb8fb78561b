import { createHash } from 'node:crypto';
import type { Limits } from '../../src/io/limits.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Place } from '../../src/io/outside.ts';
import { type TarEntry, TarReader, type TarSink } from '../../src/io/tar/tar.ts';
import { type Digest, parseDigest } from '../../src/model/digest.ts';

/** An entry with what came after it. */
export interface ReadEntry extends TarEntry {
  readonly content: Buffer;
  readonly sha256: string;
}

/** Keeps everything it is given. */
export class Collector implements TarSink {
  readonly entries: ReadEntry[] = [];
  /** behind the end, and padding */
  readonly outsideParts: Buffer[] = [];
  /** what else is no file's contents, piece by piece: `tar header:…` */
  readonly besides: string[] = [];
  private open: { entry: TarEntry; parts: Buffer[] } | undefined;

  entry(entry: TarEntry): void {
    if (this.open !== undefined) throw new Error('an entry inside an entry');
    this.open = { entry, parts: [] };
  }

  data(bytes: Uint8Array): void {
    if (this.open === undefined) throw new Error('data without an entry');
    if (bytes.length === 0) throw new Error('data without bytes');
    this.open.parts.push(Buffer.from(bytes));
  }

  end(): void {
    if (this.open === undefined) throw new Error('an end without an entry');
    const content = Buffer.concat(this.open.parts);
    if (content.length !== this.open.entry.size) throw new Error('content and size differ');
    this.entries.push({
      ...this.open.entry,
      content,
      sha256: createHash('sha256').update(content).digest('hex'),
    });
    this.open = undefined;
  }

  outside(bytes: Uint8Array, place: Place, isFirst: boolean): void {
    if (place === 'behind the end' || place === 'padding') {
      this.outsideParts.push(Buffer.from(bytes));
      return;
    }
    const text = Buffer.from(bytes).toString('latin1');
    this.besides.push(isFirst ? `${place}:${text}` : `${this.besides.pop()}${text}`);
  }
}

/** Bytes in pieces of at most `size`. */
export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Reads a whole tar that lies in memory. */
export function readTar(
  tar: Uint8Array,
  limits: Partial<Limits> = {},
  pieceBytes = tar.length || 1,
): Collector {
  const collector = new Collector();
  const reader = new TarReader(collector, { ...DEFAULT_LIMITS, ...limits }, 'a test');
  for (let at = 0; at < tar.length; at += pieceBytes) reader.write(tar.subarray(at, at + pieceBytes));
  reader.finish();
  return collector;
}

export function sha256(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}
