import { z } from 'zod';
import { checks, duration, imagePattern, signerName, words } from '../schema-parts.ts';

/** One entry of `images`. */
export const imageRule = z.strictObject({
  match: imagePattern,
  'signed-by': z.array(signerName).min(1, 'name at least one signer, or leave signed-by out').optional(),
  provenance: z
    .strictObject({
      builder: words.optional(),
      source: words.optional(),
      'slsa-level': z
        .int('a level is a whole number')
        .min(1, 'a level is 1 to 4')
        .max(4, 'a level is 1 to 4')
        .optional(),
    })
    .optional(),
  'max-age': duration.optional().describe('Age of the image at most: 90d'),
  'base-max-age': duration.optional().describe('Age of the base of the image at most: 30d'),
  checks: checks.optional(),
});

export type ImageRuleFile = z.infer<typeof imageRule>;
