import type { KeylessSigning } from '../attest/keyless/sign-keyless.ts';
import { type Seal, sealWith } from '../attest/seal.ts';
import { readSigningKey, type SigningKey } from '../attest/signing-key.ts';
import { PratiqueError } from '../errors.ts';
import type { Policy } from '../policy/policy.ts';
import type { RootKeeper } from '../roots-in-use.ts';
import { one } from './common-options.ts';
import { readKeyFile } from './key-file.ts';
import { isKeyless, readKeyless, requireNoKeylessOptions, rootKeeperOf } from './keyless-options.ts';
import { readPassphrase } from './passphrase.ts';
import type { Terminal } from './terminal.ts';

/** The key that `--key` or the environment names; a CI system sets what a fork may not see to an empty text. */
export function keyFileOf(options: Record<string, unknown>, { env }: Terminal): string | undefined {
  return one(options, 'key') ?? (env['PRATIQUE_KEY'] || undefined);
}

/** Whether the command line or the environment says how to sign. */
export function isSealing(options: Record<string, unknown>, terminal: Terminal): boolean {
  return isKeyless(options) || keyFileOf(options, terminal) !== undefined;
}

/**
 * How verdicts are signed, by the command line and the policy. A key is opened here; a token is not even asked for.
 * @throws {PratiqueError} `USAGE`, `KEY_INVALID`, `POLICY_INVALID`
 */
export async function readSealing(
  options: Record<string, unknown>,
  policy: Policy,
  terminal: Terminal,
): Promise<Seal> {
  const { sign } = policy.attest;
  const keyFile = keyFileOf(options, terminal);
  if (sign === 'none') throw contradicts('none', 'an attestation is asked for');
  if (isKeyless(options) && one(options, 'key') !== undefined) throw twoWays();
  if (isKeyless(options) && sign === 'key') throw contradicts('key', '--keyless is given');
  if (one(options, 'key') !== undefined && sign === 'keyless') throw contradicts('keyless', '--key is given');
  if (isKeyless(options) || sign === 'keyless')
    return sealKeyless(await readKeyless(options, policy, terminal), rootKeeperOf(options, policy, terminal));
  requireNoKeylessOptions(options);
  if (keyFile === undefined) throw noKey();
  return sealWith(await openSigningKey(keyFile, options, terminal));
}

/** @throws {PratiqueError} `USAGE`, `KEY_INVALID` */
async function openSigningKey(
  file: string,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<SigningKey> {
  const pem = await readKeyFile(file, terminal.cwd);
  return readSigningKey(pem, await readPassphrase(pem, options, terminal));
}

function sealKeyless(signing: KeylessSigning, keeper: RootKeeper): Seal {
  return async (statements) => {
    const { root } = await keeper.inUse(signing.root);
    const { signKeyless } = await import('../attest/keyless/sign-keyless.ts');
    const { bundles, claims } = await signKeyless(statements, { ...signing, root });
    const { identity, issuer = '' } = claims;
    return { bundles, signer: { name: 'keyless', kind: 'keyless', identity, issuer, root } };
  };
}

function noKey(): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'an attestation needs a key to sign with',
    next:
      'give --key FILE, a private key in PEM; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 makes one; ' +
      'or --keyless in a CI job that has an identity token',
  });
}

function twoWays(): PratiqueError {
  return new PratiqueError('USAGE', {
    what: '--key and --keyless are two ways to sign',
    next: 'give one of them',
  });
}

function contradicts(sign: string, why: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: `the policy says verdict.attest.sign: ${sign}`,
    why,
    next: 'leave the option out, or change the policy',
  });
}
