import { PratiqueError } from '../errors.ts';
import { type Finding, unlistedOf } from '../model/finding.ts';
import { printable, quoted } from '../model/printable.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import type { Verdict } from '../model/verdict.ts';
import { type BaselineEntry, parseBaseline, UNSEEN_RULE } from './baseline.ts';
import { collectFaults } from './faults.ts';

/** days for which what is found today is accepted, unless its owner writes another day */
const DAYS = 90;
const DAY = 86_400_000; // milliseconds

/** What is to be kept of some verdicts, for one owner. */
export interface BaselineWish {
  readonly judged: readonly { readonly verdict: Verdict; readonly reference?: Reference }[];
  readonly owner: string;
  readonly now: Date;
}

/** A baseline's new text, and what became of the findings. */
export interface NewBaseline {
  readonly text: string;
  readonly added: number;
  /** findings that an entry names already; one that has run out is for its owner to renew */
  readonly known: number;
  /** findings that stand for more values than are listed: an entry would accept what nobody has seen */
  readonly unlisted: number;
  /** findings of what was not looked into: they go by its name, and an entry would accept whatever takes its place */
  readonly unseen: number;
  /** of those added, how many name no image and so count for every one */
  readonly nameless: number;
}

/**
 * Adds every secret that refuses an image to a baseline. What stands in the file stays as it is, comments too.
 * @param before the text of the file; absent where there is none yet
 * @throws {PratiqueError} `POLICY_INVALID` where `before` is no baseline, or none that a list entry can be put behind
 */
export function addToBaseline(before: string | undefined, shown: string, wish: BaselineWish): NewBaseline {
  const old = before === undefined ? [] : read(before, shown);
  const known = new Set(old.map(keyOf));
  const entries = new Map<string, BaselineEntry>();
  let [knownCount, unlisted, unseen] = [0, 0, 0];
  for (const { verdict, reference } of wish.judged) {
    for (const finding of refusing(verdict)) {
      const entry = entryOf(finding, reference, wish);
      if (entry.rule === UNSEEN_RULE) unseen++;
      else if (known.has(keyOf(entry))) knownCount++;
      else if (unlistedOf(finding) > 0) unlisted++;
      else if (!entries.has(keyOf(entry))) entries.set(keyOf(entry), entry);
    }
  }
  const added = [...entries.values()];
  const text = put(before, added);
  if (parseBaseline(text, shown, collectFaults())?.length !== old.length + added.length)
    throw notAppendable(shown);
  const nameless = added.filter(({ image }) => image === undefined).length;
  return { text, added: added.length, known: knownCount, unlisted, unseen, nameless };
}

/** The text with these entries behind those that are there, as far to the right as they. */
function put(before: string | undefined, added: readonly BaselineEntry[]): string {
  const head =
    '# Findings that are known. Each is accepted until its last day, and fails again after it.\nversion: 1\n';
  if (before === undefined)
    return added.length === 0 ? `${head}entries: []\n` : `${head}entries:\n${formatAll(added, '  ')}`;
  if (added.length === 0) return before;
  const opened = before.replace(/^(entries:)[ \t]*\[\s*\](?=[ \t]*(?:#.*)?\r?$)/m, '$1');
  const [, indent = '  '] = /^entries:.*\n(?:[ \t]*(?:#.*)?\r?\n)*([ \t]*)- /m.exec(opened) ?? [];
  return `${opened.replace(/\n*$/, '\n')}${formatAll(added, indent)}`;
}

function refusing(verdict: Verdict): readonly Finding[] {
  return verdict.images
    .flatMap(({ ruled }) => ruled)
    .filter(({ outcome }) => outcome.check === 'secrets')
    .flatMap(({ findings }) => findings)
    .filter(({ level, excepted }) => level === 'fail' && excepted === undefined)
    .map(({ finding }) => finding);
}

function entryOf(
  finding: Finding,
  reference: Reference | undefined,
  { owner, now }: BaselineWish,
): BaselineEntry {
  const { path, field } = finding.where;
  const where = path ?? field;
  const today = dayOf(now.getTime());
  return {
    fingerprint: finding.fingerprint,
    rule: finding.rule,
    ...(reference === undefined ? {} : { image: repositoryOf(reference) }),
    ...(where === undefined ? {} : { where: printable(where, 300) }),
    'first-seen': today,
    reason: `known since the baseline of ${today}`,
    owner,
    until: dayOf(now.getTime() + DAYS * DAY),
  };
}

function repositoryOf({ registry, repository }: Reference): string {
  return formatReference({ registry, repository });
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

function keyOf({ rule, fingerprint, image = '' }: BaselineEntry): string {
  return `${rule} ${fingerprint} ${image}`;
}

/** Every value in double quotes, as JSON writes it: that is YAML, whatever is in it. */
function formatAll(entries: readonly BaselineEntry[], indent: string): string {
  return entries
    .map((entry) => Object.entries(entry).map(([key, value]) => `${key}: ${JSON.stringify(value)}`))
    .map((lines) => `${indent}- ${lines.join(`\n${indent}  `)}\n`)
    .join('');
}

/** @throws {PratiqueError} `POLICY_INVALID` where it is no baseline */
function read(text: string, shown: string): readonly BaselineEntry[] {
  const faults = collectFaults();
  const entries = parseBaseline(text, shown, faults);
  faults.throwIfAny();
  return entries ?? [];
}

function notAppendable(shown: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', {
    what: 'nothing can be added to this baseline',
    where: quoted(shown),
    why: 'its entries are no plain list at the end of the file',
    next: 'write to another file, or write entries: as a list in lines of its own',
  });
}
