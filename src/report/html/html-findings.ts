import type { Verdict } from '../../model/verdict.ts';
import { formatBuildStep } from '../build-step.ts';
import { WEIGHT_MARKS } from '../faces.ts';
import { commandFor } from '../next-command.ts';
import { packageWords } from '../package-words.ts';
import { fateWords, layerWords, SURE, spotWords, VOUCHED, WHOSE } from '../place-words.ts';
import { formatCount } from '../size.ts';
import { byGravity, type Entry, SEVERITIES, WEIGHTS, type Weight } from '../tally.ts';
import { platformNames } from './html-gate.ts';
import { type Html, html } from './html-template.ts';

const LISTED = 500; // findings of one image, where there is one
const LISTED_IN_ALL = 3000; // of all images of a page together: a browser has to lay it out
const LISTED_AT_LEAST = 20; // of each image all the same
const OPEN = 8; // of them, those that are open from the beginning

const EFFECTS: Readonly<Record<Weight, string>> = {
  enforced: 'refuses',
  warned: 'warns',
  demoted: 'demoted',
  excepted: 'excepted',
};

/**
 * The findings, gravest first, with filters that are nothing but boxes and a style sheet: `:has()` hides what an empty box names.
 * Each box has an id of its own, and each finding says in classes of a fixed set what it is.
 * @param page `id` of the image's part, and how many images share the page
 */
export function findingsSection(
  verdict: Verdict,
  entries: readonly Entry[],
  page: { readonly id: string; readonly count: number },
): Html {
  const { id, count } = page;
  const sorted = entries.toSorted(byGravity);
  const listed = Math.max(LISTED_AT_LEAST, Math.min(LISTED, Math.floor(LISTED_IN_ALL / count)));
  const shown = sorted.slice(0, listed);
  const more = sorted.length - shown.length;
  return html`<section class="findings">
<h3>Findings</h3>
${entries.length === 0 && html`<p class="quiet">${verdict.result === 'undecided' ? 'None so far.' : 'None.'}</p>`}
${entries.length > 1 && filters(entries, id)}
${
  shown.length > 0 &&
  html`<ul class="list">
${shown.map((entry, at) => findingItem(verdict, entry, at < OPEN && entry.weight === 'enforced'))}</ul>`
}
${more > 0 && html`<p class="quiet">… and ${formatCount(more)} more; see the JSON report.</p>`}
</section>
`;
}

function filters(entries: readonly Entry[], id: string): Html | undefined {
  const effects = WEIGHTS.filter((weight) => entries.some((entry) => entry.weight === weight));
  const severities = SEVERITIES.filter((severity) =>
    entries.some(({ finding }) => finding.severity === severity),
  );
  const groups = [
    boxes(
      id,
      'Effect',
      effects,
      (weight) => EFFECTS[weight],
      (weight) => entries.filter((entry) => entry.weight === weight).length,
    ),
    boxes(
      id,
      'Severity',
      severities,
      (severity) => severity,
      (severity) => entries.filter(({ finding }) => finding.severity === severity).length,
    ),
  ].flatMap((group) => group ?? []);
  return groups.length === 0 ? undefined : html`<div class="filters">${groups}</div>`;
}

function boxes<T extends string>(
  id: string,
  legend: string,
  values: readonly T[],
  name: (value: T) => string,
  count: (value: T) => number,
): Html | undefined {
  if (values.length < 2) return undefined;
  return html`<fieldset><legend>${legend}</legend>
${values.map(
  (value) =>
    html`<span class="box"><input type="checkbox" id="${id}-${value}" class="show-${value}" checked><label for="${id}-${value}">${name(value)} <span class="quiet">${formatCount(count(value))}</span></label></span>
`,
)}</fieldset>
`;
}

function findingItem(verdict: Verdict, entry: Entry, isOpen: boolean): Html {
  const { finding, weight } = entry;
  const place = finding.where.path ?? finding.where.field;
  return html`<li class="finding ${weight} ${finding.severity}"><details${isOpen && html` open`}>
<summary><span class="mark" aria-hidden="true">${WEIGHT_MARKS[weight]}</span>
<span class="chip">${finding.severity}</span> <span class="effect">${EFFECTS[weight]}</span>
<span class="message">${finding.message}</span>${place !== undefined && html` <code>${place}</code>`}</summary>
<dl>${rowsOf(verdict, entry).map(
    ([label, body]) => html`<div><dt>${label}</dt><dd>${body}</dd></div>
`,
  )}</dl>
</details></li>
`;
}

type Row = readonly [label: string, body: Html];

function rowsOf(verdict: Verdict, { finding, check, excepted, images }: Entry): readonly Row[] {
  const { where } = finding;
  const { layer } = where;
  const spot = spotWords(where);
  const fate = fateWords(where);
  const step = formatBuildStep(layer?.createdBy ?? '').slice(0, 600);
  const command = commandFor(finding, verdict);
  return [
    ...row('what to do', excepted === undefined && html`${finding.remedy}`),
    ...row(
      'command',
      excepted === undefined && command !== undefined && html`<code class="command">${command}</code>`,
    ),
    ...row('excepted', excepted && html`until ${excepted.until} by ${excepted.owner}: ${excepted.reason}`),
    ...row('where', spot !== '' && html`<code>${spot}</code>`),
    ...row('seen', fate !== '' && html`${fate}`),
    ...row(
      'layer',
      layer &&
        html`${layerWords(layer.index, images[0]?.layers?.length)}${layer.from && `, ${WHOSE[layer.from]}`}`,
    ),
    ...row('made by', step !== '' && html`<code>${step}</code>`),
    ...row(
      'package',
      finding.package && html`${VOUCHED[finding.package.by]} ${packageWords(finding.package)}`,
    ),
    ...row('platforms', images.length < verdict.images.length && html`${platformNames(images)}`),
    ...row(
      'rule',
      html`<code>${finding.rule}</code> of the check <code>${check}</code>, ${SURE[finding.confidence]}`,
    ),
    ...row('fingerprint', html`<code>${finding.fingerprint}</code>`),
  ];
}

function row(label: string, body: Html | false | undefined): readonly Row[] {
  return body === false || body === undefined ? [] : [[label, body]];
}
