import { resolve } from 'node:path';
import { isEncryptedKey } from '../attest/signing-key.ts';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import { readSmallFile } from '../policy/read-file.ts';
import { one, secretFile } from './common-options.ts';
import type { Terminal } from './terminal.ts';

/** bytes */
const LIMIT = 4096;
const STDIN = '-';

/**
 * The passphrase of a key that has one: of the file that `--passphrase-file` names (`-` is standard input), else of
 * `PRATIQUE_KEY_PASSPHRASE`, else asked for where somebody is there to type it. A line break at its end is none of it.
 * @param pem the key
 * @returns nothing where the key has none, or nobody knows it
 * @throws {PratiqueError} `USAGE`, `KEY_INVALID`
 */
export async function readPassphrase(
  pem: string,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<string | undefined> {
  if (!isEncryptedKey(pem)) return undefined;
  const file = one(options, 'passphraseFile');
  const known = terminal.env['PRATIQUE_KEY_PASSPHRASE'] || undefined; // empty where a fork may not see it
  const ask = () => terminal.in.ask('Passphrase of the signing key: ');
  // Read as a stream, what somebody types would stand on the screen.
  if (file === STDIN) return terminal.in.isTTY ? ask() : withoutBreak(await terminal.in.read(LIMIT));
  if (file !== undefined) return withoutBreak(await readFrom(file, terminal));
  if (known !== undefined) return known;
  return terminal.in.isTTY ? ask() : undefined;
}

async function readFrom(file: string, { cwd }: Terminal): Promise<string> {
  const name = secretFile('--passphrase-file', file);
  try {
    return await readSmallFile(resolve(cwd, name), name, LIMIT);
  } catch (thrown) {
    const { where, why } = toPratiqueError(thrown).problem;
    throw new PratiqueError('KEY_INVALID', {
      what: 'the file with the passphrase cannot be used',
      ...(where === undefined ? {} : { where }),
      ...(why === undefined ? {} : { why }),
    });
  }
}

function withoutBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}
