import type { Limits } from '../../io/limits.ts';
import { printable } from '../../model/printable.ts';
import { identityOf } from '../hit-identity.ts';
import { redactSecrets } from '../redact.ts';
import type { ContentScanner, Hit, ScanSubject } from '../rule.ts';
import type { Base64Run } from './base64-runs.ts';
import { decodeBase64 } from './decode.ts';
import { PackedRun } from './packed-run.ts';
import { spansOf } from './spans.ts';

/** Between two runs: nothing is found across it. */
const GAP = Buffer.from('\n\u0001\u0001\n');
/** Lines of runs after which what was found is placed and forgotten. */
const MOST_STRETCHES = 16 * 1024;

/** A stretch of what was decoded, and where in the file it stood. */
interface Stretch {
  /** its first byte, among all those decoded */
  readonly from: number;
  /** of its first letter in the file */
  readonly position: number;
  /** unpacked as well: all of it stands at one position */
  readonly isPacked: boolean;
}

/** What the runs of base64 in one file decode to, scanned as it comes. */
export class DecodedRuns {
  private readonly forkPlain: () => ContentScanner;
  private readonly limits: Limits;
  private readonly step: 1 | 2;
  private subject: ScanSubject = {};
  /** open while `stretches` holds any */
  private decoded: ContentScanner | undefined;
  private written = 0;
  private stretches: Stretch[] = [];
  private room = Buffer.alloc(0);
  private packed: PackedRun | undefined;
  private readonly found = new Map<string, Hit>();

  /** @param step bytes of a letter: 2 in UTF-16 */
  constructor(forkPlain: () => ContentScanner, limits: Limits, step: 1 | 2) {
    this.forkPlain = forkPlain;
    this.limits = limits;
    this.step = step;
  }

  begin(subject: ScanSubject): void {
    this.subject = subject;
    if (this.found.size > 0) this.found.clear(); // an empty one would make itself anew for each file
  }

  /** What was found, by what makes it the same; emptied by `begin`. */
  end(): Map<string, Hit> {
    this.place();
    return this.found;
  }

  /**
   * The next run, or part of one.
   * @param base position in the file from which the run's own positions count
   */
  take(run: Base64Run, base: number): void {
    const { isFirst, isLast } = run;
    if (isFirst && this.stretches.length >= MOST_STRETCHES) this.place();
    if (isFirst) this.packed = this.startPacked(run, base);
    for (const [from, to] of spansOf(run)) this.decode(run, base, from, to);
    if (isLast) this.unpack();
  }

  private decode(run: Base64Run, base: number, from: number, to: number): void {
    const isAll = to - from === run.letters.length;
    const decoded = this.open();
    if (run.isFirst || !isAll) this.writeDecoded(decoded, GAP);
    this.noteStretches(run, base, from, to);
    if (this.room.length < to - from) this.room = Buffer.alloc(to - from);
    const bytes = this.room.subarray(0, decodeBase64(run.letters.subarray(from, to), this.room));
    this.writeDecoded(decoded, bytes);
    if (isAll) this.packed?.add(bytes);
  }

  private unpack(): void {
    const { packed } = this;
    this.packed = undefined;
    const bytes = packed?.unpack();
    if (packed === undefined || bytes === undefined) return;
    const decoded = this.open();
    this.writeDecoded(decoded, GAP);
    this.stretches.push({ from: this.written, position: packed.position, isPacked: true });
    this.writeDecoded(decoded, bytes);
  }

  private open(): ContentScanner {
    this.decoded ??= this.forkPlain();
    if (this.stretches.length === 0) {
      this.decoded.begin(this.subject);
      this.written = 0;
      this.stretches.push({ from: 0, position: 0, isPacked: true });
    }
    return this.decoded;
  }

  private writeDecoded(decoded: ContentScanner, bytes: Uint8Array): void {
    decoded.write(bytes);
    this.written += bytes.length;
  }

  private noteStretches({ lines, isFirst }: Base64Run, base: number, from: number, to: number): void {
    for (let at = 0; at < lines.length; at += 2) {
      const letter = lines[at] as number;
      const next = lines[at + 2] ?? Number.POSITIVE_INFINITY;
      if (next <= from || letter >= to) continue;
      const first = Math.max(letter, from);
      const position = base + this.step * ((lines[at + 1] as number) + first - letter);
      this.stretches.push({
        from: this.written + Math.floor(((first - from) / 4) * 3),
        position,
        isPacked: false,
      });
    }
    // Within one run, however long, a place that is off by some line ends will do.
    if (!isFirst && this.stretches.length > MOST_STRETCHES)
      this.stretches = this.stretches.filter((_, index) => index % 2 === 0);
  }

  /** A gzip that begins with the run. */
  private startPacked(run: Base64Run, base: number): PackedRun | undefined {
    const position = base + this.step * (run.lines[1] ?? 0);
    return PackedRun.startsIn(run, position, this.limits.encodedBytes, () => this.shownSubject());
  }

  /** Ends what was decoded so far, and says where in the file it stood. */
  private place(): void {
    if (this.stretches.length === 0) return;
    const { stretches } = this;
    const hits = this.decoded?.end() ?? [];
    this.stretches = [];
    for (const hit of hits) {
      const key = identityOf(hit);
      // More than an image may have: told, they end the read.
      if (this.found.has(key) || this.found.size > this.limits.hitsPerImage) continue;
      this.found.set(key, this.placed(hit, stretches));
    }
  }

  private shownSubject(): string {
    const { path, field = '' } = this.subject;
    return printable(redactSecrets(path ?? field, this.forkPlain()));
  }

  private placed(hit: Hit, stretches: readonly Stretch[]): Hit {
    let low = 0;
    for (let high = stretches.length; high - low > 1; ) {
      const middle = (low + high) >>> 1;
      if ((stretches[middle] as Stretch).from <= hit.offset) low = middle;
      else high = middle;
    }
    const { from, position, isPacked } = stretches[low] as Stretch;
    const offset = isPacked ? position : position + this.step * Math.floor((hit.offset - from) / 3) * 4;
    const within = `${isPacked ? 'gzip in base64' : 'base64'}${this.step === 2 ? ' in utf-16' : ''}`;
    const inner = hit.args['encoding'];
    const encoding = typeof inner === 'string' ? `${inner} in ${within}` : within;
    return { ...hit, offset, args: { ...hit.args, encoding } };
  }
}
