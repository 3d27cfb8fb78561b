import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { CHECK_NAMES, checkOf } from '../policy/check-names.ts';
import type { Command } from './command-line.ts';
import { one, policyOption, readPolicy } from './common-options.ts';
import { ADMITTED } from './exit-code.ts';
import { nearestOf } from './nearest.ts';

/** `pratique explain RULE|CHECK|IMAGE`: why something was told, and which line of the policy decides. Nothing is sent anywhere. */
export const explainCommand: Command = {
  options: (parser) =>
    policyOption(parser)
      .positional('subject', {
        type: 'string',
        describe: 'The id of a rule or of a check, or the name of an image',
      })
      .example('$0 explain hygiene.root-user', 'what a check looks for, why, and how to mend it')
      .example('$0 explain secrets.github-token', 'the same of one rule, with its level here')
      .example('$0 explain ghcr.io/acme/shop:1.4', 'which line of the policy decides each check of an image'),
  async run(options, terminal) {
    const subject = String(one(options, 'subject'));
    const policy = await readPolicy(options, terminal);
    if (checkOf(subject) !== undefined) {
      const { explainRule } = await import('./explain-rule.ts');
      terminal.out.write(await explainRule(subject, policy, terminal));
      return ADMITTED;
    }
    await requireName(subject);
    const { explainImage } = await import('./explain-image.ts');
    terminal.out.write(await explainImage(subject, policy, terminal));
    return ADMITTED;
  },
};

/** A mistyped id reads as an image of Docker Hub, and so does a station of the gate. @throws {PratiqueError} `USAGE` for either */
async function requireName(subject: string): Promise<void> {
  if (/[/:@]/.test(subject)) return;
  const family = CHECK_NAMES.map(({ id }) => id).filter((id) => id.startsWith(`${subject}.`));
  if (family.length > 0)
    throw new PratiqueError('USAGE', {
      what: `${quoted(subject)} is no check, but the first part of some`,
      next: `name one: ${family.join(', ')}`,
    });
  const { knownIds } = await import('./known-ids.ts');
  const near = nearestOf(subject, await knownIds());
  if (near === undefined && !subject.includes('.')) return;
  throw new PratiqueError('USAGE', {
    what: `${quoted(subject)} is neither a rule nor a check`,
    next: near === undefined ? 'see docs/checks.md for their names' : `try pratique explain ${near}`,
  });
}
