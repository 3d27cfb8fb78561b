import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/model/verdict.ts';
import { renderHtml } from '../../src/report/html/html.ts';
import { html, htmlText } from '../../src/report/html/html-template.ts';
import { hostileText, hostileVerdict } from '../support/arbitrary-verdicts.ts';
import { type Markup, parseMarkup } from '../support/markup.ts';
import {
  admittedVerdict,
  failed,
  refusedVerdict,
  sampleFinding,
  sampleVerdict,
  sampleVerdicts,
  undecidedVerdict,
} from '../support/sample-verdicts.ts';

const STYLE = /<style>(.*?)<\/style>/s;
const ELEMENTS =
  /^(?:html|head|meta|title|body|a|header|main|footer|p|strong|span|h[1-4]|table|caption|thead|tbody|tr|th|td|article|section|details|summary|div|ol|ul|li|dl|dt|dd|code|svg|rect|text|line|circle|fieldset|legend|input|label)$/;
const ATTRIBUTES =
  /^(?:lang|charset|content|http-equiv|name|class|id|href|open|scope|type|checked|for|aria-[a-z]+|focusable|width|height|x|y|rx|x1|x2|y1|y2|cx|cy|r|text-anchor)$/;

/** The page without its style sheet, read strictly. */
function read(page: string): Markup {
  const styles = page.match(/<\/?style/g) ?? [];
  expect(styles).toEqual(['<style', '</style']);
  return parseMarkup(page.replace(/^<!doctype html>/, '').replace(STYLE, ''));
}

describe('the HTML view', () => {
  test('is well formed, has no element and attribute that we do not know, and leads nowhere, whatever the verdict', () => {
    fc.assert(
      fc.property(fc.array(hostileVerdict, { maxLength: 3 }), (verdicts) => {
        const { elements } = read(renderHtml(verdicts));
        for (const { name, attributes } of elements) {
          expect(name).toMatch(ELEMENTS);
          for (const [attribute, value] of attributes) {
            expect(attribute).toMatch(ATTRIBUTES);
            if (attribute === 'href') expect(value).toMatch(/^#(?:main|i\d+)$/);
          }
        }
        const ids = elements.flatMap(({ attributes }) => attributes.get('id') ?? []);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { attributes } of elements) {
          for (const name of ['for', 'aria-labelledby']) {
            const id = attributes.get(name);
            if (id !== undefined) expect(ids).toContain(id);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('lets in no style but its own, by its digest, and nothing else', () => {
    const page = renderHtml(sampleVerdicts());
    const digest = createHash('sha256')
      .update(STYLE.exec(page)?.[1] ?? '')
      .digest('base64');
    const policy = read(page).elements.find(({ attributes }) => attributes.has('http-equiv'));
    expect(policy?.attributes.get('content')?.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`,
    );
  });

  test('has nothing in its style sheet that could load something', () => {
    expect(STYLE.exec(renderHtml([]))?.[1]).not.toMatch(/url\(|@import|@font-face|<|expression/);
  });

  test('names every station of the gate, what to do and the command', () => {
    const { text } = read(renderHtml([refusedVerdict()]));
    for (const station of [
      'name',
      'source',
      'signature',
      'provenance',
      'secrets',
      'miners',
      'hygiene',
      'freshness',
    ])
      expect(text).toContain(station);
    expect(text).toContain('Revoke the token at GitHub, then rebuild without it');
    expect(text).toContain('pratique explain secrets.github-token');
  });

  test('says in which layer a file came in and in which it was deleted, with the step that made each layer', () => {
    const { text, elements } = read(renderHtml([refusedVerdict()]));
    expect(text).toContain('added in layer 3, deleted in layer 5');
    expect(text).toContain('COPY . /srv/app');
    expect(elements.filter(({ name, attributes }) => name === 'rect' && attributes.has('x'))).toHaveLength(5);
    expect(elements.filter(({ name }) => name === 'line')).toHaveLength(1);
  });

  test('tells what could not be found out before the gate, and never says of an open verdict that nothing was found', () => {
    const { text } = read(renderHtml([undecidedVerdict()]));
    expect(text.indexOf('What could not be found out')).toBeLessThan(text.indexOf('The gate'));
    expect(text).toContain('no findings so far');
    expect(text).not.toMatch(/\bNone\.\B/);
  });

  test('has a table of the images where there are several, each leading to its own part', () => {
    const { elements, text } = read(renderHtml(sampleVerdicts()));
    const ids = new Set(elements.flatMap(({ attributes }) => attributes.get('id') ?? []));
    const links = elements.flatMap(({ attributes }) => attributes.get('href') ?? []);
    expect(links).toEqual(['#main', '#i1', '#i2', '#i3', '#i4']);
    for (const link of links) expect(ids).toContain(link.slice(1));
    expect(text).toContain('4 images: 1 admitted, 2 refused, 1 undecided');
  });

  test('stays within bounds however many findings there are, and says how many are left out', () => {
    const many = Array.from({ length: 2000 }, (_, i) => sampleFinding({ fingerprint: `f${i}` }));
    const page = renderHtml([
      sampleVerdict({ result: 'refused', images: [{ ruled: [failed('secrets', many)] }] }),
    ]);
    expect(page).toContain('1,500 more; see the JSON report');
    expect(page.length).toBeLessThan(2_000_000);
    const fewer = many.slice(0, 40);
    const images = Array.from({ length: 150 }, () =>
      sampleVerdict({ result: 'refused', images: [{ ruled: [failed('secrets', fewer)] }] }),
    );
    const all = renderHtml(images);
    expect(all.match(/and 20 more; see the JSON report/g)).toHaveLength(150);
    expect(all.length).toBeLessThan(6_000_000);
  });

  test('opens the list of layers of a lone platform, and of several none: they say nearly the same', () => {
    const [image] = sampleVerdict().images;
    const listed = (count: number) =>
      renderHtml([sampleVerdict({ images: Array.from({ length: count }, () => image ?? { ruled: [] }) })]);
    expect(listed(1)).toContain('<details open><summary>What made each layer');
    expect(listed(5)).not.toContain('<details open><summary>What made each layer');
  });

  test('says that nothing was decided where there is no image', () => {
    expect(read(renderHtml([])).text).toContain('nothing was decided');
  });

  test('has a box for each filter value that occurs, and none where there is nothing to choose', () => {
    const boxes = (verdict: Verdict) =>
      read(renderHtml([verdict])).elements.flatMap(({ name, attributes }) =>
        name === 'input' ? [attributes.get('class')] : [],
      );
    expect(boxes(refusedVerdict())).toEqual([
      'show-enforced',
      'show-warned',
      'show-excepted',
      'show-critical',
      'show-high',
      'show-medium',
    ]);
    expect(boxes(admittedVerdict())).toEqual([]);
  });
});

test('a template escapes whatever is put in, and nothing but a template makes HTML', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const { elements } = parseMarkup(
        htmlText(html`<p class="${text}">${text}${[html`<b>${text}</b>`]}</p>`),
      );
      expect(elements.map(({ name }) => name)).toEqual(['p', 'b']);
    }),
  );
  expect(htmlText(html`${'<b>'}${3}${false}${undefined}`)).toBe('&lt;b&gt;3');
  expect(htmlText(html`<p class='${"' onclick='x"}'>`)).toBe("<p class='&#39; onclick=&#39;x'>"); // in either quotes
  const forged: unknown = JSON.parse('{"html":"<script>"}');
  expect(() => html`${forged as string}`).toThrow();
});
