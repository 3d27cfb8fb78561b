import { createCipheriv } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareRules } from '../../src/scan/prepared-rules.ts';
import type { SecretRule } from '../../src/scan/rule.ts';
import { makeRuleSet, RULE_SET } from '../../src/scan/rule-set.ts';
import { makeScanner, scanPieces } from './scan-text.ts';

/** Folders of texts that are here after `npm ci`: programs, manuals and types of others. Our own rules name services in each line. */
const FOLDERS = [
  'docs',
  'node_modules/@types',
  'node_modules/undici',
  'node_modules/yaml',
  'node_modules/zod',
];
const TEXTS = /\.(?:ts|cts|mts|js|cjs|mjs|md|json)$/;
const MOST_TEXT_BYTES = 5e6;
/** Pieces of a large program, from end to end: the one that runs this. */
const PIECES = 16;
const PIECE_BYTES = 256 * 1024;

/** for each MB: patterns that are run, of all rules and signs together; no more keywords than that are left after looking at bytes */
const MOST_RUNS = 100;
/** for each MB: keywords that are met, whatever stands around them; an automaton tells of them, and bytes then rule most out */
const MOST_HITS = 2500;
/** for each MB: how often any one keyword is met */
const MOST_HITS_OF_ONE = 90;
/** Words that every text has, and why they may be keywords. */
const COMMON: ReadonlyMap<string, readonly [most: number, why: string]> = new Map([
  ['https://', [700, 'a login may stand in any address; bytes tell where its host is over']],
  ['http://', [200, 'the same']],
  ['github', [300, 'the name of a service']],
  ['address', [300, 'of a wallet, in the settings of a miner']],
  ['omise', [600, 'the name of a service, and the end of a promise: the byte before it tells']],
  ['key:', [250, 'a value that is named as a secret']],
  ['token"', [150, 'the same']],
  ['aqeb', [400, 'how a token begins, and many a text in base64; its capitals tell']],
  ['abia', [150, 'the same']],
  ['eaaa', [300, 'the same; programs of some versions have it in rows of instructions']],
]);

interface Counts {
  readonly bytes: number;
  readonly runs: number;
  readonly hits: number;
  /** by keyword */
  readonly hitsOf: ReadonlyMap<string, number>;
}

function* textsUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* textsUnder(path);
    else if (entry.isFile() && TEXTS.test(entry.name)) yield path;
  }
}

function readTexts(): readonly Buffer[] {
  const root = new URL('../..', import.meta.url).pathname;
  const texts: Buffer[] = [];
  let bytes = 0;
  for (const path of FOLDERS.flatMap((folder) => [...textsUnder(join(root, folder))])) {
    if (bytes >= MOST_TEXT_BYTES) break;
    const text = readFileSync(path);
    bytes += text.length;
    texts.push(text);
  }
  return texts;
}

function readProgram(): readonly Buffer[] {
  const file = openSync(process.execPath, 'r');
  try {
    const { size } = fstatSync(file);
    return Array.from({ length: PIECES }, (_, index) => {
      const piece = Buffer.alloc(PIECE_BYTES);
      readSync(file, piece, 0, PIECE_BYTES, Math.floor((size * index) / PIECES));
      return piece;
    });
  } finally {
    closeSync(file);
  }
}

/** The same ones each time. */
function randomBytes(count: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(count));
}

const CORPORA: Readonly<Record<string, () => readonly Buffer[]>> = {
  texts: readTexts,
  'a program': readProgram,
  'random bytes': () => [randomBytes(1e6)],
  'random bytes in base64': () => [Buffer.from(randomBytes(1e6).toString('base64'))],
  'random bytes in hex': () => [Buffer.from(randomBytes(1e6).toString('hex'))],
};

describe('what keywords cost on bytes as they are', () => {
  const { exec } = RegExp.prototype;
  const counts = new Map<string, Counts>();
  let runs = 0;

  beforeAll(() => {
    const { keywords } = prepareRules(RULE_SET);
    const shipped = new Set(
      keywords.flatMap(({ targets }) => targets.flatMap(({ run }) => run?.().pattern.source ?? [])),
    );
    RegExp.prototype.exec = function count(this: RegExp, text: string) {
      if (shipped.has(this.source)) runs++;
      return exec.call(this, text);
    };
    for (const [name, read] of Object.entries(CORPORA)) counts.set(name, countIn(read()));
  });
  afterAll(() => {
    RegExp.prototype.exec = exec;
  });

  function countIn(files: readonly Buffer[]): Counts {
    const { matcher, keywords } = prepareRules(RULE_SET);
    const scanner = makeScanner();
    const hitsOf = new Map<string, number>();
    let [bytes, hits] = [0, 0];
    runs = 0;
    for (const file of files) {
      bytes += file.length;
      scanPieces(scanner, [file]);
      matcher.scan(file, 0, file.length, matcher.start, (index) => {
        hits++;
        if (keywords[index]?.wide === true) return;
        const keyword = Buffer.from(matcher.keywords[index] ?? []).toString('latin1');
        hitsOf.set(keyword, (hitsOf.get(keyword) ?? 0) + 1);
      });
    }
    return { bytes, runs, hits, hitsOf };
  }

  function tooOften(of: Counts): readonly string[] {
    return [...of.hitsOf].flatMap(([keyword, hits]) => {
      const each = hits / (of.bytes / 1e6);
      const [most] = COMMON.get(keyword) ?? [MOST_HITS_OF_ONE];
      return each > most ? [`${keyword}: ${each.toFixed(0)}`] : [];
    });
  }

  it('is measured over millions of bytes, in which keywords are met and patterns run', () => {
    const { bytes, runs: ran, hits } = counts.get('texts') as Counts;
    expect(bytes).toBeGreaterThan(4e6);
    expect(ran).toBeGreaterThan(50);
    expect(hits).toBeGreaterThan(1000);
  });

  it.each(Object.keys(CORPORA))('is no more than a hundred runs of patterns for each MB of %s', (name) => {
    const { bytes, runs: ran, hits } = counts.get(name) as Counts;
    expect(ran / (bytes / 1e6)).toBeLessThanOrEqual(MOST_RUNS);
    expect(hits / (bytes / 1e6)).toBeLessThanOrEqual(MOST_HITS);
  });

  it.each(Object.keys(CORPORA))(
    'is no keyword that is common in %s, but those that are named here',
    (name) => {
      expect(tooOften(counts.get(name) as Counts)).toEqual([]);
    },
  );

  it('is too much for a rule that looks for a common word', () => {
    const [any] = RULE_SET.secrets as [SecretRule];
    const pattern = /function[^\n]{0,40}?(?<secret>[a-z]{4})/;
    const { matcher } = prepareRules(makeRuleSet([{ ...any, keywords: ['function'], pattern }], []));
    let hits = 0;
    for (const text of readTexts()) matcher.scan(text, 0, text.length, matcher.start, () => hits++);
    expect(hits / ((counts.get('texts') as Counts).bytes / 1e6)).toBeGreaterThan(MOST_HITS_OF_ONE);
  });
});
