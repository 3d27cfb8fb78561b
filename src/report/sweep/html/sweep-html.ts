import type { Result } from '../../../model/verdict.ts';
import { renderPage } from '../../html/html-page.ts';
import { type Html, html } from '../../html/html-template.ts';
import { plural } from '../../size.ts';
import { countsOf, type SweepReport, trendOf } from '../sweep-report.ts';
import { type CellState, type Matrix, type MatrixCell, type MatrixRow, matrixOf } from './matrix-rows.ts';
import { ROWS_SHOWN, SCRIPT } from './matrix-script.ts';
import { MATRIX_STYLE } from './matrix-style.ts';

/** A mark is never alone, for not everybody sees it or its colour. */
const CELLS: Readonly<Record<CellState, { readonly mark: string; readonly word: string }>> = {
  failed: { mark: '✖', word: 'failed' },
  unknown: { mark: '?', word: 'not found out' },
  warned: { mark: '!', word: 'warning' },
  passed: { mark: '✔', word: 'passed' },
  off: { mark: '–', word: 'off' },
  absent: { mark: '·', word: 'not asked' },
};
const RESULTS: Readonly<Record<Result, string>> = {
  refused: '✖ refused',
  undecided: '? undecided',
  admitted: '✔ admitted',
};

/**
 * A sweep as one page that needs nothing else: nothing is loaded, and its own policy forbids it to. The style sheet and the script, which
 * sorts the table, are let in by their digests. Everything foreign goes through `html`. Ends with a newline.
 * @see CSP Level 3, 2.3 "Directives"; WAI-ARIA Authoring Practices, "Sortable Table"
 */
export function renderSweepHtml(report: SweepReport): string {
  const title = titleOf(report);
  const matrix = matrixOf(report);
  return renderPage({
    title,
    style: MATRIX_STYLE,
    script: SCRIPT,
    skip: { to: 'matrix', words: 'Skip to the table' },
    main: html`<h1>${title}</h1>
${figures(report)}
${notice(report)}
${panel(report, matrix)}
${table(matrix)}
<nav id="paging" aria-label="Pages of the table" hidden><button type="button" id="before">Previous</button> <button type="button" id="after">Next</button></nav>`,
    footer: html`Policy ${report.policy.name}, <code>${report.policy.digest}</code>; ${report.at}. Every view of a sweep says the same; JSON Lines say all of it.`,
  });
}

function titleOf(report: SweepReport): string {
  const { refused, undecided, images, unresolved } = countsOf(report);
  const held = [
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(undecided + unresolved + report.unjudged > 0
      ? [`${undecided + unresolved + report.unjudged} undecided`]
      : []),
  ];
  if (held.length > 0) return `Sweep of ${plural(images, 'image')}: ${held.join(', ')}`;
  return images === 0 ? 'Sweep: nothing was decided' : `Sweep of ${plural(images, 'image')}: all admitted`;
}

function figures(report: SweepReport): Html {
  const counts = countsOf(report);
  const trend = trendOf(report);
  const tiles: readonly (readonly [string, number, string])[] = [
    ['images', counts.images, ''],
    ['names', counts.names, ''],
    ['refused', counts.refused, 'refused'],
    ['undecided', counts.undecided, 'undecided'],
    ['admitted', counts.admitted, 'admitted'],
    ...(counts.unresolved > 0 ? [['not found out', counts.unresolved, 'undecided'] as const] : []),
    ...(report.leftOut > 0 ? [['left out', report.leftOut, ''] as const] : []),
    ...(trend === undefined
      ? []
      : ([
          ['new findings', trend.appeared, ''],
          ['fixed', trend.fixed, ''],
          ['still there', trend.still, ''],
          ...(trend.unclear > 0 ? [['not looked at', trend.unclear, ''] as const] : []),
        ] as const)),
  ];
  return html`<dl class="counts">${tiles.map(
    ([label, value, kind]) => html`<div class="${kind}"><dt>${label}</dt><dd>${value}</dd></div>
`,
  )}</dl>
`;
}

function notice({ unjudged }: SweepReport): Html | undefined {
  if (unjudged === 0) return undefined;
  return html`<p class="notice">${plural(unjudged, 'image')} of this sweep ${unjudged === 1 ? 'was' : 'were'} not judged before it ended: the table is not whole.</p>
`;
}

