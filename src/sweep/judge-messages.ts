import type { SweepItem, SweptFault, SweptImage } from '../model/sweep.ts';

/** What a judging process is told. It judges one image at a time. */
export type JudgeRequest =
  /** first of all: the command line of the sweep, and when that began (RFC 3339) */
  | { readonly kind: 'begin'; readonly argv: readonly string[]; readonly at: string }
  | { readonly kind: 'judge'; readonly item: SweepItem };

/** What a judging process tells. */
export type JudgeAnswer =
  /** it is set up; `key` is that of the sweep as this process sees its policy and rules */
  | { readonly kind: 'ready'; readonly key: string }
  /** it cannot be set up: a policy that is wrong, a key that does not open; no other process would fare better */
  | { readonly kind: 'unfit'; readonly fault: SweptFault }
  | { readonly kind: 'judged'; readonly image: JudgedItem };

/** What was decided about an image, without how often it was tried, which the ledger knows. */
export type JudgedItem = Omit<SweptImage, 'attempts'>;
