import fc from 'fast-check';
import { expect, test } from 'vitest';
import { htmlText } from '../../src/report/html/html-template.ts';
import { layerStrip, type MarkedLayer } from '../../src/report/html/layer-strip.ts';
import { parseMarkup } from '../support/markup.ts';
import { digestOf } from '../support/sample-verdicts.ts';

function strip(sizes: readonly number[], spans: Parameters<typeof layerStrip>[1] = []) {
  const layers: MarkedLayer[] = sizes.map((size, index) => ({
    layer: { index, digest: digestOf('1'), size },
    refusing: 0,
    warning: 0,
  }));
  const { elements } = parseMarkup(htmlText(layerStrip(layers, spans)));
  const percent = (text: string | undefined) => Number.parseFloat(text ?? '');
  const bars = elements
    .filter(({ name }) => name === 'rect')
    .map(({ attributes }) => ({ x: percent(attributes.get('x')), width: percent(attributes.get('width')) }));
  const lines = elements.filter(({ name }) => name === 'line').map(({ attributes }) => attributes.get('y1'));
  return { bars, lines };
}

test('bars stand side by side within the width, and a larger layer is never narrower', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 130 }), (sizes) => {
      const { bars } = strip(sizes);
      expect(bars).toHaveLength(sizes.length);
      for (const [at, { x, width }] of bars.entries()) {
        expect(width).toBeGreaterThan(0);
        expect(x + width).toBeLessThanOrEqual((bars[at + 1]?.x ?? 100) + 0.02);
        for (const [other, size] of sizes.entries())
          if (size < (sizes[at] ?? 0)) expect(bars[other]?.width ?? 0).toBeLessThanOrEqual(width + 0.02);
      }
    }),
    { numRuns: 60 },
  );
});

test('a layer with nearly all of an image has more than half of the width, however many there are', () => {
  const { bars } = strip([...Array.from({ length: 60 }, () => 10), 1_000_000_000]);
  expect(bars.at(-1)?.width).toBeGreaterThan(55);
});

test('spans that do not touch share a row', () => {
  const spans = [
    { from: 0, to: 1 },
    { from: 2, to: 3 },
    { from: 1, to: 2 },
  ];
  const { lines } = strip([1, 1, 1, 1], spans);
  expect(new Set(lines).size).toBe(2);
});
