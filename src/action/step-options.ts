import { join } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import type { Inputs } from './inputs.ts';

/** The file of attestations, in the step's own folder. */
export const ATTESTATIONS = 'attestations.jsonl';

/** Inputs that the command line has as an option with one value, by its name there. */
const SAME = {
  key: 'key',
  signingConfig: 'signing-config',
  trustedRoot: 'trusted-root',
  validFor: 'valid-for',
  authFile: 'registry-config',
} as const;

/**
 * The inputs as the options of `pratique check`: one reading of keys, tokens and platforms for both doors.
 * @param folder of the step, for the attestations
 * @throws {PratiqueError} `USAGE`
 */
export function stepOptions(inputs: Inputs, folder: string): Record<string, unknown> {
  const platforms = inputs.lines('platform').flatMap((line) => line.split(/[\s,]+/));
  const push = inputs.flag('push-attestation');
  const sign = readSign(inputs, push);
  const reuse = inputs.flag('reuse');
  if (reuse && sign !== undefined && !push)
    throw usage(
      'with reuse nothing may be left to sign',
      'add push-attestation: true, or leave out sign or reuse',
    );
  const values = Object.entries(SAME).map(([option, input]) => [option, inputs.one(input)] as const);
  return {
    ...Object.fromEntries(values.filter(([, value]) => value !== undefined)),
    ...(platforms.length === 0 ? {} : { platform: platforms }),
    ...(sign === 'keyless' ? { keyless: true } : {}),
    ...(push ? { attest: true } : {}),
    ...(reuse ? { reuse } : {}),
    ...(inputs.flag('offline') ? { offline: true } : {}),
    ...((sign !== undefined || push) && !reuse ? { attestation: join(folder, ATTESTATIONS) } : {}),
  };
}

/** `none` is the same as nothing, and for workflows that decide it by an expression. */
function readSign(inputs: Inputs, push: boolean): 'key' | 'keyless' | undefined {
  const sign = inputs.one('sign') ?? 'none';
  if (sign !== 'none' && sign !== 'key' && sign !== 'keyless')
    throw usage(`the input sign is ${quoted(sign, 40)}`, 'write key, keyless or none');
  const key = inputs.one('key');
  if (sign === 'key') return sign;
  if (key !== undefined)
    throw usage('the input key goes with sign: key', 'write sign: key, or leave key out');
  if (sign === 'keyless') return sign;
  if (push && inputs.one('sign') !== undefined)
    throw usage('push-attestation is true, and sign is none', 'write sign: keyless or sign: key');
  return undefined;
}

function usage(what: string, next: string): PratiqueError {
  return new PratiqueError('USAGE', { what, next });
}
