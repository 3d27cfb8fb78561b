import type { ErrorCode, Problem } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import type { CustomRule } from '../../model/custom-rule.ts';
import type { Layer } from '../../model/image.ts';
import type { SharedMatcher } from '../matcher.ts';

/** What a thread is started with. */
export interface ThreadStart {
  readonly limits: Limits;
  readonly hashFiles: boolean;
  /** the policy's own rules, which the thread compiles again */
  readonly custom: readonly CustomRule[];
  /** the matcher of the built-in rules */
  readonly matcher: SharedMatcher;
  /** which of its places is this thread's */
  readonly slot: number;
}

/** Where the bytes of a blob come from: an open file, not yet verified, or messages, verified. */
export type BlobSource =
  | {
      readonly kind: 'file';
      readonly fd: number;
      readonly offset: number;
      /** to the end of the file where absent */
      readonly length: number | undefined;
      readonly where: string;
    }
  | { readonly kind: 'posted' };

/** To the thread. After `read` with `posted` come `bytes`, until `end` or `broken`. */
export type ToThread =
  | { readonly kind: 'read'; readonly layer: Layer; readonly from: BlobSource }
  | { readonly kind: 'bytes'; readonly chunk: Uint8Array }
  | { readonly kind: 'end' }
  /** the blob cannot be read on; whoever sent this knows why */
  | { readonly kind: 'broken' };

/** From the thread. */
export type FromThread =
  /** bytes of the blob that were taken in since the last time */
  | { readonly kind: 'taken'; readonly bytes: number }
  /** see `encodeLayerScan` */
  | { readonly kind: 'done'; readonly scan: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'fault'; readonly code: ErrorCode; readonly problem: Problem }
  /** it ended where the blob was `broken` */
  | { readonly kind: 'broken' };
