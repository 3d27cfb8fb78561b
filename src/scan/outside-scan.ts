import type { Place } from '../io/outside.ts';
import { OUTSIDE } from './layer-scan.ts';
import type { ContentScanner, Hit } from './rule.ts';

/** Between two pieces that do not belong together: nothing is found across it, and nothing is hidden by what adjoins. */
const GAP = Buffer.from(`\n${'\0'.repeat(14)}\n`);

/** Bytes that are gathered before they are scanned: each of a hundred thousand headers comes in four small parts. */
const GATHERED_BYTES = 16 * 1024;

/** The bytes of one kind of place. */
class Outsider {
  private readonly scanner: ContentScanner;
  private readonly gathered = new Uint8Array(GATHERED_BYTES);
  private filled = 0;

  constructor(scanner: ContentScanner) {
    this.scanner = scanner;
    scanner.begin({ path: OUTSIDE });
  }

  write(bytes: Uint8Array): void {
    if (this.filled + bytes.length > GATHERED_BYTES) this.pass();
    if (bytes.length > GATHERED_BYTES) this.scanner.write(bytes);
    else {
      this.gathered.set(bytes, this.filled);
      this.filled += bytes.length;
    }
  }

  end(): readonly Hit[] {
    this.pass();
    return this.scanner.end();
  }

  private pass(): void {
    const { filled } = this;
    this.filled = 0; // before anything is thrown: what is left is not told twice
    if (filled > 0) this.scanner.write(this.gathered.subarray(0, filled));
  }

  /** Leaves the scanner ready for what comes next. */
  close(): void {
    this.scanner.end();
  }
}

/** Scans the bytes of a layer that are no file's, those of each kind of place together. */
export class OutsideScan {
  private readonly scanner: ContentScanner;
  private readonly byPlace = new Map<Place, Outsider>();

  /** @param scanner forked where it can be */
  constructor(scanner: ContentScanner) {
    this.scanner = scanner;
  }

  /** @param isFirst whether these bytes do not go on with the ones before */
  write(bytes: Uint8Array, place: Place, isFirst: boolean): void {
    const known = this.byPlace.get(place);
    const outsider = known ?? new Outsider(this.scanner.fork?.() ?? this.scanner);
    if (known === undefined) this.byPlace.set(place, outsider);
    else if (isFirst) outsider.write(GAP);
    outsider.write(bytes);
  }

  /** What was found. @param told fingerprints of what names and attributes hold */
  finish(told: ReadonlySet<string>): readonly Hit[] {
    const found: Hit[] = [];
    for (const [place, outsider] of this.byPlace) {
      this.byPlace.delete(place);
      for (const hit of outsider.end()) {
        // Names and attributes lie in headers and records, and have been told of with their entry. Of the rest that
        // is gathered from many entries, only secrets count: names of many miners make no miner.
        const isPooled = place !== 'behind the end' && place !== 'skippable zstd frame';
        if (isPooled && (hit.check !== 'secrets' || told.has(hit.fingerprint))) continue;
        found.push({ ...hit, args: { ...hit.args, part: place } });
      }
    }
    return found;
  }

  /** Leaves the scanners ready for what comes next. */
  close(): void {
    for (const outsider of this.byPlace.values()) outsider.close();
    this.byPlace.clear();
  }
}
