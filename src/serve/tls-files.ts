import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';

/** What a server shows, and whom it lets in. */
export interface TlsFiles {
  /** PEM: the server's certificate and those between it and its authority */
  readonly certificate: string;
  /** PEM */
  readonly key: string;
  /** PEM of the authorities whose certificates a client has to show; absent: clients show none */
  readonly clientAuthority?: string;
}

export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/**
 * Reads the files and makes sure that they go together.
 * @throws {PratiqueError} `KEY_INVALID`; says nothing of what is in them
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsSettings> {
  const [cert, key, ca] = await Promise.all([
    read(files.certificate, 'certificate'),
    read(files.key, 'key'),
    files.clientAuthority === undefined ? undefined : read(files.clientAuthority, 'authority of clients'),
  ]);
  const settings = { cert, key, ...(ca === undefined ? {} : { ca }) };
  try {
    createSecureContext(settings);
    return settings;
  } catch {
    throw new PratiqueError('KEY_INVALID', {
      what: 'the certificate and the key of the server cannot be used',
      where: `${quoted(files.certificate)}, ${quoted(files.key)}`,
      why: 'they are no PEM, or do not belong together',
      next: 'name the certificate (with its chain) and the private key that it was issued for',
    });
  }
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new PratiqueError('KEY_INVALID', {
      what: `the ${what} ${quoted(path)} could not be read`,
      why: (thrown as NodeJS.ErrnoException).code ?? 'unknown reason',
    });
  }
}
