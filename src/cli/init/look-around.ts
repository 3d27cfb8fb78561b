import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { NamedReferences } from '../../model/named-reference.ts';
import { printable } from '../../model/printable.ts';
import { normalizeHost } from '../../model/reference.ts';
import { runGit } from '../../references/files/git.ts';
import { quietGit } from '../../references/files/git-environment.ts';
import { readText } from '../../references/files/read-text.ts';
import { findReferences } from '../../references/find-references.ts';
import { credentialFiles } from '../../sources/registry/credential-files.ts';
import type { Terminal } from '../terminal.ts';

/** What a repository shows of itself, without a network. */
export interface Surroundings {
  /** the folder's name, or the project's */
  readonly name: string;
  readonly forge?: 'github' | 'gitlab';
  /** where the remote lies: `gitlab.com` */
  readonly host?: string;
  /** `acme/shop`, as the remote names it */
  readonly project?: string;
  /** registries that pipelines or this machine log in to; hosts, each with where that was seen */
  readonly registries: ReadonlyMap<string, string>;
  readonly named: NamedReferences;
}

/** Looks at the remote, the pipelines, the logins' hosts (and at nothing else of a login), and at every name in the files. */
export async function lookAround({ cwd, env }: Pick<Terminal, 'cwd' | 'env'>): Promise<Surroundings> {
  const remote = readRemote(await originOf(cwd, env));
  const workflows = await pipelineFiles(cwd);
  const forge = forgeOf(remote?.host, workflows);
  return {
    name: remote?.project.split('/').at(-1) ?? printable(basename(cwd)),
    ...(forge && { forge }),
    ...(remote && { project: remote.project, host: remote.host }),
    registries: new Map([...(await loginHosts(env)), ...registriesIn(cwd, workflows, remote?.host)]),
    named: await findReferences([], { cwd, env, exclude: [] }),
  };
}

async function originOf(cwd: string, env: Terminal['env']): Promise<string> {
  const told = await runGit(cwd, quietGit(env), ['config', '--get', 'remote.origin.url']);
  return 'out' in told ? told.out.toString().trim() : '';
}

/** `git@github.com:acme/shop.git`, `https://github.com/acme/shop`; a login in the URL is passed over. */
function readRemote(url: string): { readonly host: string; readonly project: string } | undefined {
  const [, host, path] =
    /^(?:[a-z+]+:\/\/)?(?:[^@/]*@)?([A-Za-z0-9.-]+)(?::\d+)?[:/](.+?)(?:\.git)?\/?$/.exec(url) ?? [];
  if (host === undefined || path === undefined || !/^[\w.-]+(?:\/[\w.-]+)+$/.test(path)) return undefined;
  return { host: host.toLowerCase(), project: path };
}

async function pipelineFiles(cwd: string): Promise<readonly string[]> {
  const folder = join('.github', 'workflows');
  const names = await readdir(join(cwd, folder)).catch(() => []);
  const here = await readdir(cwd).catch(() => []);
  return [
    ...names.filter((name) => /\.ya?ml$/.test(name)).map((name) => join(folder, name)),
    ...here.filter((name) => name === '.gitlab-ci.yml'),
  ];
}

function forgeOf(host: string | undefined, workflows: readonly string[]): Surroundings['forge'] {
  if (host === 'github.com' || workflows.some((file) => file.startsWith('.github'))) return 'github';
  return host?.includes('gitlab') === true || workflows.includes('.gitlab-ci.yml') ? 'gitlab' : undefined;
}

const REGISTRY = /^\s*[-\s]*\w*registry:\s*["']?([a-z0-9.-]+\.[a-z]+(?::\d+)?)["']?\s*(?:#.*)?$/gim;

/** A project's own registry as its jobs call it; only of gitlab.com it is known where that is. */
const GITLAB_REGISTRY = /\$\{?CI_REGISTRY/;

/** Hosts that workflows call a registry: `registry: ghcr.io` of a login, `REGISTRY: ghcr.io` of the environment. */
function registriesIn(
  cwd: string,
  files: readonly string[],
  host: string | undefined,
): readonly (readonly [string, string])[] {
  return files.flatMap((file) => {
    const read = readText(join(cwd, file));
    const text = read !== undefined && 'text' in read ? read.text : '';
    const named = [...text.matchAll(REGISTRY)].map(([, one = '']) => normalizeHost(one));
    const own = host === 'gitlab.com' && GITLAB_REGISTRY.test(text) ? ['registry.gitlab.com'] : [];
    return [...named, ...own].map((one) => [one, file] as const);
  });
}

/** Of a login only the host it is for. What cannot be read tells of none: nothing hangs on it. */
async function loginHosts(env: Terminal['env']): Promise<readonly (readonly [string, string])[]> {
  const files = await credentialFiles({ env }).catch(() => []);
  const keys = files.flatMap(({ auths, credHelpers }) => [...auths.keys(), ...credHelpers.keys()]);
  return keys.flatMap((key) => {
    const [, host] = /^(?:https?:\/\/)?([a-z0-9.-]+\.[a-z]+(?::\d+)?)(?:\/.*)?$/i.exec(key) ?? [];
    return host === undefined ? [] : [[normalizeHost(host), 'a login of this machine'] as const];
  });
}