function panel(report: SweepReport, { rows }: Matrix): Html {
  return html`<section class="panel" aria-label="What the table shows">
<fieldset><legend>Show names that are</legend>
${(['refused', 'undecided', 'admitted'] as const).map(
  (
    result,
  ) => html`<span class="box"><input type="checkbox" id="show-${result}" checked autocomplete="off"><label for="show-${result}">${result}</label></span>
`,
)}</fieldset>
${
  report.earlier !== undefined &&
  html`<fieldset><legend>Since the last sweep</legend>
<span class="box"><input type="checkbox" id="only-changed" autocomplete="off"><label for="only-changed">only what changed</label></span></fieldset>
`
}${
  rows.length > ROWS_SHOWN &&
  html`<fieldset id="whole"><legend>Without a script</legend>
<span class="box"><input type="checkbox" id="show-all" autocomplete="off"><label for="show-all">show all ${rows.length} rows, which may take long</label></span></fieldset>
`
}<div id="searching" hidden><label for="search">Names, findings or digests with</label><input id="search" type="search" autocomplete="off" spellcheck="false"></div>
</section>
<p id="told" class="quiet" role="status"></p>
`;
}

function table({ stations, rows, hasEarlier }: Matrix): Html {
  const legend = Object.values(CELLS).map(({ mark, word }) => `${mark} ${word}`);
  return html`<div class="scroll" role="region" aria-label="Names and stations" tabindex="0">
<table id="matrix">
<caption>Every name, and how it came through each station of the gate: ${legend.join(', ')}. A number counts findings.</caption>
<thead><tr>${columnHead('image', 'wide')}${columnHead('verdict', 'result')}${hasEarlier && columnHead('change', 'change')}${stations.map((station) => columnHead(station))}${columnHead('seconds')}</tr></thead>
<tbody>
${rows.map((row) => tableRow(row, stations, hasEarlier))}</tbody>
</table>
</div>
`;
}

/** A button that the script wakes; without it a heading is all that it is. */
function columnHead(label: string, kind?: string): Html {
  return html`<th scope="col"${kind !== undefined && html` class="${kind}"`}><button type="button" disabled>${label}</button></th>`;
}

function tableRow(row: MatrixRow, stations: readonly string[], hasEarlier: boolean): Html {
  const { name, result, digest, seconds, cells } = row;
  const changed = isChanged(row, hasEarlier);
  return html`<tr class="${result}${changed && ' changed'}"><th scope="row" data-t="${name}"><span class="name">${name}</span>${digest !== undefined && html`<p>${digest.slice(0, 19)}</p>`}${reasons(row)}</th><td class="${result}">${RESULTS[result]}</td>${hasEarlier && changeCell(row)}${cells.map(
    (cell, at) => cellOf(cell, stations[at] ?? ''),
  )}<td data-k="${seconds ?? -1}">${seconds === undefined ? '' : seconds.toFixed(1)}</td></tr>
`;
}

function cellOf({ state, findings }: MatrixCell, station: string): Html {
  const { mark, word } = CELLS[state];
  const count = findings > 0 ? ` ${findings}` : '';
  const label = `${station}: ${word}${findings > 0 ? `, ${plural(findings, 'finding')}` : ''}`;
  return html`<td class="${state}" aria-label="${label}">${mark}${count}</td>`;
}

function reasons({ reasons: all, more }: MatrixRow): Html | undefined {
  const [first, ...rest] = all;
  if (first === undefined) return undefined;
  if (rest.length + more === 0) return html`<p>${first}</p>`;
  return html`<details><summary>${first}, and ${rest.length + more} more</summary><ul>${rest.map(
    (one) => html`<li>${one}</li>`,
  )}${more > 0 && html`<li>… and ${more} more; see the JSON Lines</li>`}</ul></details>`;
}

function isChanged({ change, result }: MatrixRow, hasEarlier: boolean): boolean {
  if (!hasEarlier) return false;
  return change === undefined || change.was !== result || change.appeared + change.fixed > 0;
}

/** Sorted by what is worse first: a name that was admitted and is not, then by new findings. */
function changeCell({ change, result }: MatrixRow): Html {
  if (change === undefined) return html`<td data-k="-1">added</td>`;
  const { appeared, fixed, still, unclear, was } = change;
  const isWorse = was === 'admitted' && result !== 'admitted';
  const isBetter = was !== 'admitted' && result === 'admitted';
  const parts = [
    ...(appeared > 0 ? [`${appeared} new`] : []),
    ...(fixed > 0 ? [`${fixed} fixed`] : []),
    ...(still > 0 ? [`${still} still`] : []),
    ...(unclear > 0 ? [`${unclear} not looked at`] : []),
  ];
  const key = (isWorse ? -1e9 : 0) - appeared * 1000 + (isBetter ? 1e9 : 0) + fixed;
  return html`<td data-k="${key}">${isWorse && html`<span class="worse">worse</span> `}${isBetter && html`<span class="better">better</span> `}${parts.join(', ')}</td>`;
}
