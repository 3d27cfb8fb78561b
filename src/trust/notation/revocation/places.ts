import { DER, DerItems, eachOf, oidOf, onlyIn, readDer } from '../../../io/der.ts';
import { type Certificate, EXTENSION } from '../x509/certificate.ts';

/** Where a certificate says that its revocation can be asked for. */
export interface Places {
  /** URLs of OCSP responders */
  readonly responders: readonly string[];
  /** URLs of lists */
  readonly lists: readonly string[];
  /** whether it names none of either: then there is nothing to ask, and it counts as not revoked */
  readonly isSilent: boolean;
}

const OCSP = '1.3.6.1.5.5.7.48.1';
const URI = 0x86;
const MOST = 4; // of each; every one that does not answer costs seconds

/**
 * Reads them. What is no http URL, and a list that only gives some reasons or is by another issuer, is none that can be asked.
 * @throws {DerFault}
 * @see RFC 5280, sections 4.2.1.13 and 4.2.2.1
 */
export function placesOf({ extensions }: Certificate): Places {
  const access = extensions.get(EXTENSION.authorityAccess);
  const points = extensions.get(EXTENSION.distributionPoints);
  const responders = access === undefined ? [] : readResponders(access.value);
  return {
    responders: responders.filter(isHttp).slice(0, MOST),
    lists: points === undefined ? [] : readLists(points.value).filter(isHttp).slice(0, MOST),
    isSilent: responders.length === 0 && points === undefined,
  };
}

/** The URLs in names of a distribution point: of one that lists, or of one that a list says it is. */
export function urlsIn(
  names: Iterable<{ readonly tag: number; readonly value: Uint8Array }>,
): readonly string[] {
  return [...names].flatMap(({ tag, value }) => (tag === URI ? [Buffer.from(value).toString('latin1')] : []));
}

function readResponders(value: Uint8Array): readonly string[] {
  return [...eachOf(readDer(value))].flatMap((der) => {
    const items = new DerItems(der, 'access information');
    return oidOf(items.take(DER.oid)) === OCSP ? urlsIn([items.takeAny()]) : [];
  });
}

function readLists(value: Uint8Array): readonly string[] {
  return [...eachOf(readDer(value))].flatMap((der) => {
    const items = new DerItems(der, 'a distribution point');
    const name = items.takeIf(0xa0);
    if (name === undefined || !items.isEmpty) return [];
    const full = onlyIn(name);
    return full.tag === 0xa0 ? urlsIn(eachOf(full)) : [];
  });
}

function isHttp(url: string): boolean {
  return url.length <= 2048 && /^http:\/\//i.test(url) && URL.canParse(url);
}
