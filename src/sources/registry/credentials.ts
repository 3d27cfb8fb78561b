import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import { normalizeHost } from '../../model/reference.ts';
import { type CredentialFile, credentialFiles } from './credential-files.ts';
import { askHelper } from './credential-helper.ts';
import type { RegistryOptions } from './registry-options.ts';

/** What proves who we are to one registry. `origin` says where it was found; it is not secret. */
export type Credentials =
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly password: string;
      readonly origin: string;
    }
  /** a refresh token, for the token server alone */
  | { readonly kind: 'identity'; readonly username: string; readonly token: string; readonly origin: string }
  /** a token that the registry itself takes */
  | { readonly kind: 'registry'; readonly token: string; readonly origin: string };

const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_NAMES = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];
// RFC 6750: what may stand in a header as a token; anything else could forge a second header.
const HEADER_SAFE = /^[\x21-\x7e]+$/;

/**
 * Looks up the credentials for one repository: the first place that has an entry decides. Hosts are
 * compared whole, port included, in the form of a `Reference`: an entry for `ghcr.io` is not one for `cr.io` (which @sigstore/oci mixed up).
 * Within a file a helper for the host comes first, then entries (podman's `host/namespace` keys, most
 * specific first), then the store.
 * @param registry as in a `Reference`
 * @returns nothing where no place knows the registry: anonymous
 * @throws {PratiqueError} `CREDENTIALS` where a place cannot be read: never silently anonymous
 * @see containers-auth.json(5); Docker CLI, "docker login", credential stores
 */
export async function findCredentials(
  registry: string,
  repository: string,
  options: Pick<RegistryOptions, 'env' | 'limits' | 'authFile'>,
): Promise<Credentials | undefined> {
  for (const file of await credentialFiles(options)) {
    const found = await searchFile(file, registry, repository, options);
    if (found !== undefined) return found;
  }
  return githubToken(registry, options.env);
}

async function searchFile(
  file: CredentialFile,
  registry: string,
  repository: string,
  options: Pick<RegistryOptions, 'env' | 'limits'>,
): Promise<Credentials | undefined> {
  const helperKey = hostKeysOf(file.credHelpers, registry)[0];
  const helper = helperKey === undefined ? undefined : file.credHelpers.get(helperKey);
  if (helper !== undefined) return fromHelper(helper, serverOf(registry, helperKey), options);
  const entry = keysOf(file, registry, repository)
    .map((key) => readEntry(file, key))
    .find((found) => found !== undefined);
  if (entry !== undefined) return entry;
  const server = serverOf(registry, hostKeysOf(file.auths, registry)[0]);
  return file.credsStore === undefined ? undefined : fromHelper(file.credsStore, server, options);
}

/** The keys of a file that stand for a repository, most specific first. */
function keysOf({ auths }: CredentialFile, registry: string, repository: string): readonly string[] {
  const parts = repository.split('/');
  const namespaces = parts.map((_, cut) => parts.slice(0, parts.length - cut).join('/'));
  const scoped = namespaces.flatMap((namespace) => keysFor(auths, `${registry}/${namespace}`));
  const urls = [...auths.keys()].filter((key) => normalizeHost(hostOfUrl(key)) === registry);
  return [...scoped, ...hostKeysOf(auths, registry), ...urls];
}

/** The keys that are the host of a registry, in the order in which they count. */
function hostKeysOf(keys: ReadonlyMap<string, unknown>, registry: string): readonly string[] {
  const known = registry === 'docker.io' ? [...HUB_NAMES, HUB_KEY] : [registry];
  return [...new Set([...known.filter((key) => keys.has(key)), ...keysFor(keys, registry)])];
}

/** The keys that mean this place: whole and exact but for how a host can be written (`GHCR.io:443`). */
function keysFor(keys: ReadonlyMap<string, unknown>, place: string): readonly string[] {
  const same = [...keys.keys()].filter((key) => key === place || placeOf(key) === place);
  return same.sort((a, b) => Number(b === place) - Number(a === place));
}

function placeOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? normalizeHost(key) : `${normalizeHost(key.slice(0, slash))}${key.slice(slash)}`;
}

// A helper knows a host as it was written at login.
function serverOf(registry: string, key: string | undefined): string {
  return registry === 'docker.io' ? HUB_KEY : (key ?? registry);
}

// Docker's older keys are URLs: `https://registry.example/v1/`.
function hostOfUrl(key: string): string {
  return /^https?:\/\/([^/?#@]+)(?:[/?#]|$)/.exec(key)?.[1] ?? '';
}

function readEntry(file: CredentialFile, key: string): Credentials | undefined {
  const entry = file.auths.get(key);
  if (entry === undefined) return undefined;
  const origin = file.name;
  const { username, password } = pairOf(file, key, entry);
  if (entry.registrytoken)
    return { kind: 'registry', token: headerSafe(entry.registrytoken, origin), origin };
  if (entry.identitytoken) return { kind: 'identity', username, token: entry.identitytoken, origin };
  // Docker leaves `{}` for a host whose secret is in the store.
  return username === '' && password === '' ? undefined : { kind: 'password', username, password, origin };
}

function pairOf(
  file: CredentialFile,
  key: string,
  entry: { auth?: string; username?: string; password?: string },
) {
  if (!entry.auth) return { username: entry.username ?? '', password: entry.password ?? '' };
  const text = Buffer.from(entry.auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1) };
  throw new PratiqueError('CREDENTIALS', {
    what: 'the "auth" of an entry is not base64 of user:password',
    where: `${file.name}, ${printable(key)}`,
    next: 'log in again',
  });
}

async function fromHelper(
  name: string,
  server: string,
  options: Pick<RegistryOptions, 'env' | 'limits'>,
): Promise<Credentials | undefined> {
  const answer = await askHelper(name, server, options);
  if (answer === undefined) return undefined;
  const origin = `docker-credential-${name}`;
  const { username, secret } = answer;
  if (username === '<token>') return { kind: 'identity', username, token: secret, origin };
  return { kind: 'password', username, password: secret, origin };
}

// Exactly ghcr.io: no other host, and no host that only ends so, is GitHub's registry.
function githubToken(registry: string, env: RegistryOptions['env']): Credentials | undefined {
  const token = env['GITHUB_TOKEN'];
  if (registry !== 'ghcr.io' || !token) return undefined;
  return {
    kind: 'password',
    username: env['GITHUB_ACTOR'] || 'x-access-token',
    password: token,
    origin: 'GITHUB_TOKEN',
  };
}

function headerSafe(token: string, origin: string): string {
  if (HEADER_SAFE.test(token)) return token;
  throw new PratiqueError('CREDENTIALS', {
    what: 'the registry token has characters that no token has',
    where: origin,
  });
}
