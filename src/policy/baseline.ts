import { z } from 'zod';
import { PratiqueError } from '../errors.ts';
import { parseImagePattern } from '../model/image-pattern.ts';
import { isDay } from './duration.ts';
import { addIssues, type Faults } from './faults.ts';
import type { Exception } from './policy.ts';
import { readSmallFile } from './read-file.ts';
import { parsed } from './schema-parts.ts';
import type { Surroundings } from './surroundings.ts';
import { readYaml } from './yaml-file.ts';

/** bytes of a baseline; an entry has some 250, and `limits.hits-per-image` bounds what one run adds */
const BASELINE_BYTES = 16 * 1024 * 1024;

const words = z.string().trim().min(1, 'a word is needed here');
const day = z.string().refine(isDay, 'a day is written YYYY-MM-DD: 2027-01-31');

/** What could not be looked into is told under this rule. Its fingerprint is made of its path: no value is known by it. */
export const UNSEEN_RULE = 'secrets.unscanned';

const entry = z.strictObject({
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/, 'a fingerprint has 16 hex digits: take it from a finding'),
  rule: z
    .string()
    .regex(/^secrets\.[a-z0-9-]+$/, 'only findings of secrets can be known: secrets.github-token')
    .refine((rule) => rule !== UNSEEN_RULE, 'what was not looked into is not known: write an exception'),
  image: parsed(parseImagePattern).optional(),
  where: words.optional(),
  'first-seen': day.optional(),
  reason: words,
  owner: words,
  until: day,
});

const baselineFile = z.strictObject({
  version: z.literal(1, 'this version reads baselines of version 1'),
  entries: z.array(entry),
});

/** One known finding, as it is written. */
export type BaselineEntry = z.infer<typeof entry>;

/**
 * Reads a baseline: findings of secrets that are known, each with a reason, an owner and a last day. JSON is read too.
 * @param shown the path as it stands in messages
 * @throws {PratiqueError} where the file cannot be read; what is wrong in it is added to `faults`
 */
export async function readBaseline(
  path: string,
  shown: string,
  { files, faults }: Pick<Surroundings, 'files' | 'faults'>,
): Promise<readonly Exception[]> {
  const entries = parseBaseline(await files.read(path, shown, BASELINE_BYTES), shown, faults) ?? [];
  return entries.map(({ rule, fingerprint, image, reason, owner, until }) => ({
    rule,
    fingerprint,
    ...(image === undefined ? {} : { image: parseImagePattern(image) }),
    reason,
    owner,
    until,
    baseline: shown,
  }));
}

/**
 * The text of a baseline; `undefined` where there is none yet.
 * @param shown the path as it stands in messages
 * @throws {PratiqueError} `POLICY_INVALID` where it is no text file of that size
 */
export async function readBaselineText(path: string, shown: string): Promise<string | undefined> {
  try {
    return await readSmallFile(path, shown, BASELINE_BYTES);
  } catch (thrown) {
    if (thrown instanceof PratiqueError && thrown.code === 'POLICY_NOT_FOUND') return undefined;
    throw thrown;
  }
}

/** The entries of a baseline's text; `undefined` where faults were added. */
export function parseBaseline(
  text: string,
  shown: string,
  faults: Faults,
): readonly BaselineEntry[] | undefined {
  const file = readYaml(text, shown, faults);
  if (file === undefined) return undefined;
  const read = baselineFile.safeParse(file.value);
  if (read.success) return read.data.entries;
  addIssues(faults, file, read.error.issues);
  return undefined;
}
