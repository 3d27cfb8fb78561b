// How often the lookalike check takes a legitimate name for an imitation, and an imitation for what it is:
// npm run bench:names [-- --write]      exit code 1 where a figure falls short
import { writeFileSync } from 'node:fs';
import { domainToASCII } from 'node:url';
import { HOSTS } from '../src/checks/name/likeness/judge-host.ts';
import { judgeName } from '../src/checks/name/likeness/judge-name.ts';
import { orderNames } from '../src/checks/name/likeness/known-names.ts';
import { parseReference, type Reference } from '../src/model/reference.ts';
import { knownImages } from '../src/policy/known-images.ts';

const MOST_HIGH = 0.003; // of the known names, each judged by a list without its namespace
const MOST_MEDIUM = 0.005;
const LEAST_FOUND = 0.95; // of the imitations, at medium or high

const all = knownImages();
const known = orderNames(all);
const namespaceOf = ({ registry, repository }: Reference) => `${registry}/${repository.split('/')[0]}`;
const nameOf = ({ registry, repository }: Reference) => `${registry}/${repository}`;

/** Each name is judged by a list that knows nothing of its namespace, as a legitimate one that is not in the list. */
function heldOut(): ReadonlyMap<string, readonly string[]> {
  const tally = new Map<string, string[]>(['high', 'medium', 'low', 'silent'].map((level) => [level, []]));
  for (const [namespace, names] of Map.groupBy(all, namespaceOf)) {
    const others = orderNames(all.filter((one) => namespaceOf(one) !== namespace));
    for (const reference of names) {
      const found = judgeName(reference, others, 1);
      const told = found === undefined ? '' : ` ~ ${found.meant} (${found.kind})`;
      tally.get(found?.level ?? 'silent')?.push(nameOf(reference) + told);
    }
  }
  return tally;
}

