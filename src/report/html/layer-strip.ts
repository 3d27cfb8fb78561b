import type { JudgedLayer } from '../../model/verdict.ts';
import { formatSize } from '../size.ts';
import { type Html, html } from './html-template.ts';

/** One layer with what was found in it. */
export interface MarkedLayer {
  readonly layer: JudgedLayer;
  readonly refusing: number;
  readonly warning: number;
}

/** A file that a later layer took from sight: both by their place in the strip, from 0. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const LEAST = 3; // percent of the width; narrower bars could hardly be seen
const SHARED = 40; // percent of the width that go to making small layers wide enough, at most
const NUMBERED = 2.4; // percent of the width that a number needs
const GAP = 0.3; // percent
const TOP = 18; // pixels over the bars, for marks
const BAR = 30; // pixels
const STEP = 14; // pixels for each row of spans under the bars
const SPANS_SHOWN = 12;

/**
 * The layers of an image side by side, lowest first, as wide as they are large. A picture for those who see it: the list below says the
 * same in words. Lengths are percents and attributes, since a page that allows no inline style would drop those of `style`.
 */
export function layerStrip(layers: readonly MarkedLayer[], spans: readonly Span[]): Html {
  const places = placesOf(layers.map(({ layer }) => layer.size));
  const rows = rowsOf(spans.slice(0, SPANS_SHOWN));
  const height = TOP + BAR + 4 + rows.length * STEP;
  return html`<svg class="strip" width="100%" height="${height}" aria-hidden="true" focusable="false">
${layers.map((marked, at) => bar(marked, places[at] ?? { x: 0, width: 0 }))}
${rows.flatMap((row, at) => row.map((span) => spanLine(span, places, TOP + BAR + 10 + at * STEP)))}
</svg>
`;
}

/** Spans in as few rows as it takes for none to touch another. */
function rowsOf(spans: readonly Span[]): readonly (readonly Span[])[] {
  const rows: Span[][] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const row = rows.find((one) => (one.at(-1)?.to ?? -1) < span.from);
    if (row === undefined) rows.push([span]);
    else row.push(span);
  }
  return rows;
}

interface Place {
  readonly x: number;
  readonly width: number;
}

/** Where each bar stands, in percent: each at least as wide as can be seen, the rest by size. */
function placesOf(sizes: readonly number[]): readonly Place[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const least = Math.min(LEAST, SHARED / Math.max(1, sizes.length));
  const rest = Math.max(0, 100 - least * sizes.length);
  let x = 0;
  return sizes.map((size) => {
    const width = least + (total > 0 ? (rest * size) / total : rest / sizes.length);
    const place = { x, width: Math.max(0.1, width - GAP) };
    x += width;
    return place;
  });
}

function bar({ layer, refusing, warning }: MarkedLayer, { x, width }: Place): Html {
  const found = refusing > 0 ? 'bad' : warning > 0 ? 'warned' : 'clean';
  const middle = percent(x + width / 2);
  return html`<rect class="bar ${layer.from ?? 'unknown'} ${found}" x="${percent(x)}" y="${TOP}" width="${percent(width)}" height="${BAR}" rx="4"/>
${width >= NUMBERED && html`<text class="number${width < 6 && html` tight`}" x="${middle}" y="${TOP + BAR / 2 + 4}" text-anchor="middle">${layer.index + 1}</text>`}
${width >= 14 && html`<text class="size" x="${percent(x + width - 0.8)}" y="${TOP + BAR / 2 + 4}" text-anchor="end">${formatSize(layer.size)}</text>`}
${found !== 'clean' && html`<text class="flag ${found}" x="${middle}" y="${TOP - 5}" text-anchor="middle">${found === 'bad' ? '✖' : '!'}</text>`}
`;
}

function spanLine({ from, to }: Span, places: readonly Place[], y: number): Html {
  const [a, b] = [middleOf(places[from]), middleOf(places[to])];
  return html`<line class="span" x1="${a}" y1="${y}" x2="${b}" y2="${y}"/>
<circle class="start" cx="${a}" cy="${y}" r="4"/>
<circle class="end" cx="${b}" cy="${y}" r="3.5"/>
`;
}

function middleOf(place: Place | undefined): string {
  return percent(place === undefined ? 0 : place.x + place.width / 2);
}

function percent(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}
