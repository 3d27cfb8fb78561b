import { domainToUnicode } from 'node:url';
import { editDistance, isExchange, skeletonOf } from './likeness.ts';

/** How sure it is that a host imitates another. */
export interface HostLikeness {
  readonly level: 'high' | 'medium';
  readonly host: string;
  readonly why: string;
}

/** Registries that people pull from, as they are written in image names. */
export const HOSTS: readonly string[] = [
  'docker.io',
  'registry.hub.docker.com',
  'ghcr.io',
  'quay.io',
  'gcr.io',
  'k8s.gcr.io',
  'mirror.gcr.io',
  'registry.k8s.io',
  'mcr.microsoft.com',
  'public.ecr.aws',
  'nvcr.io',
  'lscr.io',
  'cgr.dev',
  'icr.io',
  'docker.elastic.co',
  'registry.gitlab.com',
  'registry.redhat.io',
  'registry.access.redhat.com',
  'registry.connect.redhat.com',
  'registry.fedoraproject.org',
  'registry.suse.com',
  'registry.opensuse.org',
  'registry.digitalocean.com',
  'container-registry.oracle.com',
  'codeberg.org',
  'code.forgejo.org',
  // the ends of hosts that every customer has one of
  'azurecr.io',
  'pkg.dev',
  'amazonaws.com',
];

/** Owned by those whose names they are like. */
const INNOCENT: ReadonlySet<string> = new Set([
  'docker.com',
  'hub.docker.com',
  'gitlab.com',
  'redhat.com',
  'scr.io',
  'ocr.io',
]);

const SHORT = 4; // letters: ghcr, quay; of these one letter more or less makes other names sooner

/** Letters of other scripts that look like ASCII ones; what a browser would show for an `xn--` host. */
const FOREIGN: Readonly<Record<string, string>> = {
  а: 'a',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  ɡ: 'g',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  ո: 'n',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  υ: 'u',
  ν: 'v',
  ԝ: 'w',
  х: 'x',
  у: 'y',
  ο: 'o',
  α: 'a',
  ι: 'i',
  ρ: 'p',
  κ: 'k',
  ı: 'i',
  ѵ: 'v',
  ɑ: 'a',
  ε: 'e',
  ѐ: 'e',
  ё: 'e',
};

/**
 * Whether a host imitates a known one. Silent for hosts that are known or below a known one (only its owner can make
 * those), for addresses and for names without a dot.
 * @param host as in a reference, with its port
 */
export function judgeHost(host: string, known: Iterable<string>, most: number): HostLikeness | undefined {
  const name = withoutPort(host);
  if (!name.includes('.') || /^[0-9.]+$|^\[/.test(name) || INNOCENT.has(name)) return undefined;
  const all = [...new Set(Array.from(known, withoutPort))];
  if (all.some((one) => name === one || name.endsWith(`.${one}`))) return undefined;
  const judged = all.flatMap((one) => compare(name, one, most) ?? []);
  return judged.find(({ level }) => level === 'high') ?? judged[0];
}

/** A port is no part of who a host is. */
function withoutPort(host: string): string {
  return host.replace(/:[0-9]+$/, '');
}

function compare(name: string, known: string, most: number): HostLikeness | undefined {
  const domain = name.split('.').slice(-known.split('.').length).join('.');
  const high = (why: string): HostLikeness => ({ level: 'high', host: known, why });
  const medium = (why: string): HostLikeness => ({ level: 'medium', host: known, why });
  for (const part of new Set([name, domain])) {
    if (skeletonOf(plainLetters(part)) === skeletonOf(known)) return high('it looks the same');
    if (isExchange(part, known)) return high('two letters have changed places');
    // `auth.dockr.io`: whoever has the domain makes every host below it.
    const isTyped = part !== name && stem(known).length > SHORT && editDistance(part, known, 1) === 1;
    if (isTyped && !INNOCENT.has(part)) return high('one letter differs');
  }
  if (swapsEnding(name, known))
    return stem(known).length < SHORT ? medium('it ends differently') : high('it ends differently');
  const edits = editDistance(name, known, most);
  if (edits === 1) return oneEdit(name, known) ?? undefined;
  if (edits <= most && stem(known).length > SHORT) return medium('two letters differ');
  if (embeds(name, known)) return medium('it has that name inside');
  return undefined;

  function oneEdit(written: string, other: string): HostLikeness | undefined {
    if (stem(other).length > SHORT) return high('one letter differs');
    // `icr.io` is not `gcr.io` mistyped; of four letters it takes more to be somebody else.
    if (written.length === other.length)
      return stem(other).length < SHORT ? undefined : medium('one letter differs');
    return medium('one letter is missing or too many');
  }
}

/** `ghcr.com` for `ghcr.io`. */
function swapsEnding(name: string, known: string): boolean {
  const cut = (host: string) => host.slice(0, host.lastIndexOf('.'));
  return cut(name) === cut(known) && cut(known).length >= 3;
}

/** `ghcr.io.example.com`, `ghcr-io.example.com`: what stands in front is read first. */
function embeds(name: string, known: string): boolean {
  if (known.split('.').length > 2 && !name.startsWith(`${known}.`)) return false;
  const dashed = known.replaceAll('.', '-');
  return name.startsWith(`${known}.`) || name.split('.').some((label) => label === dashed);
}

/** The longest label of a host but its ending: `docker` of `docker.io`. */
function stem(host: string): string {
  const labels = host.split('.').slice(0, -1);
  return labels.reduce((longest, label) => (label.length > longest.length ? label : longest), '');
}

function plainLetters(host: string): string {
  if (!host.includes('xn--')) return host;
  const shown = domainToUnicode(host) || host;
  return [...shown.normalize('NFKD').replace(/\p{M}/gu, '')]
    .map((letter) => FOREIGN[letter] ?? letter)
    .join('');
}
