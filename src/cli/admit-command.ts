import type { Admission } from '../attest/admission.ts';
import { PratiqueError } from '../errors.ts';
import { printable, quoted } from '../model/printable.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import type { Policy } from '../policy/policy.ts';
import { renderProblem } from '../report/problem.ts';
import { signersInUse } from '../roots-in-use.ts';
import { admitTermsOptions, readAdmitTerms } from './admit-terms.ts';
import type { Command } from './command-line.ts';
import { one, policyOption, reachOptions } from './common-options.ts';
import { ADMITTED, type ExitCode, exitCodeFor } from './exit-code.ts';
import { rootKeeperOf } from './keyless-options.ts';
import { withOpenedImage } from './opened-image.ts';
import { type Terminal, wantsColour, warnTo } from './terminal.ts';

/** `pratique admit IMAGE`: let an image in on an earlier verdict alone, without reading it. */
export const admitCommand: Command = {
  options: (parser) =>
    admitTermsOptions(reachOptions(policyOption(parser)))
      .positional('image', { type: 'string', describe: 'NAME in a registry, or oci:DIR[:TAG] with --as' })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        choices: ['text', 'json'],
        describe: 'text or json',
      })
      .example('$0 admit ghcr.io/acme/shop@sha256:… --key gate.pub', 'before a deployment'),
  run: (options, terminal) =>
    withOpenedImage(options, terminal, async ({ target, policy, platforms, source }) => {
      const reference = requireName(target.reference, policy);
      const terms = await readAdmitTerms(options, policy, terminal);
      const keeper = rootKeeperOf(options, policy, terminal);
      const { signers, notes } = await signersInUse(terms.signers, keeper);
      for (const note of notes) warnTo(terminal)(note);
      const { admitImage } = await import('../attest/admit.ts'); // no other command needs it
      const admission = await admitImage(source, {
        ...terms,
        signers,
        reference,
        platforms,
        maxAgeSeconds: policy.attest.validForSeconds,
        now: terminal.now(),
        limits: policy.limits,
      });
      return tell(admission, target.text, one(options, 'output') ?? 'text', terminal);
    }),
};

function requireName(reference: Reference | undefined, policy: Policy): Reference {
  if (reference === undefined) {
    throw new PratiqueError('NAME_UNKNOWN', {
      what: 'the image has no name that a verdict could be about',
      next: 'say what it will be called with --as NAME',
    });
  }
  if (reference.digest === undefined && (policy.sources?.requireDigest ?? 'never') !== 'never') {
    throw new PratiqueError('REFERENCE_INVALID', {
      what: `${quoted(formatReference(reference))} names no digest`,
      why: 'the policy demands one (sources.require-digest)',
      next: 'append @sha256:…, which pratique inspect shows',
    });
  }
  return reference;
}

function tell(admission: Admission, name: string, format: string, terminal: Terminal): ExitCode {
  const { result, subject, grants, refusals, error } = admission;
  if (format === 'json') terminal.out.write(`${JSON.stringify(jsonOf(admission, name), null, 2)}\n`);
  else {
    terminal.out.write(
      `${result.toUpperCase()}  ${printable(name)}${subject ? `  ${subject.digest}` : ''}\n`,
    );
    for (const { signer, timeVerified, from } of result === 'admitted' ? grants : []) {
      terminal.out.write(
        `  on the verdict of ${timeVerified.toISOString()}, signed by ${printable(signer)} (${from.digest})\n`,
      );
    }
    for (const { reason, detail } of result === 'refused' ? refusals : [])
      terminal.out.write(`  ${reason}: ${detail}\n`);
  }
  if (error) terminal.err.write(renderProblem(error, { colour: wantsColour(terminal.err, terminal.env) }));
  return result === 'admitted' ? ADMITTED : exitCodeFor([{ result }], false);
}

function jsonOf({ result, subject, grants, refusals, error }: Admission, name: string) {
  return {
    name,
    result,
    digest: subject?.digest ?? null,
    grants: grants.map((grant) => ({
      digest: grant.about.digest,
      signer: grant.signer,
      timeVerified: grant.timeVerified.toISOString(),
      attestation: grant.from.digest,
    })),
    refusals: refusals.map(({ reason, detail, about, from }) => ({
      reason,
      detail,
      digest: about.digest,
      attestation: from?.digest ?? null,
    })),
    error: error === undefined ? null : { code: error.code, message: error.message },
  };
}
