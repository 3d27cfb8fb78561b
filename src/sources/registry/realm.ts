import { PratiqueError } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';
import { bare, type Endpoint, isLoopbackName } from './hosts.ts';

/**
 * Registries whose token server has another host, as their operators document it. The pattern is held
 * against the whole host of the registry; the realm's host is compared whole.
 */
const TOKEN_SERVERS: ReadonlyArray<{ readonly registry: RegExp; readonly realm: string }> = [
  { registry: /^registry-1\.docker\.io$/, realm: 'auth.docker.io' },
  { registry: /^registry\.gitlab\.com$/, realm: 'gitlab.com' },
  { registry: /^docker\.elastic\.co$/, realm: 'docker-auth.elastic.co' },
  { registry: /^registry\.digitalocean\.com$/, realm: 'api.digitalocean.com' },
  { registry: /^[a-z0-9-]+-docker\.pkg\.dev$/, realm: 'oauth2.googleapis.com' },
  { registry: /^[a-z0-9]+\.azurecr\.io$/, realm: 'login.microsoftonline.com' },
];

const REALM_LIMIT = 2048; // characters

/**
 * Reads the realm of a challenge. The registry chooses it, so it is foreign: never plain http for a
 * registry that speaks https (CVE-2019-10214), and no user or password in it.
 * @param secure whether the registry itself is spoken to over https
 * @throws {PratiqueError} `REALM_REFUSED`
 */
export function readRealm(text: string, secure: boolean): URL {
  const url = text.length <= REALM_LIMIT && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw refused(text, 'it is not an http or https URL');
  if (url.username !== '' || url.password !== '') throw refused(url.host, 'it has a user name in it');
  if (url.protocol === 'http:' && secure)
    throw refused(url.host, 'the registry speaks https and the realm does not');
  return url;
}

/**
 * Whether a token server may be given the credentials of a registry: it is the same host and port, or
 * the table or the caller names it. "Same domain" is not enough: on a shared suffix (github.io, pkg.dev,
 * a company's cloud zone) the neighbour is a stranger. On one machine, ports are not strangers.
 */
export function mayHaveCredentials(realm: URL, endpoint: Endpoint, allowed: readonly string[] = []): boolean {
  const secure = realm.protocol === 'https:';
  if (realm.host === new URL(`${realm.protocol}//${endpoint.host}`).host) return true;
  if (endpoint.loopback && isLoopbackName(realm.hostname) && bare(realm.hostname) === endpoint.hostname)
    return true;
  if (allowed.some((named) => isNamed(realm, named))) return true;
  const known = TOKEN_SERVERS.some(
    ({ registry, realm: host }) => registry.test(endpoint.host) && host === realm.host,
  );
  return secure && known;
}

const HOST = /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?$/i;

// As URLs write hosts (`A.example:0443` is `a.example` over https); without a port, any port of that host.
function isNamed(realm: URL, named: string): boolean {
  const [whole, port] = HOST.exec(named) ?? [];
  const text = `${realm.protocol}//${named}`;
  if (whole === undefined || !URL.canParse(text)) return false;
  const url = new URL(text);
  return port === undefined ? url.hostname === realm.hostname : url.host === realm.host;
}

/** The fault for a realm that would be given credentials that are not its own (ggcr, oras-go send them). */
export function foreignRealm(realm: URL, endpoint: Endpoint): PratiqueError {
  return new PratiqueError('REALM_REFUSED', {
    what: `${quoted(endpoint.registry)} wants its password sent to ${quoted(realm.host)}`,
    why: 'nothing says that this token server belongs to the registry; nothing was sent',
    next: 'if it does, allow this token server by name; or log out to pull anonymously',
  });
}

/** The fault for a realm that imitates a known host, whoever is logged in. */
export function imitatingRealm(realm: URL, why: string): PratiqueError {
  return refused(
    realm.host,
    why,
    'check the registry; if it is right, name this token server with --allow-realm; nothing was sent',
  );
}

function refused(realm: string, why: string, next = 'check the registry; nothing was sent'): PratiqueError {
  return new PratiqueError('REALM_REFUSED', {
    what: 'the token server that the registry names is refused',
    where: printable(realm.replace(/[?#].*$/s, ''), 200),
    why,
    next,
  });
}
