import { PratiqueError } from '../../errors.ts';
import { LOCAL_HEADER } from '../../io/zip/zip-header.ts';
import { ANSWERED_BY_CONTENT, identityOf } from '../hit-identity.ts';
import type { Hit } from '../rule.ts';
import { Feed } from './feed.ts';
import { formatOf, HEAD_BYTES } from './format.ts';
import type { InnerHit, Unpacker } from './unpacker.ts';

const NO_BYTES = new Uint8Array(0);
/** Bytes of a header's beginning that may stand at the end of a chunk. */
const MOST_TAIL = LOCAL_HEADER.length - 1;

/** A file of a layer that is looked into. */
interface Job {
  readonly ordinal: number;
  readonly path: string;
  readonly feed: Feed;
  /** position in the file of the first byte that is fed */
  readonly start: number;
  /** absent until its turn has come */
  done?: Promise<void>;
  isOver: boolean;
  found: readonly InnerHit[];
}

/** A hit in an archive of a layer; `ordinal` is that of the file. */
export interface ArchiveHit extends InnerHit {
  readonly ordinal: number;
}

/**
 * Watches the files of a layer go by and has those looked into that are archives. Files come in pushed, one after
 * another; what was pushed waits until `settle`, which whoever reads the layer calls after each chunk of it: so no
 * more than that chunk is held, however large an archive is and whatever it unpacks to.
 */
export class ArchiveWatch {
  private readonly unpacker: Unpacker | undefined;
  /** in the order of the layer; only the last may still be fed */
  private readonly jobs: Job[] = [];
  private readonly found: ArchiveHit[] = [];
  /** by file, what its hits are */
  private readonly inside = new Map<number, ReadonlySet<string>>();
  private file: { readonly path: string; readonly ordinal: number } | undefined;
  /** the first bytes of a file, until there are enough to tell what it is */
  private head: Uint8Array = NO_BYTES;
  private feed: Feed | undefined;
  private isTold = false;
  /** of the next byte in the file */
  private position = 0;
  /** the last bytes, where the header of a zip may begin with them */
  private tail: Uint8Array = NO_BYTES;
  /** whether the file just ended is an archive by its first bytes */
  isArchive = false;

  /** @param unpacker absent: nothing is looked into */
  constructor(unpacker: Unpacker | undefined) {
    this.unpacker = unpacker;
  }

  /** @param path with secrets cut out */
  begin(path: string, ordinal: number): void {
    this.file = { path, ordinal };
    this.head = NO_BYTES;
    this.feed = undefined;
    this.isTold = false;
    this.position = 0;
    this.tail = NO_BYTES;
    this.isArchive = false;
  }

  /** The next bytes of the file; what is kept of them is copied. */
  write(bytes: Uint8Array): void {
    if (this.isTold) this.pass(bytes);
    else if (this.head.length === 0 && bytes.length >= HEAD_BYTES) this.decide(bytes);
    else {
      this.head = Buffer.concat([this.head, bytes]);
      if (this.head.length >= HEAD_BYTES) this.decide(this.head);
    }
  }

  /** So many zeros of a sparse file. */
  hole(length: number): void {
    const inHead = this.isTold ? 0 : Math.min(length, HEAD_BYTES - this.head.length);
    if (inHead > 0) this.write(new Uint8Array(inHead));
    this.feed?.putZeros(length - inHead);
    this.position += length - inHead;
    this.tail = NO_BYTES;
  }

  end(): void {
    if (!this.isTold) this.decide(this.head);
    this.feed?.end();
    this.file = undefined;
  }

  /** Works off what has come. Absent where there is nothing to wait for. @throws {PratiqueError} `LIMIT_EXCEEDED` */
  settle(): Promise<void> | undefined {
    return this.jobs.length === 0 ? undefined : this.workOff();
  }

