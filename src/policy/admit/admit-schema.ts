import { z } from 'zod';
import { duration, once, signerName, words } from '../schema-parts.ts';

const digest = once(() =>
  words.regex(
    /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/,
    'a digest is sha256: and 64 lower-case hex digits',
  ),
);

/** One of `admit`: a signer, and what its verification summaries must say. */
export const admitRule = once(() =>
  z
    .strictObject({
      signer: signerName.describe('One of signers'),
      verifier: z
        .url('a verifier is a URI: https://acme.example/gate')
        .optional()
        .describe('The verifier that the signer speaks for; pratique where absent'),
      'policy-digests': z
        .union([z.literal('any'), z.array(digest()).min(1, 'name at least one digest')])
        .optional()
        .describe('Policies that count, or any; the policy that this stands in where absent'),
      levels: z
        .array(words)
        .min(1, 'name at least one level')
        .optional()
        .describe('All of them are demanded; a higher SLSA level of the same track holds the lower ones'),
      'max-age': duration
        .optional()
        .describe('Oldest summary that counts; verdict.attest.valid-for where absent'),
    })
    .superRefine((rule, context) => {
      if (rule.verifier === undefined) return;
      // What counts by default is ours: another verifier knows neither our level nor our policy.
      for (const name of ['policy-digests', 'levels'] as const)
        if (rule[name] === undefined)
          context.addIssue({ code: 'custom', path: [name], message: 'a rule with a verifier has to say it' });
    }),
);

export type AdmitRuleFile = z.infer<ReturnType<typeof admitRule>>;
