import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Admission } from '../attest/admission.ts';
import { PratiqueError } from '../errors.ts';
import { type Digest, isDigest } from '../model/digest.ts';
import { printable, quoted } from '../model/printable.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import type { Signer } from '../model/trusted.ts';
import { parseDuration } from '../policy/duration.ts';
import type { Policy } from '../policy/policy.ts';
import { renderProblem } from '../report/problem.ts';
import type { Command } from './command-line.ts';
import { many, one, policyOption, reachOptions, secretFile } from './common-options.ts';
import { ADMITTED, type ExitCode, exitCodeFor } from './exit-code.ts';
import { withOpenedImage } from './opened-image.ts';
import { type Terminal, wantsColour } from './terminal.ts';

/** `pratique admit IMAGE --key K`: let an image in on an earlier verdict alone, without reading it. */
export const admitCommand: Command = {
  name: 'admit <image>',
  about: 'Let an image in on a signed verdict alone, without reading it',
  options: (parser) =>
    reachOptions(policyOption(parser))
      .positional('image', { type: 'string', describe: 'NAME in a registry, or oci:DIR[:TAG] with --as' })
      .option('key', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Public key (PEM file) of a gate whose verdicts count; repeatable',
      })
      .option('policy-digest', {
        type: 'string',
        requiresArg: true,
        describe: 'The policy that the verdict must rest on; default: the digest of the policy found here',
      })
      .option('allow-any-policy', {
        type: 'boolean',
        describe: 'Accept a verdict whatever policy it rests on',
      })
      .option('verifier', {
        type: 'string',
        requiresArg: true,
        describe: 'The verifier id that the verdict must name',
      })
      .option('max-age', {
        type: 'string',
        requiresArg: true,
        describe: 'Oldest verdict that counts, as 7d or 12h',
      })
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
      const signers = await readSigners(options, terminal);
      const policyDigest = readPolicyDigest(options, policy);
      const verifierId = one(options, 'verifier');
      const { admitImage } = await import('../attest/admit.ts'); // no other command needs it
      const admission = await admitImage(source, {
        signers,
        reference,
        platforms,
        maxAgeSeconds: readMaxAge(options, policy),
        now: terminal.now(),
        limits: policy.limits,
        ...(policyDigest === undefined ? {} : { policyDigest }),
        ...(verifierId === undefined ? {} : { verifierId }),
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

async function readSigners(
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ReadonlyMap<string, Signer>> {
  const files = many(options, 'key') ?? [];
  if (files.length === 0) {
    throw new PratiqueError('USAGE', {
      what: 'admit needs to know whose verdicts count',
      next: 'give --key FILE, the public key of the gate',
    });
  }
  const signers = new Map<string, Signer>();
  for (const file of files) {
    signers.set(file, {
      name: file,
      kind: 'key',
      publicKey: await readKey(resolve(terminal.cwd, secretFile('--key', file))),
    });
  }
  return signers;
}

function readPolicyDigest(options: Record<string, unknown>, policy: Policy): Digest | undefined {
  if (options['allowAnyPolicy'] === true) return undefined;
  const text = one(options, 'policyDigest');
  if (text === undefined) return policy.stamp.digest;
  if (isDigest(text)) return text;
  throw new PratiqueError('USAGE', {
    what: `--policy-digest ${quoted(text)} is not a digest`,
    next: 'write sha256:…',
  });
}

function readMaxAge(options: Record<string, unknown>, policy: Policy): number {
  const text = one(options, 'maxAge');
  if (text === undefined) return policy.attest.validForSeconds;
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new PratiqueError('USAGE', {
    what: `--max-age ${quoted(text)} is not a duration`,
    next: 'write 7d, 12h or 30m',
  });
}

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new PratiqueError(
      'KEY_INVALID',
      { what: `the key ${quoted(path)} could not be read`, why },
      { cause },
    );
  }
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
