import { z } from 'zod';
import { isDigest } from '../model/digest.ts';
import { type SweepItem, worstOf } from '../model/sweep.ts';
import type { JudgedItem } from './judge-messages.ts';

const text = z.string().max(4096);
const result = z.enum(['admitted', 'refused', 'undecided']);
const level = z.enum(['fail', 'warn', 'off']);
const digest = z.string().refine(isDigest);
const fault = z.strictObject({ code: text, text, afterSeconds: z.number().min(0).exactOptional() });
const name = z.strictObject({
  name: text,
  result,
  checks: z
    .array(
      z.strictObject({
        check: text,
        state: z.enum(['passed', 'failed', 'unknown']),
        level,
        findings: z.int().min(0),
      }),
    )
    .max(1000),
  findings: z
    .array(
      z.strictObject({
        rule: text,
        severity: z.enum(['critical', 'high', 'medium', 'low', 'info']),
        fingerprint: text,
        where: text,
      }),
    )
    .max(1000),
  more: z.int().min(0),
  faults: z.array(fault).max(1000),
  acted: z.strictObject({ done: z.boolean(), text }).exactOptional(),
});
const item = z.strictObject({ digest, names: z.array(text).min(1).max(100_000) });
const judged = z.strictObject({
  digest,
  result,
  names: z.array(name).max(100_000),
  at: text,
  seconds: z.number().min(0),
  passing: z.literal(true).exactOptional(),
});

/** What a queue hands out as an image to judge; `undefined` for anything else. */
export function readItem(value: unknown): SweepItem | undefined {
  return item.safeParse(value).data as SweepItem | undefined;
}

/**
 * What a queue hands back as an answer; `undefined` for anything else. It has to be about the image that was asked about, about exactly its
 * names, and no better than the worst of them.
 */
export function readJudged(value: unknown, { digest: asked, names }: SweepItem): JudgedItem | undefined {
  const { data } = judged.safeParse(value);
  if (data === undefined || data.digest !== asked) return undefined;
  if (data.names.length !== names.length || data.names.some((one, at) => one.name !== names[at]))
    return undefined;
  return data.result === worstOf(data.names.map((one) => one.result)) ? (data as JudgedItem) : undefined;
}
