import { DEFAULT_LIMITS, type Limits } from '../../src/io/limits.ts';
import { createContentScanner } from '../../src/scan/content-scanner.ts';
import type { ContentScanner, Hit, RuleSet, ScanSubject } from '../../src/scan/rule.ts';

/** A scanner with the built-in rules, or others. */
export function makeScanner(
  options: { rules?: RuleSet; limits?: Partial<Limits>; blockBytes?: number } = {},
): ContentScanner {
  const { rules, limits, blockBytes } = options;
  return createContentScanner(
    rules,
    { ...DEFAULT_LIMITS, ...limits },
    blockBytes === undefined ? {} : { blockBytes },
  );
}

/** Scans one file, given in these pieces. */
export function scanPieces(
  scanner: ContentScanner,
  pieces: Iterable<Uint8Array>,
  subject: ScanSubject = { path: 'f' },
): readonly Hit[] {
  scanner.begin(subject);
  for (const piece of pieces) scanner.write(piece);
  return scanner.end();
}

/** Scans one text as a file. */
export function scanText(scanner: ContentScanner, text: string, subject?: ScanSubject): readonly Hit[] {
  return scanPieces(scanner, [Buffer.from(text, 'latin1')], subject);
}
