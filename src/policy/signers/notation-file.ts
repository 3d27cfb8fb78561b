import { createHash, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import { ANY_SUBJECT, formatSubject, parseSubject } from '../../model/subject-pattern.ts';
import type { Signer } from '../../model/trusted.ts';
import type { Surroundings } from '../surroundings.ts';
import type { NotationFile } from './notation-schema.ts';

type Places = Pick<Surroundings, 'folder' | 'files'>;
type NotationSigner = Extract<Signer, { kind: 'notation' }>;

const BLOCKS = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const MOST = 64; // certificates of one setting

/**
 * Reads a signer of Notation and the root certificates that it names.
 * @param places the folder that the paths start from, and what files are read from
 * @throws {PratiqueError} `POLICY_INVALID`, `POLICY_NOT_FOUND`
 */
export async function readNotation(
  name: string,
  written: NotationFile,
  places: Places,
): Promise<NotationSigner> {
  const { ca, 'signing-authority': signing = [], 'timestamp-authorities': stamps = [] } = written;
  const { identities, timestamp = 'always', revocation = 'skip' } = written;
  return {
    name,
    kind: 'notation',
    store: ca === undefined ? 'signing-authority' : 'ca',
    authorities: await rootsOf(ca ?? signing, places),
    timestampAuthorities: await rootsOf(stamps, places),
    identities: identities.includes(ANY_SUBJECT) ? 'any' : identities.map(parseSubject),
    timestamp,
    revocation,
  };
}

/** What stands for such a signer in the policy's digest: of certificates the digest of their DER form. */
export function identifyNotation(signer: NotationSigner) {
  const { store, identities, timestamp, revocation } = signer;
  return {
    notation: store,
    authorities: digestsOf(signer.authorities),
    timestampAuthorities: digestsOf(signer.timestampAuthorities),
    identities: identities === 'any' ? ANY_SUBJECT : identities.map(formatSubject).toSorted(),
    timestamp,
    revocation,
  };
}

function digestsOf(certificates: readonly string[]): readonly string[] {
  const digests = certificates.map((text) =>
    createHash('sha256').update(Buffer.from(text, 'base64')).digest('hex'),
  );
  return [...new Set(digests)].toSorted();
}

async function rootsOf(files: readonly string[], places: Places): Promise<readonly string[]> {
  const roots: string[] = [];
  for (const file of files) roots.push(...readRoots(await textOf(file, places), file));
  const unique = [...new Set(roots)];
  if (unique.length > MOST) throw unusable(files.join(', '), `there are more than ${MOST} certificates`);
  return unique;
}

async function textOf(file: string, { folder, files }: Places): Promise<string> {
  try {
    return await files.read(resolve(folder, file), file);
  } catch (thrown) {
    throw unusable(file, toPratiqueError(thrown).problem.why ?? 'it cannot be read');
  }
}

/** DER in base64, of each PEM block. Between them nothing may stand: a block that is not read would trust nobody, silently. */
function readRoots(text: string, file: string): readonly string[] {
  if (/PRIVATE KEY/.test(text))
    throw unusable(file, 'it holds a private key, which must not be given to a verifier');
  const blocks = text.match(BLOCKS) ?? [];
  if (blocks.length === 0 || text.replaceAll(BLOCKS, '').trim() !== '')
    throw unusable(file, 'PEM blocks "CERTIFICATE" and nothing else were expected');
  return blocks.map((block) => readRoot(block, file));
}

/** One that is not signed by itself would never be met: a chain is only complete with its root. */
function readRoot(pem: string, file: string): string {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw unusable(file, 'a PEM block holds no certificate');
  }
  if (certificate.issuer !== certificate.subject || !certificate.verify(certificate.publicKey))
    throw unusable(file, 'a certificate in it is no root: another one issued it');
  return certificate.raw.toString('base64');
}

function unusable(file: string, why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', {
    what: `the certificates of ${printable(file)} cannot be used`,
    why,
  });
}
