import { PratiqueError } from '../errors.ts';
import { type Digest, isDigest } from './digest.ts';
import { quoted } from './printable.ts';

/**
 * An image name, parsed. `registry` is the host that people write (`docker.io`, never its API host),
 * with a port where one was given; `repository` is the full path (`library/nginx`).
 * Digest and tag may both be there: the digest decides what is fetched, the tag is kept for the policy.
 */
export interface Reference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const HOST =
  /^(?:(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])(?:\.(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]))*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/i;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const BARE_ID = /^[0-9a-f]{64}$/;
const REPOSITORY_LIMIT = 255; // characters; distribution-spec v1.1, "Pulling manifests"

/**
 * Reads an image name as Docker does: the first part is a host if it has a dot or a colon, or is `localhost`;
 * otherwise the host is `docker.io`, and a single part is in `library/`. Docker also takes `Acme/shop` for a host
 * called Acme; nobody means that, so it is refused with the hint that repositories are lower case.
 * @throws {PratiqueError} `REFERENCE_INVALID`
 * @see distribution/reference, grammar in reference.go; OCI distribution-spec v1.1, "Definitions"
 */
export function parseReference(text: string): Reference {
  const [name, digestText] = splitOnce(text, '@');
  const digest = digestText === undefined ? undefined : readDigest(text, digestText);
  const { host, rest } = splitHost(name);
  const colon = rest.lastIndexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const path = colon < 0 ? rest : rest.slice(0, colon);
  if (tag !== undefined && !TAG.test(tag))
    throw invalid(text, `the tag ${quoted(tag)} has a form no registry accepts`);
  const registry = normalizeHost(host ?? 'docker.io');
  if (!HOST.test(registry)) throw invalid(text, `the registry ${quoted(registry)} is not a host name`);
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  requireRepository(text, path, repository);
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The full name, as `parseReference` reads it again. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function readDigest(text: string, digest: string): Digest {
  if (isDigest(digest)) return digest;
  throw invalid(text, `after the @ there must be sha256: and 64 (or sha512: and 128) lower-case hex digits`);
}

/** Parts a name into the host that it begins with, if it begins with one, and the rest. */
export function splitHost(name: string): { host?: string; rest: string } {
  const slash = name.indexOf('/');
  if (slash < 0) return { rest: name };
  const first = name.slice(0, slash);
  if (first !== 'localhost' && !/[.:]/.test(first)) return { rest: name };
  return { host: first, rest: name.slice(slash + 1) };
}

/**
 * The host in the one way that policies compare: lower case, no port where it is https's own, addresses as URLs write
 * them, and `docker.io` for its API hosts. Else `ghcr.io:443` or `127.1` would be the same place by another name,
 * of which no rule speaks. What is no host is left as it is, for the reader of the name to refuse.
 */
export function normalizeHost(host: string): string {
  const same = canonical(host);
  return HUB_NAMES.has(same) ? 'docker.io' : same;
}

/** Hosts that all serve Docker Hub. */
const HUB_NAMES: ReadonlySet<string> = new Set([
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

/** All names of the place that a host is in the one way that policies compare. */
export function hostsOf(host: string): readonly string[] {
  return host === 'docker.io' ? [host, ...HUB_NAMES] : [host];
}

// Not for other letters: the URL parser would fold `ｇhcr.io`, which nobody writes by mistake, to `ghcr.io`.
const PLAIN_HOST = /^(?:[a-z0-9.*-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/i;

function canonical(host: string): string {
  const url =
    PLAIN_HOST.test(host) && URL.canParse(`https://${host}`) ? new URL(`https://${host}`) : undefined;
  if (url === undefined) return host.toLowerCase();
  // Without a port a name without a dot would be read as a part of a repository on Docker Hub.
  const needsPort = url.port === '' && host.includes(':') && splitHost(`${url.host}/`).host === undefined;
  return needsPort ? `${url.host}:443` : url.host;
}

function requireRepository(text: string, path: string, repository: string): void {
  if (path === '') throw invalid(text, 'it names no repository');
  if (BARE_ID.test(path)) throw invalid(text, 'it is a bare image id; name the repository, then @sha256:…');
  if (repository.length > REPOSITORY_LIMIT)
    throw invalid(text, `the repository is longer than ${REPOSITORY_LIMIT} characters`);
  const bad = repository.split('/').find((part) => !COMPONENT.test(part));
  if (bad === undefined) return;
  const hint = /[A-Z]/.test(bad) ? '; a repository is all lower case' : '';
  throw invalid(text, `${quoted(bad)} cannot be part of a repository${hint}`);
}

function splitOnce(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + at.length)];
}

function invalid(text: string, why: string): PratiqueError {
  return new PratiqueError('REFERENCE_INVALID', {
    what: `${quoted(text)} is not an image name`,
    why,
    next: 'write it as registry/repository:tag or registry/repository@sha256:…',
  });
}
