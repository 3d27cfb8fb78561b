import { z } from 'zod';
import { requireIdentityPattern } from '../../model/identity-pattern.ts';
import { parsed, signerName, words } from '../schema-parts.ts';

/** One of `signers`. */
export const signer = z.union([
  z.strictObject({
    issuer: z.url('an issuer is a URL: https://token.actions.githubusercontent.com'),
    identity: parsed(requireIdentityPattern).describe(
      'Whom the certificate names; * stands for any run of characters but / and @',
    ),
    root: signerName.optional().describe('One of trust-roots; sigstore, the public instance, where absent'),
  }),
  z.strictObject({ key: words.describe('A file, env://NAME, or the PEM itself') }),
]);

/** One of `trust-roots`. */
export const trustRoot = z.strictObject({
  file: words.describe('A trusted_root.json'),
  'transparency-log': z
    .enum(['required', 'none'])
    .optional()
    .describe('Whether a signature must be in one of its logs; required where absent'),
  'certificate-log': z
    .enum(['required', 'none'])
    .optional()
    .describe('Whether a certificate must be in one of its logs; required where absent'),
});

export type SignerFile = z.infer<typeof signer>;
export type TrustRootFile = z.infer<typeof trustRoot>;
