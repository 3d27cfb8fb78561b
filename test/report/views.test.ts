import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/model/verdict.ts';
import type { Format } from '../../src/report/format-names.ts';
import { FORMATS } from '../../src/report/formats.ts';
import { cellsOf } from '../../src/report/terminal/columns.ts';
import { renderTerminal } from '../../src/report/terminal/terminal.ts';
import { dangersIn, hostileVerdict, withoutColours } from '../support/arbitrary-verdicts.ts';
import {
  failed,
  refusedVerdict,
  sampleFinding,
  sampleVerdict,
  sampleVerdicts,
} from '../support/sample-verdicts.ts';

const NAMES = Object.keys(FORMATS) as Format[];
const OPTIONS = { colour: false, width: 100, verbose: true };
const hostile = fc.array(hostileVerdict, { maxLength: 3 });

interface Said {
  readonly result: string;
  readonly findings: number;
  readonly enforced: number;
  readonly warned: number;
  readonly demoted: number;
  readonly excepted: number;
}

function saidByText(verdict: Verdict): Said {
  const [line = ''] = renderTerminal([verdict], { colour: false, width: 100, quiet: true }).split('\n');
  const words = line.slice(
    line.lastIndexOf(' · ', line.search(/(?:no|[\d,]+) findings?(?: so far)?(?:: | · |$)/)),
  );
  const figure = (pattern: RegExp) => Number(pattern.exec(words)?.[1]?.replaceAll(',', '') ?? 0);
  return {
    result: (line.split(' ')[1] ?? '').toLowerCase(),
    findings: figure(/(\d+) findings?/),
    enforced: figure(/(\d+) enforced/),
    warned: figure(/(\d+) warned/),
    demoted: figure(/(\d+) demoted/),
    excepted: figure(/(\d+) excepted/),
  };
}

function saidByJson(verdict: Verdict): Said {
  const { result, counts } = JSON.parse(FORMATS.json([verdict], OPTIONS)).verdicts[0];
  const { findings, enforced, warned, demoted, excepted } = counts;
  return { result, findings, enforced, warned, demoted, excepted };
}

function saidBySarif(verdict: Verdict): Said {
  const [run] = JSON.parse(FORMATS.sarif([verdict], OPTIONS)).runs;
  const results: { ruleId: string; level: string; suppressions: unknown[] }[] = run.results;
  const found = results.filter(({ ruleId }) => ruleId !== 'pratique.unfinished');
  const count = (level: string) =>
    found.filter((one) => one.level === level && one.suppressions.length === 0).length;
  return {
    result: run.properties.result,
    findings: found.length,
    enforced: count('error'),
    warned: count('warning'),
    demoted: count('note'),
    excepted: found.filter(({ suppressions }) => suppressions.length > 0).length,
  };
}

describe.each(NAMES)('the view %s', (name) => {
  test.each([40, 80, 120])('holds nothing that a terminal or a CI log could obey, at width %i', (width) => {
    fc.assert(
      fc.property(hostile, fc.boolean(), fc.boolean(), fc.boolean(), (verdicts, colour, verbose, quiet) => {
        const text = FORMATS[name](verdicts, { colour, width, verbose, quiet });
        expect(dangersIn(withoutColours(text))).toEqual([]);
        expect(text.endsWith('\n')).toBe(true);
      }),
      { numRuns: 80 },
    );
  });

  test('has no escape at all where no colour was asked for', () => {
    fc.assert(
      fc.property(hostile, (verdicts) => !FORMATS[name](verdicts, OPTIONS).includes('\u001b')),
      { numRuns: 80 },
    );
  });

  test('is the same text for the same verdicts', () => {
    fc.assert(
      fc.property(
        hostile,
        (verdicts) => FORMATS[name](verdicts, OPTIONS) === FORMATS[name]([...verdicts], OPTIONS),
      ),
      { numRuns: 30 },
    );
  });

  test('says on which earlier verdict one rests, and of no other that it does', () => {
    const decidedAt = '2001-02-03T04:05:06.000Z';
    const { ruleSet: attestation } = sampleVerdict();
    const reused = { signer: 'gate', decidedAt, validUntil: '2001-02-10T04:05:06.000Z', attestation };
    expect(FORMATS[name]([sampleVerdict({ reused })], { ...OPTIONS, verbose: false })).toContain(decidedAt);
    expect(FORMATS[name]([sampleVerdict()], OPTIONS)).not.toContain('on the verdict of');
  });

  test('leaves out what a build step or the cause of a fault holds of secrets', () => {
    const secret = ['ghp', 'x7Kq9'.repeat(7)].join('_');
    const base = sampleFinding();
    const createdBy = `RUN /bin/sh -c TOKEN=hunter2 curl -u bob:hunter2 https://bob:hunter2@example.com/${secret}`;
    const layer = { index: 2, digest: base.where.layer?.digest ?? sampleVerdict().ruleSet, createdBy };
    const found = sampleFinding({ where: { ...base.where, layer } });
    const verdict = sampleVerdict({ result: 'refused', images: [{ ruled: [failed('secrets', [found])] }] });
    const text = FORMATS[name]([verdict], OPTIONS);
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/TOKEN=hunter2|:hunter2@/);
    expect(text).toContain('example.com');
  });
});

test('a line of the terminal view never starts with foreign text', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 0, max: 200 }), (verdicts, width) => {
      const lines = renderTerminal(verdicts, { colour: false, width, verbose: true }).split('\n');
      const odd = lines.filter(
        (line) => !/^(?:╭─ |├─ |│|╰─ |$|\d+ images: |No image was checked)/.test(line),
      );
      expect(odd).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('no line of a card is wider than the terminal, but for the one to be copied', () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom(40, 60, 80, 100), (verdicts, width) => {
      const lines = renderTerminal(verdicts, { colour: false, width }).split('\n');
      expect(lines.filter((line) => cellsOf(line) > width && /^[╭├│]/.test(line))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

describe('all views agree', () => {
  test('on the result and the findings of the samples', () => {
    for (const verdict of sampleVerdicts()) {
      expect(saidByText(verdict)).toEqual(saidByJson(verdict));
      expect(saidBySarif(verdict)).toEqual(saidByJson(verdict));
    }
    expect(saidByJson(refusedVerdict())).toEqual({
      result: 'refused',
      findings: 4,
      enforced: 2,
      warned: 1,
      demoted: 0,
      excepted: 1,
    });
  });

  test('on whatever verdict there may be', () => {
    fc.assert(
      fc.property(hostileVerdict, (hostileOne) => {
        const verdict = { ...hostileOne, name: 'ghcr.io/acme/shop:1' }; // so that the words can be told from the name
        expect(saidByText(verdict)).toEqual(saidByJson(verdict));
        expect(saidBySarif(verdict)).toEqual(saidByJson(verdict));
      }),
      { numRuns: 150 },
    );
  });

  test('that a finding said of two platforms alike is one', () => {
    const named = failed('name.lookalike', [sampleFinding({ where: {} })]);
    const verdict = sampleVerdict({
      result: 'refused',
      images: [
        { platform: 'linux/amd64', ruled: [named] },
        { platform: 'linux/arm64', ruled: [named] },
      ],
    });
    expect(saidByText(verdict).findings).toBe(1);
    expect(saidByJson(verdict).findings).toBe(1);
    expect(saidBySarif(verdict).findings).toBe(1);
  });
});
