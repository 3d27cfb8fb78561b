import { z } from 'zod';
import { CLAIMS } from '../../model/certificate-claims.ts';
import { requireIdentityPattern, requireTextPattern } from '../../model/identity-pattern.ts';
import { once, parsed, signerName, words } from '../schema-parts.ts';
import { notationSigner } from './notation-schema.ts';

const claim = once(() => parsed(requireTextPattern));
const claims = once(() =>
  z
    .strictObject(
      Object.fromEntries(
        Object.keys(CLAIMS).map((name) => [
          name,
          z.union([claim(), z.array(claim()).min(1, 'name at least one value')]).optional(),
        ]),
      ),
    )
    .describe('What else the certificate must say; each a pattern, or a list of which one must fit'),
);
const slsaLevel = once(() =>
  z
    .int('a level is a whole number')
    .min(1, 'a level of the SLSA Build track is 1 to 3')
    .max(3, 'a level of the SLSA Build track is 1 to 3')
    .describe('SLSA Build level that you vouch for, of what this signer builds'),
);

/** One of `signers`. */
export const signer = once(() =>
  z.union([
    z.strictObject({
      issuer: z.url('an issuer is a URL: https://token.actions.githubusercontent.com'),
      identity: parsed(requireIdentityPattern).describe(
        'Whom the certificate names; * stands for any run of characters but / and @',
      ),
      claims: claims().optional(),
      'slsa-level': slsaLevel().optional(),
      root: signerName.optional().describe('One of trust-roots; sigstore, the public instance, where absent'),
    }),
    z.strictObject({
      key: words.describe('A file, env://NAME, or the PEM itself'),
      'slsa-level': slsaLevel().optional(),
    }),
    z.strictObject({ notation: notationSigner() }),
  ]),
);

export type SignerFile = z.infer<ReturnType<typeof signer>>;
