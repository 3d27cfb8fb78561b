import { PratiqueError } from '../../../errors.ts';
import { DerFault } from '../../../io/der.ts';
import type { FetchUrl } from '../../../io/fetch-url.ts';
import { printable } from '../../../model/printable.ts';
import { nameOf } from '../certificate-chain.ts';
import { NotationFault } from '../notation-fault.ts';
import { type Certificate, thumbprintOf } from '../x509/certificate.ts';
import { ocspRequest, readOcsp } from './ocsp.ts';
import { placesOf } from './places.ts';
import { isListed } from './revocation-list.ts';

/** bytes, and milliseconds for one answer; the specification's own times */
const OCSP = { limitBytes: 65_536, timeoutMilliseconds: 2000 };
const LIST = { limitBytes: 10 * 1024 * 1024, timeoutMilliseconds: 5000 };

/** What is known of a certificate: that it is not revoked, that it is, or why nothing could be found out. */
export type Status = 'good' | 'revoked' | { readonly why: string };

/** Asks for the status of certificates, each once. */
export type AskRevocation = (
  certificate: Certificate,
  issuer: Certificate,
  isAuthority: boolean,
) => Promise<Status>;

/** Makes what asks. Its answers count for the run that it is made for. */
export function openRevocation(fetchUrl: FetchUrl, now: Date): AskRevocation {
  const asked = new Map<string, Promise<Status>>();
  return (certificate, issuer, isAuthority) => {
    const key = `${thumbprintOf(certificate)} ${thumbprintOf(issuer)}`;
    const status = asked.get(key) ?? ask({ certificate, issuer, isAuthority, now }, fetchUrl);
    asked.set(key, status);
    return status;
  };
}

/**
 * Asks for every certificate of a chain that has been verified up to a root of the policy. A root vouches for itself, and is not
 * asked for. Revoked counts whenever it happened: a timestamp from before does not help.
 * @returns why something could not be found out, for each certificate of which that is so
 * @throws {NotationFault} `revoked`
 * @see Notary Project, trust-store-trust-policy.md, "Certificate Revocation Evaluation"
 */
export async function requireNotRevoked(
  chain: readonly Certificate[],
  askRevocation: AskRevocation,
): Promise<readonly string[]> {
  const unknown: string[] = [];
  // From the root downwards: only an issuer that is not revoked can say something of those below it.
  for (let index = chain.length - 2; index >= 0; index -= 1) {
    const [certificate, issuer] = [chain[index], chain[index + 1]];
    if (certificate === undefined || issuer === undefined) continue;
    const status = await askRevocation(certificate, issuer, index > 0);
    if (status === 'revoked')
      throw new NotationFault('revoked', `the certificate ${nameOf(certificate)} is revoked`);
    if (status !== 'good') unknown.push(`of the certificate ${nameOf(certificate)}: ${status.why}`);
  }
  return unknown;
}

interface Question {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly isAuthority: boolean;
  readonly now: Date;
}

/** OCSP first, each responder in turn; then the lists. */
async function ask(question: Question, fetchUrl: FetchUrl): Promise<Status> {
  const { certificate, issuer } = question;
  const why: string[] = [];
  const attempt = async (work: () => Promise<Status>) => {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof DerFault) && !(thrown instanceof PratiqueError)) throw thrown;
      why.push(printable(thrown.message));
      return undefined;
    }
  };
  const places = tryPlaces(certificate);
  if ('why' in places) return places;
  if (places.isSilent) return 'good';
  for (const url of places.responders) {
    const status = await attempt(async () => {
      const body = { bytes: ocspRequest(certificate, issuer), type: 'application/ocsp-request' };
      return readOcsp(await fetchUrl({ url, body, ...OCSP }), question);
    });
    if (status !== undefined) return status;
  }
  for (const url of places.lists) {
    const status = await attempt(async () =>
      isListed(await fetchUrl({ url, ...LIST }), { ...question, url }) ? 'revoked' : 'good',
    );
    if (status !== undefined) return status;
  }
  return { why: why.length > 0 ? why.join('; ') : 'it names no place that can be asked over http' };
}

function tryPlaces(certificate: Certificate) {
  try {
    return placesOf(certificate);
  } catch (thrown) {
    if (!(thrown instanceof DerFault)) throw thrown;
    return { why: `where to ask cannot be read: ${thrown.message}` };
  }
}
