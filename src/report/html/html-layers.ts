import type { Finding } from '../../model/finding.ts';
import type { JudgedImage, JudgedLayer, Verdict } from '../../model/verdict.ts';
import { formatBuildStep } from '../build-step.ts';
import { WEIGHT_MARKS } from '../faces.ts';
import { WHOSE } from '../place-words.ts';
import { formatSize, plural } from '../size.ts';
import { byGravity, type Entry } from '../tally.ts';
import { type Html, html } from './html-template.ts';
import { layerStrip, type MarkedLayer, type Span } from './layer-strip.ts';

const FOUND_SHOWN = 5; // findings named at one layer; the list of findings has all
const OPEN_LAYERS = 16; // layers of a lone platform whose list is open from the beginning
const PLATFORMS_SHOWN = 20;

/** The layers of each platform, by size, and what came in with which. */
export function layersSection(verdict: Verdict, entries: readonly Entry[]): Html | undefined {
  const images = verdict.images.filter(({ layers = [] }) => layers.length > 0);
  if (images.length === 0) return undefined;
  const more = images.length - PLATFORMS_SHOWN;
  return html`<section>
<h3>Layers</h3>
${images.slice(0, PLATFORMS_SHOWN).map((image) => imageLayers(image, entries, verdict.images.length > 1))}
${more > 0 && html`<p class="quiet">… and the layers of ${plural(more, 'more platform')}; see the JSON report.</p>`}
</section>
`;
}

function imageLayers(image: JudgedImage, entries: readonly Entry[], isNamed: boolean): Html {
  const { layers = [], base } = image;
  const own = entries.filter(({ images }) => images.includes(image));
  const byLayer = Map.groupBy(own, ({ finding }) => finding.where.layer?.index);
  const marked = layers.map((layer) => markedLayer(layer, byLayer.get(layer.index) ?? []));
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  return html`<div class="layers">
${isNamed && html`<h4>${image.platform ?? 'unknown platform'}</h4>`}
<p class="quiet">${plural(layers.length, 'layer')}, ${formatSize(size)} as stored${
    base === undefined
      ? '. Which of them are of a base is not known: the policy approves none that fits.'
      : html`, ${base.layers} of them of the base <code>${base.name}</code>.`
  }</p>
${layerStrip(marked, spansOf(own, layers))}
${legend(marked, own)}
<details${!isNamed && layers.length <= OPEN_LAYERS && html` open`}><summary>What made each layer</summary>
<ol class="steps">
${layers.map((layer) => layerItem(layer, byLayer.get(layer.index) ?? []))}</ol></details>
</div>
`;
}

function markedLayer(layer: JudgedLayer, entries: readonly Entry[]): MarkedLayer {
  const count = (weight: Entry['weight']) => entries.filter((entry) => entry.weight === weight).length;
  return { layer, refusing: count('enforced'), warning: count('warned') };
}

/** What was deleted or replaced later, each pair of layers once. */
function spansOf(entries: readonly Entry[], layers: readonly JudgedLayer[]): readonly Span[] {
  const at = (index: number | undefined) => layers.findIndex((layer) => layer.index === index);
  const spans = entries
    .filter(({ weight }) => weight === 'enforced' || weight === 'warned')
    .map(({ finding: { where } }) => ({ from: at(where.layer?.index), to: at(where.hiddenBy) }))
    .filter(({ from, to }) => from >= 0 && to >= 0);
  return [...new Map(spans.map((span) => [`${span.from} ${span.to}`, span])).values()];
}

function legend(marked: readonly MarkedLayer[], entries: readonly Entry[]): Html {
  const has = (from: JudgedLayer['from']) => marked.some(({ layer }) => layer.from === from);
  const refuses = marked.some(({ refusing }) => refusing > 0);
  const warns = marked.some(({ warning }) => warning > 0);
  const hides = entries.some(({ finding }) => finding.where.hiddenBy !== undefined);
  return html`<ul class="legend">
<li>width: size, the smallest widened</li>
${has('base') && html`<li><span class="swatch base"></span>of the base</li>`}
${has('own') && html`<li><span class="swatch own"></span>the image’s own</li>`}
${refuses && html`<li><span class="bad" aria-hidden="true">✖</span> refuses the image</li>`}
${warns && html`<li><span class="warned" aria-hidden="true">!</span> warns</li>`}
${hides && html`<li><span class="ends" aria-hidden="true">●─○</span> added, and deleted or replaced later</li>`}
</ul>
`;
}

function layerItem({ index, digest, size, createdBy, from }: JudgedLayer, entries: readonly Entry[]): Html {
  const step = formatBuildStep(createdBy ?? '').slice(0, 600);
  const told = entries.filter(({ weight }) => weight !== 'demoted').sort(byGravity);
  const more = told.length - FOUND_SHOWN;
  return html`<li><p class="layer"><strong>${index + 1}</strong> <span class="quiet">${formatSize(size)}${
    from && ` · ${WHOSE[from]}`
  }</span></p>
<div><p>${step === '' ? html`<span class="quiet">no build history</span>` : html`<code>${step}</code>`}</p>
<p class="digest">${digest}</p>
${
  told.length > 0 &&
  html`<ul class="found">
${told.slice(0, FOUND_SHOWN).map(
  ({ finding, weight }) =>
    html`<li class="${weight}"><span aria-hidden="true">${WEIGHT_MARKS[weight]}</span> ${finding.message}${pathOf(finding)}${fateOf(finding, index)}</li>
`,
)}${more > 0 && html`<li class="quiet">… and ${more} more</li>`}</ul>`
}
</div></li>
`;
}

function pathOf({ where: { path, field } }: Finding): Html | undefined {
  const place = path ?? field;
  return place === undefined ? undefined : html`: <code>${place}</code>`;
}

/** `added in layer 4, deleted in layer 7`. */
function fateOf({ where: { visibility, hiddenBy } }: Finding, index: number): Html | undefined {
  if (visibility === undefined || visibility === 'visible') return undefined;
  const by = hiddenBy === undefined ? 'later' : `in layer ${hiddenBy + 1}`;
  return html` – <strong>added in layer ${index + 1}, ${visibility} ${by}</strong>`;
}
