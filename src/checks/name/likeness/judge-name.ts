import type { Reference } from '../../../model/reference.ts';
import { HOSTS, judgeHost } from './judge-host.ts';
import type { KnownNames, Namespace } from './known-names.ts';
import { type Likeness, likenessOf } from './likeness.ts';

/** That a name is taken for an imitation, how sure that is, and of what. */
export interface Lookalike {
  readonly level: LookalikeLevel;
  readonly kind: 'host' | 'namespace' | 'library' | 'brand' | 'repository' | 'official-name';
  /** `registry/repository` that may be meant */
  readonly meant: string;
  /** clause: in what they are alike */
  readonly why: string;
}

export type LookalikeLevel = 'high' | 'medium' | 'low';

const LEVELS: readonly LookalikeLevel[] = ['high', 'medium', 'low'];
const HUB = 'docker.io';
const LIBRARY = 'library';
const LONG = 8; // letters from which on two errors can be told from another name
/** Public hosts where anybody can have a namespace; on the other known ones one owner gives every name out. */
const OPEN_HOSTS: ReadonlySet<string> = new Set([
  HUB,
  'ghcr.io',
  'quay.io',
  'gcr.io',
  'registry.gitlab.com',
  'registry.hub.docker.com',
  'public.ecr.aws',
  'codeberg.org',
]);

/** Whether namespaces can be squatted on: on open public hosts, and on hosts that only the policy knows (a company's own). */
function isOpen(registry: string): boolean {
  return OPEN_HOSTS.has(registry) || !HOSTS.includes(registry);
}

const WORDS: Readonly<Record<Likeness, string>> = {
  'same-look': 'it looks the same',
  typo: 'it is a typing error away',
  separators: 'only dots, dashes or underscores differ',
  affix: 'it is that name with something put on',
};

/**
 * The strongest sign that a name imitates a known one. What one owner controls is not looked into: the same namespace, a host
 * that gives out all names itself. An unknown name that is like nothing known is silent: most names are.
 * @param most edits that a typing error takes, 1 or 2
 */
export function judgeName(reference: Reference, known: KnownNames, most: number): Lookalike | undefined {
  const { registry, repository } = reference;
  if (known.has(`${registry}/${repository}`)) return undefined;
  const host = judgeHost(registry, known.hosts, most);
  if (host !== undefined) return { ...host, kind: 'host', meant: `${host.host}/${repository}` };
  const [namespace = '', ...rest] = repository.split('/');
  if (!isOpen(registry) || rest.length === 0) return undefined;
  if (known.namespacesOf(registry).has(namespace)) return undefined;
  const name: Name = { registry, namespace, below: rest.join('/'), last: rest.at(-1) ?? '' };
  const signs = [
    ...namespaceSigns(name, known, most),
    ...librarySigns(name, known),
    ...hostSigns(name, known),
    ...(registry === HUB ? [...brandSigns(name, known), ...repositorySigns(name, known)] : []),
  ];
  return LEVELS.flatMap((level) => signs.filter((sign) => sign.level === level))[0];
}

interface Name {
  readonly registry: string;
  readonly namespace: string;
  /** what stands below the namespace */
  readonly below: string;
  readonly last: string;
}

/** A namespace like a known one: grave where the known one has that very repository. */
function namespaceSigns(
  { registry, namespace, below }: Name,
  known: KnownNames,
  most: number,
): readonly Lookalike[] {
  return [...known.namespacesOf(registry)].flatMap(([other, { repositories, whole }]) => {
    if (other === LIBRARY && registry === HUB) return [];
    const likeness = likenessOf(namespace, other, other.length >= LONG ? most : 1);
    if (likeness === undefined) return [];
    const level = levelOf(likeness, whole || repositories.has(below));
    return [{ level, kind: 'namespace', meant: `${registry}/${other}/${below}`, why: WORDS[likeness] }];
  });
}

function levelOf(likeness: Likeness, holds: boolean): LookalikeLevel {
  if (!holds) return 'low';
  return likeness === 'separators' || likeness === 'affix' ? 'medium' : 'high';
}

/** `librarry/nginx`: nothing legitimate is nearly called that, so two errors count; and `library/nginx` on a host whose `library` is anybody's. */
function librarySigns({ registry, namespace, below }: Name, known: KnownNames): readonly Lookalike[] {
  const official = officialOf(known).has(below);
  const meant = `${HUB}/${LIBRARY}/${below}`;
  if (registry !== HUB)
    return OPEN_HOSTS.has(registry) && namespace === LIBRARY && official
      ? [{ level: 'medium', kind: 'library', meant, why: 'official images are on docker.io only' }]
      : [];
  const likeness = likenessOf(namespace, LIBRARY, 2);
  if (likeness === undefined) return [];
  const level = likeness === 'affix' ? 'medium' : official ? 'high' : 'medium';
  return [{ level, kind: 'library', meant, why: WORDS[likeness] }];
}

/** `ghcrio/acme/app`: without its dot a host is a namespace on Docker Hub, which anybody can have. */
function hostSigns({ registry, namespace, below }: Name, known: KnownNames): readonly Lookalike[] {
  if (registry !== HUB) return [];
  const host = [...known.hosts].find((one) => one.includes('.') && one.replaceAll('.', '') === namespace);
  if (host === undefined) return [];
  return [
    { level: 'medium', kind: 'host', meant: `${host}/${below}`, why: 'it is that host without its dots' },
  ];
}

/** `nginxx/nginx`, `official-nginx/nginx`: a publisher called nearly as the official image. */
function brandSigns({ namespace, last }: Name, known: KnownNames): readonly Lookalike[] {
  if (!officialOf(known).has(last)) return [];
  // Who makes a thing is often called so: getsentry/sentry.
  const likeness = namespace === `get${last}` ? undefined : likenessOf(namespace, last, 1);
  if (likeness === undefined) return [];
  return [{ level: 'medium', kind: 'brand', meant: `${HUB}/${LIBRARY}/${last}`, why: WORDS[likeness] }];
}

/** A repository called as an official image, or nearly, under a publisher that nobody knows. */
function repositorySigns({ last }: Name, known: KnownNames): readonly Lookalike[] {
  const official = officialOf(known);
  const meant = (name: string) => `${HUB}/${LIBRARY}/${name}`;
  if (official.has(last))
    return [
      {
        level: 'low',
        kind: 'official-name',
        meant: meant(last),
        why: 'it is not the official image of that name',
      },
    ];
  if (known.lastParts.has(last)) return [];
  return [...official].flatMap((name) => {
    const likeness = name.length >= 5 ? likenessOf(last, name, 1) : undefined;
    if (likeness !== 'typo' && likeness !== 'same-look') return [];
    const level = name.length >= 6 ? 'medium' : 'low';
    return [{ level, kind: 'repository', meant: meant(name), why: WORDS[likeness] }];
  });
}

function officialOf(known: KnownNames): Namespace['repositories'] {
  return known.namespacesOf(HUB).get(LIBRARY)?.repositories ?? new Set();
}
