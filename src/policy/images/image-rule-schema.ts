import { z } from 'zod';
import { checks, duration, imagePattern, once, signerName } from '../schema-parts.ts';
import { attestation } from './attestation-schema.ts';
import { provenance } from './provenance-schema.ts';

/** One entry of `images`. */
export const imageRule = once(() =>
  z.strictObject({
    match: imagePattern,
    'signed-by': z.array(signerName).min(1, 'name at least one signer, or leave signed-by out').optional(),
    provenance: provenance().optional().describe('How it must have been built'),
    attestations: z
      .array(attestation())
      .min(1, 'name at least one attestation, or leave attestations out')
      .optional()
      .describe('What must be attested of it: scans, SBOMs and the like'),
    'max-age': duration.optional().describe('Age of the image at most: 90d'),
    'base-max-age': duration.optional().describe('Age of the base of the image at most: 30d'),
    checks: checks().optional(),
  }),
);

export type ImageRuleFile = z.infer<ReturnType<typeof imageRule>>;