  /**
   * What was found in archives, in the order of the layer; once all is settled.
   * @throws {PratiqueError} `INTERNAL` where one is still being read: nothing found in it would be taken for nothing in it
   */
  finish(): readonly ArchiveHit[] {
    if (this.jobs.length > 0)
      throw new PratiqueError('INTERNAL', { what: 'an archive was not read to its end' });
    return this.unpacker?.unscanned.complete(this.found) ?? this.found;
  }

  /** Whether a hit in a file's own bytes is not among those in it. */
  tellsMore(ordinal: number, hit: Hit): boolean {
    return this.inside.get(ordinal)?.has(identityOf(hit)) !== true;
  }

  /** Leaves off, whatever is under way. */
  close(): void {
    for (const { feed } of this.jobs) feed.close();
    this.jobs.length = 0;
    this.feed = undefined;
  }

  /** @param head the bytes so far */
  private decide(head: Uint8Array): void {
    this.isTold = true;
    this.head = NO_BYTES;
    const format = this.unpacker && formatOf(head);
    if (format !== undefined) this.start(0);
    this.isArchive = format !== undefined && format.kind !== 'program';
    this.pass(head);
  }

  /** Hands bytes on; of a file that is no archive, from where a zip may begin in it. */
  private pass(bytes: Uint8Array): void {
    if (this.feed !== undefined) this.feed.put(bytes);
    else if (this.unpacker !== undefined) this.seek(bytes);
    this.position += bytes.length;
  }

  private seek(bytes: Uint8Array): void {
    const kept = this.tail.length;
    const border = kept === 0 ? this.tail : Buffer.concat([this.tail, bytes.subarray(0, MOST_TAIL)]);
    const onBorder = kept === 0 ? -1 : asBuffer(border).indexOf(LOCAL_HEADER);
    const at = onBorder >= 0 ? onBorder - kept : asBuffer(bytes).indexOf(LOCAL_HEADER);
    this.tail = beginningIn(bytes.length < MOST_TAIL && kept > 0 ? border : bytes);
    if (onBorder < 0 && at < 0) return;
    const feed = this.start(this.position + at);
    if (onBorder >= 0) feed?.put(border.subarray(onBorder, kept));
    feed?.put(bytes.subarray(Math.max(0, at)));
  }

  private start(start: number): Feed | undefined {
    if (this.file === undefined) return undefined;
    this.feed = new Feed();
    this.jobs.push({ ...this.file, feed: this.feed, start, isOver: false, found: [] });
    return this.feed;
  }

  private async workOff(): Promise<void> {
    for (let job = this.jobs[0]; job !== undefined; job = this.jobs[0]) {
      job.done ??= this.work(job);
      await Promise.race([job.done, job.feed.settled()]);
      if (!job.isOver) return;
      await job.done; // what went wrong in it is thrown here
      this.jobs.shift();
      const { ordinal, found } = job;
      const told = new Set(found.map(({ hit }) => identityOf(hit)));
      if (this.unpacker?.isOpenProgram(job.path)) for (const one of ANSWERED_BY_CONTENT) told.add(one);
      if (told.size > 0) this.inside.set(ordinal, told);
      for (const one of found) this.found.push({ ...one, ordinal });
    }
  }

  private work(job: Job): Promise<void> {
    const done = this.lookInto(job);
    done.catch(() => {}); // it is thrown where it is waited for, and nobody waits once the layer has failed
    return done;
  }

  private async lookInto(job: Job): Promise<void> {
    try {
      job.found = (await this.unpacker?.lookInto(job.feed, job.path, job.start, job.ordinal)) ?? [];
    } finally {
      job.isOver = true;
      job.feed.close();
    }
  }
}

/** The bytes at the end with which a header may begin. */
function beginningIn(bytes: Uint8Array): Uint8Array {
  for (let length = Math.min(MOST_TAIL, bytes.length); length > 0; length--) {
    let same = 0;
    while (same < length && bytes[bytes.length - length + same] === LOCAL_HEADER[same]) same++;
    if (same === length) return LOCAL_HEADER.subarray(0, length);
  }
  return NO_BYTES;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
