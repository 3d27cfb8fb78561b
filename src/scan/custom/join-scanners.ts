import type { ContentScanner } from '../rule.ts';

/** One scanner that reads with two: each sees every byte, and what either finds is told. */
export function joinScanners(one: ContentScanner, other: ContentScanner): ContentScanner {
  const both = [one, other] as const;
  return {
    begin: (subject) => {
      for (const scanner of both) scanner.begin(subject);
    },
    write: (bytes) => {
      for (const scanner of both) scanner.write(bytes);
    },
    hole: (length) => {
      for (const scanner of both) passOver(scanner, length);
    },
    end: () => both.flatMap((scanner) => scanner.end()).sort((a, b) => a.offset - b.offset),
    mayFind: (subject, bytes) => both.some((scanner) => scanner.mayFind?.(subject, bytes) ?? true),
    fork: () => joinScanners(one.fork?.() ?? one, other.fork?.() ?? other),
  };
}

const ZEROS = new Uint8Array(64 * 1024);

function passOver(scanner: ContentScanner, length: number): void {
  if (scanner.hole !== undefined) scanner.hole(length);
  else for (let left = length; left > 0; left -= ZEROS.length) scanner.write(ZEROS.subarray(0, left));
}
