import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { hostileVerdict } from '../support/arbitrary-verdicts.ts';
import { type Markup, parseMarkup } from '../support/markup.ts';
import {
  admittedVerdict,
  passed,
  refusedVerdict,
  sampleVerdict,
  sampleVerdicts,
  undecidedVerdict,
  unknown,
} from '../support/sample-verdicts.ts';

/** What Jenkins' junit-10.xsd takes: attributes by element; those with a star are required. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  testsuites: ['name', 'time', 'tests', 'failures', 'errors'],
  testsuite: ['name*', 'tests*', 'failures*', 'errors*', 'skipped', 'time', 'timestamp'],
  properties: [],
  property: ['name*', 'value*'],
  testcase: ['name*', 'classname', 'time'],
  failure: ['type', 'message'],
  error: ['type', 'message'],
  skipped: ['type', 'message'],
  'system-out': [],
};

function read(verdicts: readonly Verdict[]): Markup {
  const [, head, body = ''] =
    /^(<\?xml version="1\.0" encoding="UTF-8"\?>)\n(.*)$/s.exec(renderJunit(verdicts)) ?? [];
  expect(head).toBeDefined();
  return parseMarkup(body);
}

function count({ elements }: Markup, name: string): number {
  return elements.filter((element) => element.name === name).length;
}

function expectByTheBook(markup: Markup): void {
  for (const { name, attributes } of markup.elements) {
    const known = KNOWN[name];
    expect(known, name).toBeDefined();
    for (const attribute of attributes.keys())
      expect(known?.map((one) => one.replace('*', ''))).toContain(attribute);
    for (const one of known ?? []) if (one.endsWith('*')) expect(attributes.has(one.slice(0, -1))).toBe(true);
    expect(attributes.get('time') ?? '0').toMatch(/^\d+(?:\.\d+)?$/);
  }
  const [all] = markup.elements;
  expect(all?.attributes.get('tests')).toBe(String(count(markup, 'testcase')));
  expect(all?.attributes.get('failures')).toBe(String(count(markup, 'failure')));
  expect(all?.attributes.get('errors')).toBe(String(count(markup, 'error')));
}

describe('the JUnit view', () => {
  test('is XML that the schema of Jenkins takes, with figures that agree, whatever the verdicts', () => {
    expectByTheBook(read(sampleVerdicts()));
    fc.assert(
      fc.property(fc.array(hostileVerdict, { maxLength: 3 }), (verdicts) => expectByTheBook(read(verdicts))),
      { numRuns: 100 },
    );
  });

  test('holds no character that XML 1.0 forbids', () => {
    fc.assert(
      fc.property(hostileVerdict, (verdict) => {
        expect(renderJunit([verdict])).not.toMatch(
          /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u,
        );
        expect(renderJunit([verdict])).not.toMatch(/&#(?:x|[0-8];|1[124-9];|2\d;|3[01];)/);
      }),
      { numRuns: 60 },
    );
  });

  test('has attributes of one line and a bounded length, however long a hostile name is', () => {
    const name = 'x\n::error::'.repeat(10_000);
    const error = new PratiqueError('NETWORK', { what: name, why: name });
    const image = { platform: name, ruled: [unknown('secrets', error), unknown('signature', error, 'warn')] };
    const page = renderJunit([
      sampleVerdict({ name, result: 'undecided', images: [image], faults: [error] }),
    ]);
    expect(page).not.toMatch(/&#10;|^\s*::/m);
    expect(page.length).toBeLessThan(100_000);
  });

  test('fails what refuses the image, and the image as a whole', () => {
    const { elements } = read([refusedVerdict()]);
    const said = elements.flatMap(({ name, attributes }) =>
      ['testcase', 'failure', 'error', 'skipped', 'system-out'].includes(name)
        ? [`${name} ${attributes.get('name') ?? ''}`.trim()]
        : [],
    );
    expect(said).toEqual([
      'testcase verdict',
      'failure',
      'testcase name.allowed',
      'testcase signature',
      'testcase secrets',
      'failure',
      'testcase miners',
      'failure',
      'testcase hygiene.root-user',
      'system-out',
    ]);
  });

  test('tells with a failure what, where, what to do, and what is excepted', () => {
    const text = renderJunit([refusedVerdict()]);
    expect(text).toContain('\nin srv/app/.env · byte 1,204\n');
    expect(text).toContain('layer 3 of 5, RUN npm ci &amp;&amp; npm run build');
    expect(text).toContain('-&gt; Revoke the token at GitHub');
    expect(text).toContain('excepted until 2027-01-31 by team-platform');
  });

  test('is an error where it could not be found out, and never green', () => {
    const markup = read([undecidedVerdict()]);
    expect(count(markup, 'failure')).toBe(0);
    // the image once for each platform, and both checks that could not read the layer
    expect(count(markup, 'error')).toBe(4);
    expect(count(read([sampleVerdict({ result: 'undecided', images: [] })]), 'error')).toBe(1);
    expect(count(read([]), 'error')).toBe(1);
  });

  test('skips what the policy turned off, and what only warns and could not be found out', () => {
    const error = new PratiqueError('NETWORK', { what: 'the registry did not answer' });
    const off = { ...passed('miners'), level: 'off' as const };
    const markup = read([
      sampleVerdict({ images: [{ ruled: [passed('secrets'), off, unknown('signature', error, 'warn')] }] }),
    ]);
    expect([count(markup, 'skipped'), count(markup, 'error')]).toEqual([2, 0]);
  });

  test('is green only where every image was admitted', () => {
    const markup = read([admittedVerdict()]);
    expect([count(markup, 'failure'), count(markup, 'error')]).toEqual([0, 0]);
    for (const verdict of sampleVerdicts().filter(({ result }) => result !== 'admitted')) {
      const open = read([verdict]);
      expect(count(open, 'failure') + count(open, 'error')).toBeGreaterThan(0);
    }
  });
});
