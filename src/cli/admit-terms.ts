import type { Argv } from 'yargs';
import type { Terms } from '../attest/terms.ts';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import { type Digest, isDigest } from '../model/digest.ts';
import { requireIdentityPattern } from '../model/identity-pattern.ts';
import { quoted } from '../model/printable.ts';
import type { Signer } from '../model/trusted.ts';
import { parseDuration } from '../policy/duration.ts';
import type { AdmitRule, Policy } from '../policy/policy.ts';
import { publicGood } from '../policy/signers/trust-root-file.ts';
import { many, one } from './common-options.ts';
import { readKeyFile } from './key-file.ts';
import { readTrustedRoot, trustedRootOption } from './keyless-options.ts';
import type { Terminal } from './terminal.ts';

/** Whose summaries let an image in, and what they must say; both by the signer's name. */
export interface AdmitTerms {
  readonly signers: ReadonlyMap<string, Signer>;
  readonly terms: ReadonlyMap<string, readonly Terms[]>;
}

/** Options that say what the signers of the command line must say, and mean nothing without one. */
const WITH_SIGNER = ['issuer', 'trustedRoot', 'verifier', 'policyDigest', 'allowAnyPolicy', 'level'] as const;

/** The options of whoever decides on summaries; `readAdmitTerms` reads them. */
export function admitTermsOptions(parser: Argv): Argv {
  return trustedRootOption(parser)
    .option('key', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe:
        'Public key (PEM file) of a gate whose verdicts count; repeatable; default: admit of the policy',
    })
    .option('identity', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Whom the certificate of a gate without a key names; repeatable, with --issuer',
    })
    .option('issuer', {
      type: 'string',
      requiresArg: true,
      describe: 'Who let that identity log in, as the certificate says',
    })
    .option('policy-digest', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe:
        'A policy that the verdict may rest on; repeatable; default: the digest of the policy found here',
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
    .option('level', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'A level that the verdict must hold, as SLSA_BUILD_LEVEL_2; repeatable',
    })
    .option('max-age', {
      type: 'string',
      requiresArg: true,
      describe: 'Oldest verdict that counts, as 7d or 12h',
    });
}

/**
 * Whose word counts: the signers of the command line, else those under `admit` of the policy.
 * @throws {PratiqueError} `USAGE`, `KEY_INVALID`, `POLICY_INVALID`, `POLICY_NOT_FOUND`
 */
export async function readAdmitTerms(
  options: Record<string, unknown>,
  policy: Policy,
  terminal: Terminal,
): Promise<AdmitTerms> {
  const maxAge = readMaxAge(options);
  const named = [...(await readKeys(options, terminal)), ...(await readIdentities(options, terminal))];
  if (named.length === 0) return termsOfPolicy(options, policy, maxAge);
  const terms = [termsOfOptions(options, policy, maxAge)];
  return {
    signers: new Map(named.map((signer) => [signer.name, signer])),
    terms: new Map(named.map(({ name }) => [name, terms])),
  };
}

function termsOfOptions(options: Record<string, unknown>, policy: Policy, maxAge: number | undefined): Terms {
  const policyDigests = readPolicyDigests(options, policy);
  const verifierId = one(options, 'verifier');
  const levels = many(options, 'level');
  return {
    maxAgeSeconds: maxAge ?? policy.attest.validForSeconds,
    ...(policyDigests === undefined ? {} : { policyDigests }),
    ...(verifierId === undefined ? {} : { verifierId }),
    ...(levels === undefined ? {} : { levels }),
  };
}

function termsOfPolicy(
  options: Record<string, unknown>,
  policy: Policy,
  maxAge: number | undefined,
): AdmitTerms {
  const alone = WITH_SIGNER.find((name) => options[name] !== undefined);
  if (policy.admit.length === 0 || alone !== undefined) throw noSigner(alone !== undefined);
  const rules = Map.groupBy(policy.admit, ({ signer }) => signer.name);
  return {
    signers: new Map(policy.admit.map(({ signer }) => [signer.name, signer])),
    terms: new Map(
      [...rules].map(([name, all]) => [name, all.map((rule) => termsOfRule(rule, policy, maxAge))]),
    ),
  };
}

