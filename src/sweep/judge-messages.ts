import { z } from 'zod';
import { type ErrorCode, isErrorCode } from '../errors.ts';
import type { SweepItem, SweptImage } from '../model/sweep.ts';

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
  | { readonly kind: 'unfit'; readonly code: ErrorCode; readonly text: string }
  /** `memory`: what the process takes by now, in bytes */
  | { readonly kind: 'judged'; readonly image: JudgedItem; readonly memory: number };

/** What was decided about an image, without how often it was tried, which the ledger knows. */
export type JudgedItem = Omit<SweptImage, 'attempts'>;

/** bytes of one message; an image has findings and faults of a few megabytes at most */
export const LONGEST_MESSAGE = 64 * 1024 * 1024;

const schema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready'), key: z.string() }),
  z.strictObject({ kind: z.literal('unfit'), code: z.string().refine(isErrorCode), text: z.string() }),
  z.strictObject({ kind: z.literal('judged'), image: z.unknown(), memory: z.number().min(0) }),
]);

/**
 * An answer; `undefined` for what is none. A process that an image has got hold of could say anything: what it says of the image is still
 * to be read against what it was asked (`readJudged`).
 */
export function readAnswer(value: unknown): z.infer<typeof schema> | undefined {
  return schema.safeParse(value).data;
}
