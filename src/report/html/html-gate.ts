import type { JudgedImage, Verdict } from '../../model/verdict.ts';
import { STATION_FACES } from '../faces.ts';
import { commandFor } from '../next-command.ts';
import { type Station, stationGroups } from '../stations.ts';
import { type Html, html } from './html-template.ts';

const NAMES_SHOWN = 6; // platforms named over one list of stations

/** The stations of the gate, in the order of the way through it; a list for each kind of way that platforms took. */
export function gateSection(verdict: Verdict): Html {
  const groups = stationGroups(verdict.images);
  return html`<section>
<h3>The gate</h3>
${groups.length === 0 && html`<p class="quiet">No image was judged.</p>`}
${groups.map(
  ({ images, stations }) => html`${groups.length > 1 && html`<h4>${platformNames(images)}</h4>`}
<ol class="gate">
${stations.map((station) => stationItem(verdict, station))}</ol>
`,
)}</section>
`;
}

function stationItem(verdict: Verdict, { label, state, reason, gravest, next }: Station): Html {
  const { mark, word } = STATION_FACES[state];
  const command = gravest && state === 'failed' ? commandFor(gravest, verdict) : undefined;
  const todo = gravest?.remedy ?? next;
  return html`<li class="${state}"><span class="mark" aria-hidden="true">${mark}</span>
<p class="station"><strong>${label}</strong> <span class="word">${word}</span></p>
<div class="why"><p>${reason}</p>
${todo !== undefined && todo !== '' && html`<p class="todo">${todo}</p>`}
${command !== undefined && html`<p><code class="command">${command}</code></p>`}
</div></li>
`;
}

/** `linux/amd64, linux/arm64 and 3 more`. */
export function platformNames(images: readonly JudgedImage[]): string {
  const names = images.map(({ platform }) => platform ?? 'unknown platform');
  const more = names.length - NAMES_SHOWN;
  return `${names.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