function termsOfRule(rule: AdmitRule, { stamp, attest }: Policy, maxAge: number | undefined): Terms {
  const { verifier, policyDigests = [stamp.digest], levels, maxAgeSeconds } = rule;
  const most = maxAgeSeconds ?? attest.validForSeconds;
  return {
    maxAgeSeconds: Math.min(most, maxAge ?? most), // a flag can only ask for a younger one
    ...(policyDigests === 'any' ? {} : { policyDigests }),
    ...(verifier === undefined ? {} : { verifierId: verifier }),
    ...(levels === undefined ? {} : { levels }),
  };
}

async function readKeys(options: Record<string, unknown>, { cwd }: Terminal): Promise<readonly Signer[]> {
  const signers: Signer[] = [];
  for (const file of many(options, 'key') ?? []) {
    const publicKey = await readKeyFile(file, cwd);
    signers.push({ name: file, kind: 'key', publicKey });
  }
  return signers;
}

/** An identity without its issuer is nobody: the same address can be had elsewhere. */
async function readIdentities(
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<readonly Signer[]> {
  const identities = many(options, 'identity') ?? [];
  if (identities.length === 0) {
    const half = (['issuer', 'trustedRoot'] as const).find((name) => options[name] !== undefined);
    // With a key the check would seem to be of both.
    if (half !== undefined && options['key'] !== undefined) throw withoutIdentity(half);
    return [];
  }
  const issuer = one(options, 'issuer');
  if (issuer === undefined) {
    throw new PratiqueError('USAGE', {
      what: '--identity goes with --issuer',
      why: 'the same name with another issuer is somebody else',
      next: 'give --issuer https://token.actions.githubusercontent.com, or whoever lets that identity log in',
    });
  }
  const root = (await readTrustedRoot(options, terminal)) ?? publicGood();
  return identities.map((identity) => {
    requireIdentity(identity);
    return { name: identity, kind: 'keyless', identity, issuer, root };
  });
}

function withoutIdentity(half: 'issuer' | 'trustedRoot'): PratiqueError {
  return new PratiqueError('USAGE', {
    what: `${half === 'issuer' ? '--issuer' : '--trusted-root'} goes with --identity`,
    why: 'it says nothing of a key',
    next: 'leave it out, or give --identity; where both are given, the word of either counts',
  });
}

function requireIdentity(identity: string): void {
  try {
    requireIdentityPattern(identity);
  } catch (thrown) {
    const { what, why } = toPratiqueError(thrown).problem;
    throw new PratiqueError('USAGE', { what: `--identity: ${what}`, ...(why === undefined ? {} : { why }) });
  }
}

function readPolicyDigests(options: Record<string, unknown>, policy: Policy): readonly Digest[] | undefined {
  if (options['allowAnyPolicy'] === true) {
    if (options['policyDigest'] === undefined) return undefined;
    throw new PratiqueError('USAGE', {
      what: '--allow-any-policy and --policy-digest contradict each other',
      next: 'give one of them',
    });
  }
  return (many(options, 'policyDigest') ?? [policy.stamp.digest]).map((text) => {
    if (isDigest(text)) return text;
    throw new PratiqueError('USAGE', {
      what: `--policy-digest ${quoted(text)} is not a digest`,
      next: 'write sha256:…',
    });
  });
}

function readMaxAge(options: Record<string, unknown>): number | undefined {
  const text = one(options, 'maxAge');
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new PratiqueError('USAGE', {
    what: `--max-age ${quoted(text)} is not a duration`,
    next: 'write 7d, 12h or 30m',
  });
}

function noSigner(isHalf: boolean): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'admit needs to know whose verdicts count',
    ...(isHalf ? { why: 'what they must say is given, and not who says it' } : {}),
    next: 'give --key FILE, the public key of the gate; --identity and --issuer where it has none; or admit: in the policy',
  });
}
