import { stringify } from 'yaml';
import { demandsOf } from '../attest/export/admission-demand.ts';
import { clusterImagePolicy } from '../attest/export/cluster-image-policy.ts';
import { kyvernoPolicy } from '../attest/export/kyverno-policy.ts';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import { type ImagePattern, parseImagePattern } from '../model/image-pattern.ts';
import type { Command } from './command-line.ts';
import { many, one, policyOption, readPolicy } from './common-options.ts';
import { ADMITTED } from './exit-code.ts';

const FORMS = { 'cluster-image-policy': clusterImagePolicy, kyverno: kyvernoPolicy } as const;
type Form = keyof typeof FORMS;

/** `pratique export FORM`: what `admit` of the policy demands, in the words of another admission controller. */
export const exportCommand: Command = {
  options: (parser) =>
    policyOption(parser)
      .positional('form', {
        type: 'string',
        choices: Object.keys(FORMS),
        describe: 'cluster-image-policy (Sigstore policy-controller) or kyverno',
      })
      .option('images', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Images that it is about, as ghcr.io/acme/**; repeatable; default: all',
      })
      .option('signer', {
        type: 'string',
        requiresArg: true,
        describe: 'The signer under admit whose verdicts it demands; default: any of them',
      })
      .example(
        "$0 export kyverno --images 'ghcr.io/acme/**' | kubectl apply -f -",
        'demand a verdict of every pod',
      ),
  async run(options, terminal) {
    const images = (many(options, 'images') ?? ['**']).map(readImage);
    const policy = await readPolicy(options, terminal);
    const form = FORMS[one(options, 'form') as Form];
    const document = form(demandsOf(policy, one(options, 'signer')), images);
    terminal.out.write(stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }));
    return ADMITTED;
  },
};

function readImage(text: string): ImagePattern {
  try {
    return parseImagePattern(text);
  } catch (thrown) {
    const { what, why } = toPratiqueError(thrown).problem;
    throw new PratiqueError('USAGE', { what: `--images: ${what}`, ...(why === undefined ? {} : { why }) });
  }
}
