import type { Limits } from '../../io/limits.ts';
import { printable } from '../../model/printable.ts';
import { identityOf } from '../hit-identity.ts';
import { redactSecrets } from '../redact.ts';
import type { ContentScanner, Hit, ScanSubject } from '../rule.ts';
import type { Base64Run } from './base64-runs.ts';
import { decodeBase64 } from './decode.ts';
import { PackedRun } from './packed-run.ts';
import { eachSpan } from './spans.ts';
import { Stretches } from './stretches.ts';

/** Between two runs: nothing is found across it. */
const GAP = Buffer.from('\n\u0001\u0001\n');
/** Stretches after which what was found is placed and forgotten. */
const MOST_STRETCHES = 16 * 1024;
/** Bytes that are decoded before they are scanned: most runs are a few words, and a program has a million of them. */
const BATCH_BYTES = 32 * 1024;

/** What the runs of base64 in one file decode to, scanned as it comes. */
export class DecodedRuns {
  private readonly forkPlain: () => ContentScanner;
  private readonly limits: Limits;
  private readonly step: 1 | 2;
  private subject: ScanSubject = {};
  private decoded: ContentScanner | undefined;
  private isOpen = false;
  /** decoded, and not scanned yet */
  private batch: Buffer | undefined;
  private filled = 0;
  /** bytes decoded since the first of `stretches` */
  private written = 0;
  private readonly stretches = new Stretches();
  private packed: PackedRun | undefined;
  private readonly found = new Map<string, Hit>();
  // Made once, and not for each run.
  private readonly onSpan = (from: number, to: number) => this.decode(from, to);
  private readonly where = () => this.shownSubject();
  /** the run that is told of, and from where its positions count; only while it is */
  private run: Base64Run | undefined;
  private base = 0;

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
  end(): ReadonlyMap<string, Hit> {
    this.place();
    return this.found;
  }

  /**
   * The next run, or part of one.
   * @param base position in the file from which the run's own positions count
   */
  take(run: Base64Run, base: number): void {
    const { isFirst, isLast } = run;
    if (isFirst && this.stretches.count >= MOST_STRETCHES) this.place();
    if (isFirst) this.packed = this.startPacked(run, base);
    this.run = run;
    this.base = base;
    eachSpan(run, this.onSpan);
    this.run = undefined;
    if (isLast && this.packed !== undefined) this.unpack(this.packed);
  }

  private decode(from: number, to: number): void {
    const { run } = this;
    if (run === undefined) return;
    const isAll = to - from === run.count;
    this.start();
    const batch = this.roomFor(GAP.length + to - from);
    if (run.isFirst || !isAll) {
      batch.set(GAP, this.filled);
      this.filled += GAP.length;
      this.written += GAP.length;
    }
    this.noteStretches(run, from, to);
    const start = this.filled;
    this.filled = decodeBase64(run.letters, from, to, batch, start);
    this.written += this.filled - start;
    if (isAll) this.packed?.add(batch.subarray(start, this.filled));
  }

  /** The batch, with room behind what fills it: letters that are told of at once are fewer than it holds. */
  private roomFor(bytes: number): Buffer {
    this.batch ??= Buffer.alloc(BATCH_BYTES);
    if (this.filled + bytes > BATCH_BYTES) this.scanBatch();
    return this.batch;
  }

  private scanBatch(): void {
    const { batch, filled } = this;
    this.filled = 0;
    if (batch !== undefined && filled > 0) this.open().write(batch.subarray(0, filled));
  }

  private unpack(packed: PackedRun): void {
    this.packed = undefined;
    const bytes = packed.unpack();
    if (bytes === undefined) return;
    this.start();
    this.scanBatch();
    const decoded = this.open();
    decoded.write(GAP);
    this.stretches.add(this.written + GAP.length, packed.position, true);
    decoded.write(bytes);
    this.written += GAP.length + bytes.length;
  }

  private start(): void {
    if (this.stretches.count > 0) return;
    this.written = 0;
    this.filled = 0;
    this.stretches.add(0, 0, true);
  }

  private open(): ContentScanner {
    this.decoded ??= this.forkPlain();
    if (!this.isOpen) this.decoded.begin(this.subject);
    this.isOpen = true;
    return this.decoded;
  }

  private noteStretches({ lines, lineCount, isFirst }: Base64Run, from: number, to: number): void {
    for (let at = 0; at < 2 * lineCount; at += 2) {
      const letter = lines[at] as number;
      const next = at + 2 < 2 * lineCount ? (lines[at + 2] as number) : Number.POSITIVE_INFINITY;
      if (next <= from || letter >= to) continue;
      const first = Math.max(letter, from);
      const position = this.base + this.step * ((lines[at + 1] as number) + first - letter);
      this.stretches.add(this.written + ((3 * (first - from)) >> 2), position, false);
    }
    // Within one run, however long, a place that is off by some line ends will do.
    if (!isFirst && this.stretches.count > MOST_STRETCHES) this.stretches.thin();
  }

  /** A gzip that begins with the run. */
  private startPacked(run: Base64Run, base: number): PackedRun | undefined {
    const position = base + this.step * (run.lines[1] ?? 0);
    return PackedRun.startsIn(run, position, this.limits.encodedBytes, this.where);
  }

  /** Ends what was decoded so far, and says where in the file it stood. */
  private place(): void {
    if (this.stretches.count > 0 && this.mayFind()) {
      this.scanBatch();
      this.isOpen = false;
      for (const hit of this.decoded?.end() ?? []) this.keep(hit);
    }
    this.stretches.clear();
  }

  /** Of most files all that was decoded is in the batch, and is mere noise. */
  private mayFind(): boolean {
    const { batch, filled, subject } = this;
    if (this.isOpen || batch === undefined) return true;
    this.decoded ??= this.forkPlain();
    return this.decoded.mayFind?.(subject, batch.subarray(0, filled)) ?? true;
  }

  private keep(hit: Hit): void {
    const key = identityOf(hit);
    // More than an image may have: told, they end the read.
    if (this.found.has(key) || this.found.size > this.limits.hitsPerImage) return;
    this.found.set(key, this.placed(hit));
  }

  private shownSubject(): string {
    const { path, field = '' } = this.subject;
    return printable(redactSecrets(path ?? field, this.forkPlain()));
  }

  private placed(hit: Hit): Hit {
    const { from, position, isPacked } = this.stretches.holding(hit.offset);
    const offset = isPacked ? position : position + this.step * Math.floor((hit.offset - from) / 3) * 4;
    const within = `${isPacked ? 'gzip in base64' : 'base64'}${this.step === 2 ? ' in utf-16' : ''}`;
    const inner = hit.args['encoding'];
    const encoding = typeof inner === 'string' ? `${inner} in ${within}` : within;
    return { ...hit, offset, args: { ...hit.args, encoding } };
  }
}
