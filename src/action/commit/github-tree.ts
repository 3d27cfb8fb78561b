import { type ErrorCode, PratiqueError, toPratiqueError } from '../../errors.ts';
import { DEFAULT_LIMITS } from '../../io/limits.ts';
import { quoted } from '../../model/printable.ts';
import { AddressGuard } from '../../sources/registry/addresses.ts';
import { type Answer, readBody } from '../../sources/registry/answer.ts';
import { placeOf } from '../../sources/registry/fault.ts';
import { bare, isLoopbackName } from '../../sources/registry/hosts.ts';
import { Transport } from '../../sources/registry/transport.ts';
import { type CommitTree, isObjectOf, kindOfMode, type TreeEntry, tooLarge } from './commit-tree.ts';

/** How the API is reached. */
export interface GithubOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** may read the contents of the repository, and need no more */
  readonly token: string;
  readonly now: () => Date;
}

const LISTING = 16 * 1024 * 1024; // bytes; GitHub ends a listing at 7 MB
const VERSION = '2022-11-28';
const ASK_NOBODY = 'check out with fetch-depth: 0, so that GitHub need not be asked';
const REPOSITORY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*\/[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/**
 * A commit by way of GitHub's API: for a shallow clone, which has the commit of the run and no other. One request for each
 * folder and file that is read; bytes are held against their id.
 * @throws {PratiqueError} `USAGE` where the runner names no repository, or no https API
 * @see GitHub REST API, "Git database": trees, blobs; both need `contents: read`
 */
export function openGithubTree(commit: string, { env, token, now }: GithubOptions): CommitTree {
  const base = baseOf(env);
  const ask = (path: string, accept: string, limit: number) => exchange(new URL(base + path), accept, limit);

  async function exchange(url: URL, accept: string, limit: number): Promise<Uint8Array> {
    const options = { env, limits: DEFAULT_LIMITS, now: () => now().getTime(), warn: () => {} };
    const transport = new Transport(options, new AddressGuard(bare(url.hostname)));
    try {
      const answer = await transport.exchange({
        method: 'GET',
        url,
        headers: { accept, authorization: `Bearer ${token}`, 'x-github-api-version': VERSION },
      });
      const bytes = await readBody(answer, limit);
      if (answer.status === 200) return bytes;
      throw refused(answer, url);
    } catch (thrown) {
      const error = toPratiqueError(thrown);
      if (error.code === 'LIMIT_EXCEEDED') throw tooLarge(limit);
      throw error;
    } finally {
      await transport.close();
    }
  }

  return {
    commit,
    async entries(id = commit) {
      const bytes = await ask(`/git/trees/${id}`, 'application/vnd.github+json', LISTING);
      return readTree(bytes);
    },
    async blob(id, limit) {
      const bytes = await ask(`/git/blobs/${id}`, 'application/vnd.github.raw+json', limit);
      if (isObjectOf('blob', id, bytes)) return bytes;
      throw odd('it is not the file that was asked for');
    },
  };
}

/** The answer to `GET /git/trees/ID`. A listing that was cut short could lack what tightens the policy. */
export function readTree(bytes: Uint8Array): readonly TreeEntry[] {
  const { tree, truncated } = parse(bytes);
  if (truncated !== false || !Array.isArray(tree)) throw odd('the folder is not listed whole');
  return tree.map((entry: unknown) => {
    const { path, mode, sha } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    const kind = kindOfMode(String(mode));
    if (
      typeof path !== 'string' ||
      typeof sha !== 'string' ||
      kind === undefined ||
      !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha)
    )
      throw odd('it lists what is not understood');
    return { name: path, kind, id: sha };
  });
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {}
  throw odd('it is no JSON object');
}

function baseOf(env: GithubOptions['env']): string {
  const api = env['GITHUB_API_URL'] || 'https://api.github.com';
  const url = URL.canParse(api) ? new URL(api) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackName(url.hostname));
  if (url === undefined || !isSafe || url.username !== '' || url.password !== '')
    throw new PratiqueError('USAGE', { what: 'GITHUB_API_URL is not an https URL', where: quoted(api) });
  const repository = env['GITHUB_REPOSITORY'] ?? '';
  if (!REPOSITORY.test(repository))
    throw new PratiqueError('USAGE', {
      what: 'GITHUB_REPOSITORY names no repository',
      where: quoted(repository),
    });
  return `${url.href.replace(/\/+$/, '')}/repos/${repository}`;
}

function refused(answer: Answer, url: URL): PratiqueError {
  const [code, why, next] = meaningOf(answer);
  return new PratiqueError(code, {
    what: `GitHub answered ${answer.status} when it was asked for the commit whose policy decides`,
    where: placeOf('GET', url),
    why,
    next: `${next}, or ${ASK_NOBODY}`,
  });
}

/** Too many questions are a 403 as well: then the token is not what is to be mended. */
function meaningOf(answer: Answer): readonly [ErrorCode, string, string] {
  const { status } = answer;
  const isSpent =
    answer.header('x-ratelimit-remaining') === '0' || answer.header('retry-after') !== undefined;
  if (status === 429 || (status === 403 && isSpent))
    return [
      'RATE_LIMITED',
      'it has been asked too often: all runs of a repository together have so many questions in an hour',
      'run it again later',
    ];
  if (status === 401 || status === 403 || status === 404)
    return [
      'REGISTRY_ERROR',
      'the token may not read the contents of the repository, or the commit is not in it',
      'give the job "permissions: contents: read"',
    ];
  return ['REGISTRY_ERROR', 'GitHub is out of order', 'run it again'];
}

function odd(why: string): PratiqueError {
  return new PratiqueError('REGISTRY_ERROR', {
    what: 'GitHub gave an answer about the policy that cannot be used',
    why,
    next: ASK_NOBODY,
  });
}
