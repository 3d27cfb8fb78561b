import { createHash } from 'node:crypto';
import type { Digest } from '../model/digest.ts';
import type { SweepItem, SweptImage } from '../model/sweep.ts';

/** What a ledger records, in the order in which it happened. */
export type LedgerRecord =
  | {
      /** the first line of a file: what it is */
      readonly kind: 'ledger';
      readonly version: 1;
    }
  | {
      /** a run began */
      readonly kind: 'begun';
      /** under which verdicts may stand for each other */
      readonly key: string;
      /** RFC 3339, UTC */
      readonly at: string;
      readonly policy: string;
      /** which selection it was to judge; a sweep goes on with its own */
      readonly wanted?: string;
    }
  /** an image is to be judged, by these names as well */
  | ({ readonly kind: 'expected'; readonly key: string } & SweepItem)
  | {
      /** somebody begins to judge it */
      readonly kind: 'attempt';
      readonly key: string;
      readonly digest: Digest;
      readonly at: string;
    }
  | {
      readonly kind: 'verdict';
      readonly key: string;
      readonly image: SweptImage;
      /** the key of the day on which it was judged, where that is not the one on which the sweep began */
      readonly also?: string;
    }
  /** what the run looked at; in parts, as a line has an end */
  | { readonly kind: 'seen'; readonly key: string; readonly digests: readonly Digest[] }
  /** a run came to its end: what it saw is all there is */
  | { readonly kind: 'ended'; readonly key: string; readonly at: string; readonly wanted?: string };

const SUM = 16; // hexadecimal digits of the checksum

/** A record as a line, with a checksum before it: what a machine that died half wrote is known for it. */
export function formatRecord(record: LedgerRecord): string {
  const text = JSON.stringify(record);
  return `${sumOf(text)} ${text}\n`;
}

/** Reads a line without its newline; `undefined` for one that is not as it was written. */
export function readRecord(line: string): LedgerRecord | undefined {
  const text = line.slice(SUM + 1);
  if (line[SUM] !== ' ' || sumOf(text) !== line.slice(0, SUM)) return undefined;
  return JSON.parse(text) as LedgerRecord; // ours, as the sum says
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, SUM);
}