/** The keys around each on an American keyboard. */
const ROWS = ['1234567890-', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

function neighboursOf(letter: string): readonly string[] {
  const row = ROWS.findIndex((keys) => keys.includes(letter));
  const at = ROWS[row]?.indexOf(letter) ?? -1;
  if (at < 0) return [];
  const around = [ROWS[row]?.[at - 1], ROWS[row]?.[at + 1], ROWS[row - 1]?.[at], ROWS[row + 1]?.[at]];
  return around.flatMap((key) => key ?? []);
}

/** What looks like a letter, or like two. */
const LIKE: Readonly<Record<string, readonly string[]>> = {
  ...{
    o: ['0'],
    0: ['o'],
    l: ['1', 'i'],
    1: ['l'],
    i: ['l', '1'],
    s: ['5'],
    5: ['s'],
    m: ['rn'],
    w: ['vv'],
    d: ['cl'],
  },
};

/** Every text that one error of a kind makes of another. */
const EDITS: Readonly<Record<string, (text: string) => readonly string[]>> = {
  'a letter left out': (text) => each(text, (before, _letter, after) => [before + after]),
  'a letter twice': (text) => each(text, (before, letter, after) => [before + letter + letter + after]),
  'two letters exchanged': (text) =>
    each(text, (before, letter, after) =>
      after === '' ? [] : [before + (after[0] ?? '') + letter + after.slice(1)],
    ),
  'the key beside it': (text) =>
    each(text, (before, letter, after) => neighboursOf(letter).map((key) => before + key + after)),
  'a key beside it, too': (text) =>
    each(text, (before, letter, after) => neighboursOf(letter).map((key) => before + letter + key + after)),
  'a letter that looks the same': (text) =>
    each(text, (before, letter, after) => (LIKE[letter] ?? []).map((like) => before + like + after)),
};

function each(
  text: string,
  make: (before: string, letter: string, after: string) => readonly string[],
): readonly string[] {
  return [...text].flatMap((letter, at) => make(text.slice(0, at), letter, text.slice(at + 1)));
}

interface Tried {
  readonly what: string;
  readonly edit: string;
  readonly tried: number;
  readonly found: number;
  readonly missed: readonly string[];
}

/** @param made every imitation of a name by one kind of error, as a text */
function imitate(
  what: string,
  of: readonly Reference[],
  made: (one: Reference, edit: (text: string) => readonly string[]) => readonly string[],
): readonly Tried[] {
  return Object.entries(EDITS).map(([edit, make]) => ({
    ...tryOut(new Set(of.flatMap((one) => made(one, make)))),
    what,
    edit,
  }));
}

function tryOut(texts: ReadonlySet<string>): Pick<Tried, 'tried' | 'found' | 'missed'> {
  const names = [...texts].flatMap((text) => readable(text)).filter(isStrange);
  const missed = names.filter((one) => !['high', 'medium'].includes(judgeName(one, known, 1)?.level ?? ''));
  return { tried: names.length, found: names.length - missed.length, missed: missed.map(nameOf) };
}

/** An error may make a text that no image can be called. */
function readable(text: string): readonly Reference[] {
  try {
    return [parseReference(text)];
  } catch {
    return [];
  }
}

/** An error may lead to another legitimate publisher, or stay below a host whose owner alone makes hosts there. */
function isStrange(one: Reference): boolean {
  const [namespace = ''] = one.repository.split('/');
  if (HOSTS.some((host) => one.registry.endsWith(`.${host}`))) return false;
  return !known.has(nameOf(one)) && !known.namespacesOf(one.registry).has(namespace);
}

const inNamespace = all.filter(
  (one) =>
    ['docker.io', 'ghcr.io', 'quay.io'].includes(one.registry) && !one.repository.startsWith('library/'),
);
const official = all.filter((one) => namespaceOf(one) === 'docker.io/library');
const oneForEachHost = [...Map.groupBy(all, ({ registry }) => registry).values()].flatMap(
  ([one]) => one ?? [],
);
const results = [
  ...imitate('namespace', inNamespace, ({ registry, repository }, edit) => {
    const [namespace = '', ...rest] = repository.split('/');
    return edit(namespace).map((typed) => `${registry}/${typed}/${rest.join('/')}`);
  }),
  ...imitate('host', oneForEachHost, ({ registry, repository }, edit) =>
    edit(registry).map((typed) => `${typed}/${repository}`),
  ),
  ...imitate('library', official, ({ repository }, edit) =>
    edit('library').map((typed) => `docker.io/${typed}/${repository.split('/')[1] ?? ''}`),
  ),
];

/** Other ways to imitate, for which no figure is demanded: some of them are names that anybody may well have. */
const others: readonly Tried[] = [
  other('namespace', 'another separator, or none', inNamespace, ({ registry, repository }) => {
    const [namespace = '', ...rest] = repository.split('/');
    const typed = [namespace.replace(/[._-]/g, ''), namespace.replace('-', '_'), namespace.replace('_', '-')];
    return typed.filter((one) => one !== namespace).map((one) => `${registry}/${one}/${rest.join('/')}`);
  }),
  other('namespace', 'a word put on', inNamespace, ({ registry, repository }) => {
    const [namespace = '', ...rest] = repository.split('/');
    return [
      `${namespace}-official`,
      `official-${namespace}`,
      `${namespace}inc`,
      `${namespace}-io`,
      `${namespace}1`,
    ].map((one) => `${registry}/${one}/${rest.join('/')}`);
  }),
  other('host', 'another ending', oneForEachHost, ({ registry, repository }) =>
    ['com', 'co', 'net', 'org', 'dev', 'app', 'cloud'].map(
      (end) => `${registry.replace(/[^.]+$/, end)}/${repository}`,
    ),
  ),
  other('host', 'as the beginning of another', oneForEachHost, ({ registry, repository }) =>
    [`${registry}.example.com`, `${registry.replaceAll('.', '-')}.example.com`].map(
      (host) => `${host}/${repository}`,
    ),
  ),
  other('host', 'a letter of another script (xn--)', oneForEachHost, ({ registry, repository }) =>
    [...registry].flatMap((letter, at) => {
      const foreign = { a: 'а', c: 'с', e: 'е', i: 'і', o: 'о', p: 'р', s: 'ѕ', x: 'х', y: 'у', k: 'к' }[
        letter
      ];
      const host =
        foreign === undefined ? '' : domainToASCII(registry.slice(0, at) + foreign + registry.slice(at + 1));
      return host === '' ? [] : [`${host}/${repository}`];
    }),
  ),
  other('library', 'on another open registry', official, ({ repository }) =>
    ['ghcr.io', 'quay.io', 'registry.gitlab.com', 'public.ecr.aws'].map((host) => `${host}/${repository}`),
  ),
  other('official name', 'mistyped, under an unknown publisher', official, ({ repository }) =>
    (EDITS['a letter left out']?.(repository.split('/')[1] ?? '') ?? []).map(
      (typed) => `docker.io/somebodyelse/${typed}`,
    ),
  ),
];

function other(
  what: string,
  edit: string,
  of: readonly Reference[],
  make: (one: Reference) => readonly string[],
): Tried {
  return { ...tryOut(new Set(of.flatMap(make))), what, edit };
}

const tally = heldOut();
const share = (level: string) => (tally.get(level)?.length ?? all.length) / all.length;
const isEnough = ({ tried, found }: Tried) => found >= LEAST_FOUND * tried && tried > 0;
const short = [
  ...results.filter((one) => !isEnough(one)).map(({ what, edit }) => `${what}, ${edit}: too few are found`),
  ...(all.some((one) => judgeName(one, known, 1) !== undefined) ? ['a known name is found'] : []),
  ...(share('high') > MOST_HIGH ? ['too many known names are high'] : []),
  ...(share('medium') > MOST_MEDIUM ? ['too many known names are medium'] : []),
];
const report = reportOf();
console.log(report);
if (process.argv.includes('--missed'))
  for (const { what, edit, missed } of [...results, ...others]) console.log(what, edit, missed.slice(0, 20));
for (const one of short) console.error(one);
if (process.argv.includes('--write'))
  writeFileSync(new URL('../docs/measured/names.md', import.meta.url), report);
process.exitCode = short.length === 0 ? 0 : 1;

function reportOf(): string {
  const percent = (part: number, of: number) => `${((100 * part) / of).toFixed(of > 999 ? 2 : 1)} %`;
  const row = ({ what, edit, tried, found }: Tried) =>
    `| ${what}, ${edit} | ${tried} | ${found} | ${percent(found, tried)} |`;
  const level = (name: string) => tally.get(name) ?? [];
  const table = (title: string, rows: readonly Tried[]) =>
    [`| ${title} | tried | at medium or high | |`, '|---|---|---|---|', ...rows.map(row)].join('\n');
  return `# Measured: lookalikes of names

Made by \`npm run bench:names -- --write\` on ${new Date().toISOString().slice(0, 10)}; Node ${process.version}.

## Legitimate names

The ${all.length} names of \`allowlists/known-images.tsv\`, each judged by the list without its namespace: it knows nothing of the
publisher, as of one who is not in the list. At most ${100 * MOST_HIGH} % may be high and ${100 * MOST_MEDIUM} % medium. Judged by the whole list none is
found.

| level | names | |
|---|---|---|
${['high', 'medium', 'low', 'silent'].map((name) => `| ${name} | ${level(name).length} | ${percent(level(name).length, all.length)} |`).join('\n')}

High and medium are:

${[...level('high'), ...level('medium')].map((name) => `- \`${name.replace(' ~ ', '` for `').replace(/ \((.*)\)$/, '` ($1)')}`).join('\n')}

## Imitations

Every text that one error makes of a known namespace (docker.io, ghcr.io, quay.io), of a host and of \`library\`. Left out is what
no image can be called, what is another known name, and what stays below a host whose owner alone makes hosts there.
At least ${100 * LEAST_FOUND} % of each kind must be found.

${table('one error', results)}

For these no figure is demanded; some of them anybody may well have.

${table('other ways', others)}

The errors are made by the same taxonomy that the check was written by, so the figures say that it does what it says, and not how
many imitations there are. Of known malicious images most imitate nobody: \`sources\` decides who may publish.
`;
}
