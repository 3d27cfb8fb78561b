import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Hit } from '../src/scan/rule.ts';

/** A labelled text. `rule` is the rule of the tool that it was made for: a text may be clean for that rule alone. */
interface Example {
  readonly rule: string;
  readonly provider: string;
  readonly text: string;
  readonly expect: 'hit' | 'clean';
}

/** How examples of one kind came out. */
export interface Tally {
  hits: number;
  found: number;
  clean: number;
  flagged: number;
}

/** What labelled examples say of the rules. */
export interface Measured {
  readonly byProvider: ReadonlyMap<string, Tally>;
  /** over all rows, as they are labelled */
  readonly all: Tally;
  /** the same, but only of providers of which anything was found */
  readonly touched: Tally;
  /** over rows that hold a secret at all, and clean rows that no other row contradicts */
  readonly sound: Tally;
}

/** By the id of a rule whose hits are hosts, names, ids and public values by its own name or form: why they are no secrets. */
const WITHOUT_SECRETS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('rules-without-secrets.json', import.meta.url), 'utf8'),
);

/**
 * Measures recall and false alarms.
 * @param path of lines of JSON, gzip
 * @param scan tells what is found in a text
 */
export function measureExamples(path: string, scan: (text: string) => readonly Hit[]): Measured {
  const rows = readExamples(path).map((example) => ({ example, found: scan(example.text).map(identityOf) }));
  const called = rows.filter(({ example }) => example.expect === 'hit');
  const texts = new Set(called.map(({ example }) => example.text));
  const values = new Set(called.flatMap(({ found }) => found));
  const byProvider = new Map<string, Tally>();
  const [all, touched, sound] = [newTally(), newTally(), newTally()];
  for (const { example, found } of rows) {
    const { provider, expect, rule, text } = example;
    const tally = byProvider.get(provider) ?? newTally();
    byProvider.set(provider, tally);
    const isContradicted = texts.has(text) || (found.length > 0 && found.every((value) => values.has(value)));
    const isSound = expect === 'hit' ? !Object.hasOwn(WITHOUT_SECRETS, rule) : !isContradicted;
    for (const sum of isSound ? [tally, all, sound] : [tally, all]) count(sum, expect, found.length > 0);
  }
  for (const tally of byProvider.values()) if (tally.found > 0) addTally(touched, tally);
  return { byProvider, all, touched, sound };
}

function readExamples(path: string): readonly Example[] {
  const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Example);
}

function identityOf({ rule, fingerprint }: Hit): string {
  return `${rule} ${fingerprint}`;
}

function newTally(): Tally {
  return { hits: 0, found: 0, clean: 0, flagged: 0 };
}

function count(sum: Tally, expect: Example['expect'], isFound: boolean): void {
  if (expect === 'hit') sum.hits++;
  else sum.clean++;
  if (isFound && expect === 'hit') sum.found++;
  if (isFound && expect === 'clean') sum.flagged++;
}

function addTally(sum: Tally, { hits, found, clean, flagged }: Tally): void {
  sum.hits += hits;
  sum.found += found;
  sum.clean += clean;
  sum.flagged += flagged;
}
