import type { Reference } from '../../../model/reference.ts';
import { HOSTS } from './judge-host.ts';

/** Names that must not be imitated, ordered for looking them up. */
export interface KnownNames {
  /** `registry/repository` */
  has(name: string): boolean;
  /** namespaces of a host, each with what is known below it */
  namespacesOf(host: string): ReadonlyMap<string, Namespace>;
  readonly hosts: ReadonlySet<string>;
  /** last parts of all known repositories */
  readonly lastParts: ReadonlySet<string>;
}

export interface Namespace {
  /** repositories below it, without it: `nginx`, `charts/web` */
  readonly repositories: ReadonlySet<string>;
  /** a list allows it whole, so that any repository below it can be meant */
  readonly whole: boolean;
}

/**
 * Orders names by host and namespace.
 * @param namespaces `host/name`: those that a list allows whole
 */
export function orderNames(references: readonly Reference[], namespaces: readonly string[] = []): KnownNames {
  const names = new Set<string>();
  const lastParts = new Set<string>();
  const hosts = new Map<string, Map<string, { repositories: Set<string>; whole: boolean }>>();
  const place = (host: string, namespace: string) => {
    const below = hosts.get(host) ?? new Map<string, { repositories: Set<string>; whole: boolean }>();
    const found = below.get(namespace) ?? { repositories: new Set<string>(), whole: false };
    hosts.set(host, below.set(namespace, found));
    return found;
  };
  for (const { registry, repository } of references) {
    names.add(`${registry}/${repository}`);
    lastParts.add(repository.slice(repository.lastIndexOf('/') + 1));
    const slash = repository.indexOf('/');
    if (slash < 0) hosts.set(registry, hosts.get(registry) ?? new Map());
    else place(registry, repository.slice(0, slash)).repositories.add(repository.slice(slash + 1));
  }
  for (const name of namespaces) {
    const slash = name.indexOf('/');
    place(name.slice(0, slash), name.slice(slash + 1)).whole = true;
  }
  return {
    has: (name) => names.has(name),
    namespacesOf: (host) => hosts.get(host) ?? new Map(),
    hosts: new Set([...HOSTS, ...hosts.keys()]),
    lastParts,
  };
}
