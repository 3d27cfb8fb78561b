import type { Hit } from '../rule.ts';
import { Feed } from './feed.ts';
import { formatOf, HEAD_BYTES } from './format.ts';
import { type InnerHit, identityOf, type Unpacker } from './unpacker.ts';
import { UNSCANNED_RULE } from './unscanned.ts';

/** A file of a layer that is looked into. */
interface Job {
  readonly ordinal: number;
  readonly path: string;
  readonly feed: Feed;
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
  private head: Uint8Array = new Uint8Array(0);
  private feed: Feed | undefined;
  private isTold = false;
  /** whether the file just ended is an archive by its first bytes */
  isArchive = false;

  /** @param unpacker absent: nothing is looked into */
  constructor(unpacker: Unpacker | undefined) {
    this.unpacker = unpacker;
  }

  /** @param path with secrets cut out */
  begin(path: string, ordinal: number): void {
    this.file = { path, ordinal };
    this.head = new Uint8Array(0);
    this.feed = undefined;
    this.isTold = false;
    this.isArchive = false;
  }

  /** The next bytes of the file; they must not change before the next `settle` is over. */
  write(bytes: Uint8Array): void {
    if (this.isTold) {
      this.feed?.put(bytes);
    } else {
      this.head = this.head.length === 0 ? bytes : Buffer.concat([this.head, bytes]);
      if (this.head.length >= HEAD_BYTES) this.decide();
    }
  }

  /** So many zeros of a sparse file. */
  hole(length: number): void {
    if (!this.isTold) this.decide();
    this.feed?.putZeros(length);
  }

  end(): void {
    if (!this.isTold) this.decide();
    this.feed?.end();
    this.file = undefined;
  }

  /** Works off what has come. Absent where there is nothing to wait for. @throws {PratiqueError} `LIMIT_EXCEEDED` */
  settle(): Promise<void> | undefined {
    return this.jobs.length === 0 ? undefined : this.workOff();
  }

  /** What was found in archives, in the order of the layer; once all is settled. */
  finish(): readonly ArchiveHit[] {
    const last = this.found.findLast(({ hit }) => hit.rule === UNSCANNED_RULE);
    const unlisted = this.unpacker?.unlisted ?? 0;
    if (last === undefined || unlisted === 0) return this.found;
    const more = { ...last, hit: { ...last.hit, args: { ...last.hit.args, more: unlisted } } };
    return this.found.map((one) => (one === last ? more : one));
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

  private decide(): void {
    this.isTold = true;
    const { file, head } = this;
    this.head = new Uint8Array(0);
    const format = this.unpacker && formatOf(head);
    if (file === undefined || format === undefined) return;
    this.isArchive = format.kind !== 'program';
    this.feed = new Feed();
    this.feed.put(head);
    this.jobs.push({ ...file, feed: this.feed, isOver: false, found: [] });
  }

  private async workOff(): Promise<void> {
    for (let job = this.jobs[0]; job !== undefined; job = this.jobs[0]) {
      job.done ??= this.work(job);
      await Promise.race([job.done, job.feed.settled()]);
      if (!job.isOver) return;
      await job.done; // what went wrong in it is thrown here
      this.jobs.shift();
      const { ordinal, found } = job;
      if (found.length > 0) this.inside.set(ordinal, new Set(found.map(({ hit }) => identityOf(hit))));
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
      job.found = (await this.unpacker?.lookInto(job.feed, job.path)) ?? [];
    } finally {
      job.isOver = true;
      job.feed.close();
    }
  }
}
