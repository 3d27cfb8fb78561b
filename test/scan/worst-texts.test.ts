import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WorstText, worstTextsOf, writeOut } from '../../bench/worst-texts.ts';
import { prepareRules } from '../../src/scan/prepared-rules.ts';
import { RULE_SET } from '../../src/scan/rule-set.ts';
import { makeScanner, scanPieces } from './scan-text.ts';

const BYTES = 6000;
/** Texts of which one is read: all of them take half a minute, and those of one rule are much alike. */
const EVERY = 13;
/** What a pattern does with 1 KB: how often it is run, and letters that its matches hold. Both are the same on any machine. */
const MOST_RUNS = 300;
const MOST_LETTERS = 8000;
/** Runs of a pattern that may begin before its keyword: one for each of a few places. */
const MOST_RUNS_AROUND = 700;

interface Work {
  runs: number;
  letters: number;
}

/** Texts that were slow once, each for a reason of its own. */
const ONCE_SLOW: readonly (readonly [rule: string, unit: string])[] = [
  ['persistence.fetch-run-curl', 'curl '],
  ['persistence.fetch-number-wget', 'wget '],
  ['persistence.fetch-number-curl', 'curl http://'],
  ['secrets.command-password', 'curl -"'],
  ['wallet.option-u', ' -u'],
  ['persistence.fetch-run-base64', 'base64 -'],
  ['secrets.named-secret', 'password='],
  ['secrets.encoded-private-key', `${['MHcCAQ', 'EEIE'].join('')}\n`],
  ['secrets.encoded-keystore', `${['MIIBZQIB', 'AzCCAQ8'].join('')}\n`],
  ['secrets.encoded-keystore', `${['/u3+7QAA', 'AAIAAAA'].join('')} `],
  ['secrets.twitter-key', 'twitter_consumer_key" : "8YVN4YdfvPUiGTf7 '],
];

describe('the work that is done on a text made to be slow', () => {
  const shipped = new Set(
    prepareRules(RULE_SET).keywords.flatMap(({ targets }) =>
      targets.flatMap(({ run }) => run?.().pattern.source ?? []),
    ),
  );
  const around = new Set<string>(RULE_SET.secrets.flatMap(({ id, before = 0 }) => (before > 0 ? [id] : [])));
  const scanner = makeScanner();
  const { exec } = RegExp.prototype;
  let work: Work = { runs: 0, letters: 0 };

  beforeAll(() => {
    RegExp.prototype.exec = function count(this: RegExp, text: string) {
      const match = exec.call(this, text);
      if (shipped.has(this.source)) {
        work.runs++;
        work.letters += match?.[0].length ?? 0;
      }
      return match;
    };
  });
  afterAll(() => {
    RegExp.prototype.exec = exec;
  });

  function workOn(text: WorstText): Work {
    work = { runs: 0, letters: 0 };
    scanPieces(scanner, [writeOut(text, BYTES)], { path: '.env' });
    return { runs: (work.runs * 1000) / BYTES, letters: (work.letters * 1000) / BYTES };
  }

  function tooMuch(texts: readonly WorstText[]): readonly string[] {
    return texts.flatMap((text) => {
      const { runs, letters } = workOn(text);
      const most = around.has(text.rule) ? MOST_RUNS_AROUND : MOST_RUNS;
      const isTooMuch = runs > most || letters > MOST_LETTERS;
      return isTooMuch
        ? [`${text.rule}, ${text.how}: ${runs.toFixed(0)} runs, ${letters.toFixed(0)} letters`]
        : [];
    });
  }

  it('is counted', () => {
    const { runs, letters } = workOn({ of: 'secret', rule: 'any', unit: 'password=Night7-Quay ', how: '' });
    expect(runs).toBeGreaterThan(10);
    expect(letters).toBeGreaterThan(100);
  });

  it('is bounded for texts that were slow once', () => {
    expect(tooMuch(ONCE_SLOW.map(([rule, unit]) => ({ of: 'secret', rule, unit, how: unit })))).toEqual([]);
  });

  it('is bounded for each rule and each sign of a miner', () => {
    const texts = worstTextsOf(RULE_SET);
    expect(new Set(texts.map(({ rule }) => rule)).size).toBeGreaterThan(1000);
    expect(tooMuch(texts.filter((_, index) => index % EVERY === 0))).toEqual([]);
  });
});
