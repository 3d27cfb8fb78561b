import { STYLE } from '../../html/html-style.ts';
import { ROWS_SHOWN } from './matrix-script.ts';

/** The style sheet of the matrix: that of a verdict's page, and a table. Nothing foreign goes into it. */
export const MATRIX_STYLE = `${STYLE}
.top, main, footer { max-width: 110rem; }
.counts { display: flex; flex-wrap: wrap; gap: 0.5rem 1.75rem; margin-bottom: 1rem; }
.counts dt { font-size: 0.8rem; }
.counts > div { display: block; padding: 0; }
.counts dd { font-size: 1.5rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
.counts .admitted dd { color: var(--good); }
.counts .refused dd { color: var(--bad); }
.counts .undecided dd { color: var(--unsure); }
.notice { border-left: 6px solid var(--unsure); background: var(--unsure-soft); padding: 0.7rem 1rem; border-radius: 6px; margin-bottom: 1rem; }
.panel { display: flex; flex-wrap: wrap; gap: 0.75rem 2rem; align-items: end; padding: 1rem 1.25rem; margin: 0 0 1rem; }
#searching label { display: block; font-size: 0.8rem; color: var(--quiet); margin-bottom: 0.25rem; }
#search { font: inherit; width: 20rem; max-width: 100%; padding: 0.3rem 0.6rem; color: var(--text); background: var(--ground); border: 1px solid var(--quiet); border-radius: 6px; }
#told { min-height: 1.5em; font-size: 0.875rem; }
${['refused', 'undecided', 'admitted'].map((result) => `body:has(#show-${result}:not(:checked)) tr.${result}`).join(',\n')},
body:has(#only-changed:checked) #matrix tbody tr:not(.changed),
body:has(#show-all:not(:checked)) #matrix tbody tr:nth-child(n + ${ROWS_SHOWN + 1}) { display: none; }

.scroll { overflow-x: auto; background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; }
#matrix { border-collapse: separate; border-spacing: 0; width: 100%; min-width: 84rem; table-layout: fixed; font-size: 0.9rem; }
#matrix caption { text-align: left; max-width: calc(100vw - 3rem); padding: 0.7rem 1rem; color: var(--quiet); font-size: 0.85rem; }
#matrix th, #matrix td { padding: 0.45rem 0.6rem; border-top: 1px solid var(--line); vertical-align: top; text-align: left; font-weight: 400; overflow-wrap: anywhere; }
#matrix thead th { position: sticky; top: 0; z-index: 2; background: var(--code); border-top: 0; overflow-wrap: normal; padding: 0; }
#matrix thead button { font: inherit; font-size: 0.8rem; font-weight: 600; color: var(--text); background: none; border: 0; padding: 0.5rem 0.6rem; width: 100%; text-align: left; cursor: pointer; text-transform: capitalize; }
#matrix thead button:disabled { cursor: default; }
#matrix th[aria-sort="ascending"] button::after { content: " ▲"; }
#matrix th[aria-sort="descending"] button::after { content: " ▼"; }
#matrix .wide { width: 26rem; }
#matrix .result { width: 7.5rem; }
#matrix .change { width: 9rem; }
#matrix tbody th { position: sticky; left: 0; z-index: 1; background: var(--sheet); }
#matrix thead th.wide { left: 0; z-index: 3; }
#matrix tbody th .name { font-size: 0.85rem; font-weight: 600; }
#matrix summary, #matrix tbody th p { font-size: 0.8rem; color: var(--quiet); padding: 0.1rem 0; }
#matrix details li { font-size: 0.8rem; padding: 0.1rem 0 0.1rem 0.9rem; }
#matrix td { font-variant-numeric: tabular-nums; }
#matrix td.passed, #matrix td.admitted { color: var(--good); }
#matrix td.failed, #matrix td.refused { color: var(--bad); background: var(--bad-soft); font-weight: 600; }
#matrix td.unknown, #matrix td.undecided { color: var(--unsure); background: var(--unsure-soft); font-weight: 600; }
#matrix td.warned { color: var(--warned); }
#matrix td.off, #matrix td.absent { color: var(--quiet); }
#matrix .worse { color: var(--bad); font-weight: 600; }
#matrix .better { color: var(--good); font-weight: 600; }
#paging { margin: 0.75rem 0; }
#paging button { font: inherit; padding: 0.3rem 0.9rem; color: var(--text); background: var(--sheet); border: 1px solid var(--quiet); border-radius: 6px; cursor: pointer; }
#paging button:disabled { color: var(--quiet); border-color: var(--line); cursor: default; }
@media (max-width: 44rem) {
  #matrix { min-width: 72rem; }
  #matrix .wide { width: 13.5rem; }
  #search { width: 100%; }
  #searching { width: 100%; }
  .panel { padding: 0.9rem; }
}
@media print {
  .panel, #paging, #told { display: none; }
  .scroll { overflow: visible; border: 0; }
  #matrix, #matrix .wide { min-width: 0; width: auto; }
  #matrix thead th, #matrix tbody th { position: static; }
  #matrix tr { break-inside: avoid; }
}
`;
