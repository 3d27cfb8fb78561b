// How often the lookalike check takes a known, legitimate name for an imitation, and an imitation for what it is:
// node bench/lookalikes.ts
import { judgeName } from '../src/checks/name/likeness/judge-name.ts';
import { orderNames } from '../src/checks/name/likeness/known-names.ts';
import { parseReference, type Reference } from '../src/model/reference.ts';
import { knownImages } from '../src/policy/known-images.ts';

const all = knownImages();
const namespaceOf = ({ registry, repository }: Reference) => `${registry}/${repository.split('/')[0]}`;

/** Each name is judged by a list that knows nothing of its namespace. */
function heldOut(): void {
  const tally: Record<string, string[]> = { high: [], medium: [], low: [], silent: [] };
  for (const namespace of new Set(all.map(namespaceOf))) {
    const known = orderNames(all.filter((one) => namespaceOf(one) !== namespace));
    for (const reference of all.filter((one) => namespaceOf(one) === namespace)) {
      const found = judgeName(reference, known, 1);
      const text = `${reference.registry}/${reference.repository}`;
      tally[found?.level ?? 'silent']?.push(
        found === undefined ? text : `${text} ~ ${found.meant} (${found.kind})`,
      );
    }
  }
  for (const [level, names] of Object.entries(tally)) {
    console.log(
      `held out by namespace: ${level} ${names.length} of ${all.length} (${((100 * names.length) / all.length).toFixed(2)} %)`,
    );
    if (level === 'high' || level === 'medium') for (const name of names) console.log(`  ${name}`);
  }
}

/** The whole list by itself: every name is known, so nothing may be found. */
function itself(): void {
  const known = orderNames(all);
  const found = all.filter((one) => judgeName(one, known, 1) !== undefined).length;
  console.log(`the list by itself: ${found} of ${all.length} found`);
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const EDITS: Readonly<Record<string, (text: string, at: number) => string>> = {
  exchange: (text, at) => text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2),
  omit: (text, at) => text.slice(0, at) + text.slice(at + 1),
  repeat: (text, at) => text.slice(0, at) + (text[at] ?? '') + text.slice(at),
  replace: (text, at) =>
    text.slice(0, at) + (LETTERS[(text.charCodeAt(at) * 7) % 26] ?? 'x') + text.slice(at + 1),
};

function imitations(
  what: string,
  of: (one: Reference) => boolean,
  make: (one: Reference, edit: (text: string) => string) => string,
): void {
  const known = orderNames(all);
  for (const [name, edit] of Object.entries(EDITS)) {
    let tried = 0;
    let caught = 0;
    for (const one of all.filter(of)) {
      const text = make(one, (part) => edit(part, Math.floor(part.length / 2) - 1));
      let reference: Reference;
      try {
        reference = parseReference(text);
      } catch {
        continue;
      }
      const same = known.has(`${reference.registry}/${reference.repository}`);
      const own = reference.registry === one.registry && namespaceOf(reference) === namespaceOf(one);
      if (same || own) continue;
      tried += 1;
      const level = judgeName(reference, known, 1)?.level;
      if (level === 'high' || level === 'medium') caught += 1;
    }
    console.log(
      `imitations, ${what}, ${name}: ${caught} of ${tried} at medium or high (${((100 * caught) / tried).toFixed(1)} %)`,
    );
  }
}

const onHub = ({ registry }: Reference) => registry === 'docker.io';
const isOfficial = (one: Reference) => namespaceOf(one) === 'docker.io/library';

heldOut();
itself();
imitations('namespace', onHub, ({ registry, repository }, edit) => {
  const [namespace = '', ...rest] = repository.split('/');
  return `${registry}/${edit(namespace)}/${rest.join('/')}`;
});
imitations('host', onHub, ({ repository }, edit) => `${edit('docker')}.io/${repository}`);
imitations(
  'official name under an unknown publisher',
  isOfficial,
  ({ repository }, edit) => `docker.io/somebodyelse/${edit(repository.split('/').at(-1) ?? '')}`,
);
