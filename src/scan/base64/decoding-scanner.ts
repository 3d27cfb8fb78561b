import type { Limits } from '../../io/limits.ts';
import { identityOf } from '../hit-identity.ts';
import type { ContentScanner, Hit, ScanSubject } from '../rule.ts';
import { Base64Runs, mayHoldRun } from './base64-runs.ts';
import { DecodedRuns } from './decoded-runs.ts';
import { WideText } from './wide-text.ts';

const ZEROS = new Uint8Array(4096);
const NONE: ReadonlyMap<string, Hit> = new Map();

/**
 * A scanner that reads base64 as well, one level of it, and what is gzip in that; the letters may be UTF-16. What is
 * found in it is told like any other, at the position of the letters; a value that also stands there as it is, is told once.
 * @param plain what both are scanned with; given back as it is where it cannot be forked
 * @throws {PratiqueError} its `write` and `end`: `LIMIT_EXCEEDED` for a gzip larger than `limits.encodedBytes`
 */
export function createDecodingScanner(plain: ContentScanner, limits: Limits): ContentScanner {
  if (plain.fork === undefined) return plain;
  return new DecodingScanner(plain, plain.fork, limits);
}

class DecodingScanner implements ContentScanner {
  private readonly plain: ContentScanner;
  private readonly forkPlain: () => ContentScanner;
  private readonly limits: Limits;
  private readonly narrow: DecodedRuns;
  private readonly wide: DecodedRuns;
  private readonly runs: Base64Runs;
  private readonly wideText: WideText;

  constructor(plain: ContentScanner, forkPlain: () => ContentScanner, limits: Limits) {
    this.plain = plain;
    this.forkPlain = forkPlain;
    this.limits = limits;
    this.narrow = new DecodedRuns(forkPlain, limits, 1);
    this.wide = new DecodedRuns(forkPlain, limits, 2);
    this.runs = new Base64Runs((run) => this.narrow.take(run, 0));
    const wideRuns = new Base64Runs((run) => this.wide.take(run, this.wideText.start));
    this.wideText = new WideText(wideRuns);
  }

  begin(subject: ScanSubject): void {
    this.plain.begin(subject);
    this.runs.begin();
    this.wideText.begin();
    this.narrow.begin(subject);
    this.wide.begin(subject);
  }

  write(bytes: Uint8Array): void {
    this.plain.write(bytes);
    this.runs.write(bytes);
    this.wideText.write(bytes);
  }

  hole(length: number): void {
    if (this.plain.hole !== undefined) this.plain.hole(length);
    else for (let left = length; left > 0; left -= ZEROS.length) this.plain.write(ZEROS.subarray(0, left));
    this.runs.skip(length);
    this.wideText.skip(length);
  }

  end(): readonly Hit[] {
    let hits: readonly Hit[] = [];
    let [wide, narrow] = [NONE, NONE];
    try {
      this.runs.end();
      this.wideText.end();
    } finally {
      wide = this.wide.end();
      narrow = this.narrow.end();
      hits = this.plain.end();
    }
    if (wide.size === 0 && narrow.size === 0) return hits;
    const found = new Map([...wide, ...narrow]);
    for (const hit of hits) found.delete(identityOf(hit));
    return [...hits, ...found.values()].sort((a, b) => a.offset - b.offset);
  }

  /** Names are scanned by the hundred thousand, and most are words of one case. */
  mayFind(subject: ScanSubject, bytes: Uint8Array): boolean {
    return (this.plain.mayFind?.(subject, bytes) ?? true) || mayHoldRun(bytes) || bytes.includes(0);
  }

  fork(): ContentScanner {
    return createDecodingScanner(this.forkPlain(), this.limits);
  }
}
