import { PratiqueError } from '../errors.ts';
import { type Digest, isDigest } from './digest.ts';
import { matchesParts, matchesStars } from './glob.ts';
import { quoted } from './printable.ts';
import { normalizeHost, type Reference, splitHost } from './reference.ts';

/**
 * Names of images, as a policy writes them. Parts as in `Reference`; compared part by part and whole, never as a
 * prefix or substring, so that `ghcr.io/acme/**` cannot be met by `ghcr.io/acme-evil/x`.
 */
export interface ImagePattern {
  /** host and port; a `*` stays between two dots; absent: any host (a pattern that begins with `**`) */
  readonly host?: string;
  /** parts of the repository; `*` inside one part, `**` alone in its part for any depth */
  readonly parts: readonly string[];
  /** absent: any tag, and none */
  readonly tag?: string;
  readonly digest?: Digest;
}

const HOST = /^(?:[a-z0-9*-]+(?:\.[a-z0-9*-]+)*|\[[0-9a-f:]+\])(?::(?:[0-9]{1,5}|\*))?$/;
const PART = /^[a-z0-9*]+(?:(?:[._]|__|-+)[a-z0-9*]+)*$/;
/** a part with a star may also begin or end with a separator: `legacy-*`, `*-slim` */
const STARRED_PART = /^[a-z0-9._*-]*\*[a-z0-9._*-]*$/;
const TAG = /^[A-Za-z0-9_*][A-Za-z0-9._*-]{0,127}$/;
const LIMIT = 512; // characters: a reference is at most 255 and its tag and digest

/**
 * Reads a pattern by the rules of `parseReference`: `nginx` is `docker.io/library/nginx`, `acme/*` is `docker.io/acme/*`.
 * - `*` stands for any run of characters inside one part (of the host: between two dots), or inside the tag.
 * - `**` as a whole part stands for any number of parts; at the end for at least one, so `ghcr.io/acme/**` does
 *   not match the repository `ghcr.io/acme` itself. As the first part it stands for any host, and any depth: `**` alone
 *   is every image, `**:latest` every image of that tag; with a slash and `nginx`, each that ends in the part `nginx`.
 * - Without a tag any tag fits, and none.
 *
 * A first part with a star that is neither `**` nor a host is refused: it could mean a host, or a name on Docker Hub.
 * @throws {PratiqueError} `POLICY_INVALID`
 */
export function parseImagePattern(text: string): ImagePattern {
  if (text.length > LIMIT) throw invalid(text, `it is longer than ${LIMIT} characters`);
  const { name, digest } = splitDigest(text);
  const { host, rest } = splitHost(name);
  const colon = rest.lastIndexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const parts = (colon < 0 ? rest : rest.slice(0, colon)).split('/');
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text, `${quoted(tag)} can be no tag`);
  const anyHost = host === undefined && parts[0] === '**';
  const placed = host ?? (anyHost ? undefined : 'docker.io');
  const where = placed === undefined ? undefined : normalizeHost(placed);
  requireHost(text, host, where, parts);
  for (const part of parts) requirePart(text, part);
  return {
    ...(where === undefined ? {} : { host: where }),
    parts: where === 'docker.io' && parts.length === 1 && parts[0] !== '**' ? ['library', ...parts] : parts,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/**
 * Whether an image name fits. A name without tag and digest counts as tag `latest`, which is what would be pulled.
 * A tag beside a digest is compared as it stands; it is a claim, as only the digest decides what is pulled.
 */
export function matchesImage(pattern: ImagePattern, reference: Reference): boolean {
  const tag = reference.tag ?? (reference.digest === undefined ? 'latest' : undefined);
  if (pattern.digest !== undefined && pattern.digest !== reference.digest) return false;
  if (pattern.tag !== undefined && (tag === undefined || !matchesStars(pattern.tag, tag))) return false;
  if (pattern.host !== undefined && !matchesHost(pattern.host, reference.registry)) return false;
  return matchesPath(pattern.parts, reference.repository.split('/'));
}

/**
 * `matchesImage` for patterns that open a door (`allow`, exceptions). A tag beside a digest is only a claim: it fits no
 * pattern that asks for a tag, or `app:1.0@sha256:…` of any content would enter as a release. A digest proves itself.
 */
export function matchesSurely(pattern: ImagePattern, reference: Reference): boolean {
  const { tag: _claim, ...proven } = reference;
  if (reference.digest === undefined) return matchesImage(pattern, reference);
  const { tag: _asked, ...untagged } = pattern;
  return matchesImage(pattern.digest === reference.digest ? untagged : pattern, proven);
}

/** Whether every image fits, also one that has no name. */
export function matchesEverything({ host, parts, tag, digest }: ImagePattern): boolean {
  return host === undefined && tag === undefined && digest === undefined && parts.every((p) => p === '**');
}

/** The pattern in full, as `parseImagePattern` reads it again; the same for every way to write the same pattern. */
export function formatImagePattern({ host, parts, tag, digest }: ImagePattern): string {
  const path = [...(host === undefined ? [] : [host]), ...parts].join('/');
  return `${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** A star in a host stays between two dots, so that `*.example.com` is not met by `a.b.example.com`. */
function matchesHost(pattern: string, host: string): boolean {
  const labels = (text: string) => text.split(/[.:]/);
  if (pattern.includes('[') || host.includes('[')) return pattern === host;
  const wanted = labels(pattern);
  const there = labels(host);
  return (
    pattern.includes(':') === host.includes(':') &&
    wanted.length === there.length &&
    wanted.every((label, index) => matchesStars(label, there[index] ?? ''))
  );
}

/** `**` at the end stands for at least one part: what is under a name is not the name itself. */
function matchesPath(pattern: readonly string[], parts: readonly string[]): boolean {
  const open = pattern.at(-1) === '**';
  return matchesParts(open ? [...pattern.slice(0, -1), '*', '**'] : pattern, parts);
}

function splitDigest(text: string): { name: string; digest?: Digest } {
  const at = text.indexOf('@');
  if (at < 0) return { name: text };
  const digest = text.slice(at + 1);
  if (isDigest(digest)) return { name: text.slice(0, at), digest };
  throw invalid(text, 'after the @ there must be a whole digest: sha256: and 64 lower-case hex digits');
}

function requireHost(
  text: string,
  written: string | undefined,
  host: string | undefined,
  parts: readonly string[],
): void {
  const [first = ''] = parts;
  if (written === undefined && host !== undefined && first.includes('*')) {
    throw invalid(
      text,
      parts.length === 1 && /^\*+$/.test(first)
        ? 'write ** for every image, or docker.io/library/* for the official ones'
        : `${quoted(first)} could be a host or a name on Docker Hub: write docker.io/ before it, or **/ for any host`,
    );
  }
  if (host !== undefined && (!HOST.test(host) || host.includes('**')))
    throw invalid(text, `${quoted(host)} is not a host name`);
}

function requirePart(text: string, part: string): void {
  if (part === '**') return;
  if (part.includes('**')) throw invalid(text, '** stands alone between two slashes; inside a part write *');
  if (PART.test(part) || STARRED_PART.test(part)) return;
  const hint = /[A-Z]/.test(part) ? '; a repository is all lower case' : '';
  throw invalid(text, `${quoted(part)} can be no part of a repository${hint}`);
}

function invalid(text: string, why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', { what: `${quoted(text)} is not a pattern for images`, why });
}
