import type { ByteWindow } from './byte-window.ts';
import type { Need, PlainNeed } from './pattern-needs.ts';

/** What is known of where a need is met next. Positions are those of the file. */
interface Known {
  /** the file that it is about */
  file: number;
  /** it is met nowhere between `from` and `next` */
  from: number;
  next: number;
  /** whether it is met at `next` */
  isMet: boolean;
}

/** Tells which stretches of a file lack what a pattern needs. Each byte is looked at once for each need, if at all. */
export class NeedFinder {
  private readonly window: ByteWindow;
  private readonly known: Known[] = [];
  private file = 0;

  constructor(window: ByteWindow) {
    this.window = window;
  }

  /** Starts a new file. */
  clear(): void {
    this.file++;
  }

  /**
   * Looks at the bytes between two positions, one at least, all of which must be held.
   * @returns a position from `to` on: up to there it is not met from `from` on; 0 where it is met before `to`
   */
  lacksUntil(need: Need, from: number, to: number): number {
    if (need.kind === 'all') {
      for (const part of need.parts) {
        const until = this.lacksUntil(part, from, to);
        if (until > 0) return until;
      }
      return 0;
    }
    if (need.kind === 'run' || need.kind === 'gram')
      return this.lacksPlainUntil(need, from, to - need.length);
    let least = Number.POSITIVE_INFINITY;
    for (const part of need.parts) {
      const until = this.lacksUntil(part, from, to);
      if (until === 0) return 0;
      if (until < least) least = until;
    }
    return least;
  }

  /** @param last where it may begin at the latest */
  private lacksPlainUntil(need: PlainNeed, from: number, last: number): number {
    const known = this.knownOf(need, from);
    if (from < known.from) {
      if (this.find(need, from, Math.min(known.from - 1, last)) >= 0) return 0;
      if (known.from > last) return last + need.length;
      known.from = from;
    }
    if (!known.isMet && known.next <= last) this.goOn(need, known, last);
    return known.isMet && known.next <= last ? 0 : known.next + need.length - 1;
  }

  private knownOf({ id }: PlainNeed, from: number): Known {
    this.known[id] ??= { file: -1, from: 0, next: 0, isMet: false };
    const known = this.known[id];
    if (known.file !== this.file || from > known.next) {
      known.file = this.file;
      known.from = from;
      known.next = from;
      known.isMet = false;
    }
    return known;
  }

  /** The longer it was not met, the farther ahead is looked: where it is asked for again and again, that is once. */
  private goOn(need: PlainNeed, known: Known, last: number): void {
    const far = Math.min(last + known.next - known.from, this.window.end - need.length);
    const met = this.find(need, known.next, far);
    known.isMet = met >= 0;
    known.next = met >= 0 ? met : far + 1;
  }

  private find(need: PlainNeed, from: number, last: number): number {
    return need.kind === 'run'
      ? this.window.findRun(need.set, need.length, from, last)
      : this.window.findGram(need.grams, from, last);
  }
}
