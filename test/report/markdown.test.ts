import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/model/verdict.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { codeText, proseText } from '../../src/report/markdown-text.ts';
import { hostileText, hostileVerdict } from '../support/arbitrary-verdicts.ts';
import {
  admittedVerdict,
  failed,
  refusedVerdict,
  sampleFinding,
  sampleVerdict,
  sampleVerdicts,
  undecidedVerdict,
} from '../support/sample-verdicts.ts';

/** What is left where nothing in code counts: each span is one line and one pair of backticks. */
function outsideCode(text: string): string {
  return text.replace(/`[^`\n]+`/g, 'code');
}

/** Tables by their rows, each with its number of columns. A bar that is escaped would hide one; we write none. */
function columnsOf(text: string): readonly (readonly number[])[] {
  const tables: number[][] = [];
  let isTable = false;
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) {
      isTable = false;
      continue;
    }
    if (!isTable) tables.push([]);
    isTable = true;
    tables.at(-1)?.push(line.split('|').length);
  }
  return tables;
}

const manyFindings = (count: number): Verdict =>
  sampleVerdict({
    result: 'refused',
    images: [
      {
        ruled: [
          failed(
            'secrets',
            Array.from({ length: count }, (_, i) => sampleFinding({ fingerprint: `f${i}` })),
          ),
        ],
      },
    ],
  });

describe('the Markdown view', () => {
  test('obeys nothing foreign: no HTML, link, picture, mention, reference or column, whatever the verdicts', () => {
    fc.assert(
      fc.property(fc.array(hostileVerdict, { maxLength: 3 }), (verdicts) => {
        const text = renderMarkdown(verdicts);
        const rest = outsideCode(text);
        // the mark of what is excepted stands between blanks, where it strikes nothing out
        expect(rest.replaceAll('<br>', '').replaceAll('| ~ ', '| ')).not.toMatch(
          /[<>&@`\\[\]{}$~_^]|https?:|www\.|javascript|!\(|#\d/,
        );
        expect(rest.split('\n').filter((line) => line.startsWith('#') && !line.startsWith('## '))).toEqual(
          [],
        );
        for (const table of columnsOf(text)) expect(new Set(table).size).toBe(1);
      }),
      { numRuns: 100 },
    );
  });

  test('keeps to its budget in bytes, whatever the verdicts, and counts each result all the same', () => {
    fc.assert(
      fc.property(
        fc.array(hostileVerdict, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 200, max: 9000 }),
        (verdicts, budget) => {
          const text = renderMarkdown(verdicts, { budget });
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(budget);
          expect(text).toContain(`${verdicts.length} images: `);
          expect(text.endsWith('\n')).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
    for (const budget of [1, 10, 60])
      expect(Buffer.byteLength(renderMarkdown(sampleVerdicts(), { budget }))).toBeLessThanOrEqual(budget);
  });

  test('tells the gravest images first, and as much as the budget has room for', () => {
    const verdicts = Array.from({ length: 300 }, () => [admittedVerdict(), refusedVerdict()]).flat();
    const text = renderMarkdown(verdicts, { budget: 64_000 });
    expect(Buffer.byteLength(text)).toBeGreaterThan(20_000);
    expect(text).toContain('600 images: 300 admitted, 300 refused');
    expect(text).not.toContain('✔ admitted');
    const few = renderMarkdown([admittedVerdict(), refusedVerdict()]);
    expect(few.indexOf('✖ refused')).toBeLessThan(few.indexOf('✔ admitted'));
  });

  test('has the stations as a table, with what to do and the command', () => {
    const text = renderMarkdown([refusedVerdict()]);
    expect(text).toContain('## ✖ REFUSED `ghcr.io/acme/shop:1.4.2`\n');
    expect(text).toContain(
      '| ✖ failed | secrets | A GitHub personal access token, its checksum correct | Revoke the token at GitHub, then rebuild without it<br>`pratique explain secrets.github-token` |',
    );
    expect(text).toContain('deleted by layer 5, yet still in layer 3');
    expect(text).toContain('excepted until `2027-01-31` by `team-platform`');
  });

  test('shows the first twenty findings, and says how many more there are', () => {
    const text = renderMarkdown([manyFindings(25)]);
    expect(text.match(/^\| ✖ critical /gm)).toHaveLength(20);
    expect(text).toContain('… and 5 more findings; see the JSON report.');
  });

  test('never looks clean where something was not found out', () => {
    const text = renderMarkdown([undecidedVerdict()]);
    expect(text).toContain('## ? UNDECIDED');
    expect(text).toContain('no findings so far · 1 thing not found out');
    expect(text).toContain('`DIGEST_MISMATCH`');
    expect(renderMarkdown([])).toContain('nothing was decided');
  });
});

describe('text for Markdown', () => {
  test.each([
    ['A private key in PEM form', 'A private key in PEM form'],
    ['"a.b/c:1" has no digest', '`"a.b/c:1"` has no digest'],
    ['ask @acme or #12', 'ask `@acme` or `#12`'],
    ['see www.evil.example now', 'see `www.evil.example` now'],
    ['commit deadbeef', 'commit `deadbeef`'],
    ['a | b', 'a `\\u{7c}` b'],
    ['a ` b', 'a `\\u{60}` b'],
    ['3 findings, 2 enforced', '3 findings, 2 enforced'],
    ['', ''],
  ])('%j is %j', (text, shown) => {
    expect(proseText(text)).toBe(shown);
  });

  test('is one span of code on one line, or nothing', () => {
    fc.assert(fc.property(hostileText, (text) => /^(?:`[^`\n|]+`)?$/.test(codeText(text))));
  });
});
