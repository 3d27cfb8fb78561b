import validRange from 'semver/ranges/valid.js';
import { z } from 'zod';
import { requireTextPattern } from '../../model/identity-pattern.ts';
import { once, parsed, signerName } from '../schema-parts.ts';

const pattern = once(() => parsed(requireTextPattern));
const ref = once(() =>
  pattern().refine((text) => text.startsWith('refs/'), 'a ref begins with refs/heads/ or refs/tags/'),
);
const range = once(() =>
  z
    .string()
    .trim()
    .min(1, 'a range of versions is needed: ">=1.2 <2"')
    .max(256, 'a range has at most 256 characters')
    .refine((text) => validRange(text) !== null, 'this is no range of versions: ">=1.2 <2", "^1.4", "1.x"'),
);

/** `provenance` of an image rule. */
export const provenance = once(() =>
  z
    .strictObject({
      'signed-by': z.array(signerName).min(1, 'name at least one signer, or leave signed-by out').optional(),
      builder: pattern()
        .optional()
        .describe(
          'Who built it, with the ref: https://github.com/acme/ci/.github/workflows/build.yml@refs/tags/v*',
        ),
      'builder-version': range()
        .optional()
        .describe(
          'Versions that the tag of the builder is in; builder is then written without the @ and what follows',
        ),
      source: pattern().optional().describe('The repository: https://github.com/acme/*'),
      ref: ref().optional().describe('What of it was built: refs/heads/main, refs/tags/v*'),
      tag: range().optional().describe('Versions that the tag which was built is in'),
      'build-type': pattern().optional(),
      runner: z
        .literal('hosted', 'hosted was expected')
        .optional()
        .describe("On the build service's own machines"),
      'slsa-level': z
        .int('a level is a whole number')
        .min(1, 'a level of the SLSA Build track is 1 to 3')
        .max(3, 'a level of the SLSA Build track is 1 to 3')
        .optional(),
    })
    .refine((one) => one['builder-version'] === undefined || one.builder !== undefined, {
      path: ['builder-version'],
      message: 'of which builder? name it with builder',
    })
    .refine((one) => one['builder-version'] === undefined || one.builder?.includes('@') !== true, {
      path: ['builder'],
      message: 'with builder-version it is written without the @ and what follows',
    })
    .refine((one) => one.ref === undefined || one.tag === undefined, {
      path: ['tag'],
      message: 'ref says already what was built: write one of the two',
    }),
);

export type ProvenanceFile = z.infer<ReturnType<typeof provenance>>;
