import type { ScanCounts, Verdict } from '../../model/verdict.ts';
import { adviceOn } from '../advice.ts';
import { RESULT_FACES } from '../faces.ts';
import { nameToType, pinnedName } from '../next-command.ts';
import { formatSize, plural } from '../size.ts';
import { entriesOf, type Fault, faultsOf, tallyOf } from '../tally.ts';
import { resultWords, tallyWords } from '../tally-words.ts';
import { findingsSection } from './html-findings.ts';
import { gateSection, platformNames } from './html-gate.ts';
import { layersSection } from './html-layers.ts';
import { renderPage } from './html-page.ts';
import { STYLE } from './html-style.ts';
import { type Html, html } from './html-template.ts';

const NOTES_SHOWN = 50;
const FAULTS_SHOWN = 50;
const OPEN_IMAGES = 3; // of several admitted images, those that are told of whole from the beginning

/**
 * The verdicts as one page that needs nothing else: no script, no picture, no font, no address is loaded, and its own policy forbids
 * it to. The style sheet is let in by its digest. Everything foreign goes through `html`. Ends with a newline.
 * @see CSP Level 3, 2.3 "Directives"; WCAG 2.2
 */
export function renderHtml(verdicts: readonly Verdict[]): string {
  const title = titleOf(verdicts);
  return renderPage({
    title,
    style: STYLE,
    skip: { to: 'main', words: 'Skip to the verdict' },
    main: html`<h1${verdicts.length === 1 && html` class="hidden"`}>${title}</h1>
${verdicts.length === 0 && html`<p>No image was checked: nothing was decided.</p>`}
${verdicts.length > 1 && imagesTable(verdicts)}
${verdicts.map((verdict, at) => article(verdict, `i${at + 1}`, verdicts.length))}`,
    footer: html`${verdicts.length > 0 && `Made by pratique ${verdicts[0]?.pratique ?? ''}. `}Every view of a verdict says the same; the JSON view says all of it.`,
  });
}

function titleOf(verdicts: readonly Verdict[]): string {
  const [only] = verdicts;
  if (only === undefined) return 'pratique: nothing was decided';
  if (verdicts.length > 1) return resultWords(verdicts);
  return `${RESULT_FACES[only.result].word}: ${only.name}`;
}

function imagesTable(verdicts: readonly Verdict[]): Html {
  return html`<table class="images">
<caption>Every image, and what was decided</caption>
<thead><tr><th scope="col">Verdict</th><th scope="col">Image</th><th scope="col">What was found</th></tr></thead>
<tbody>
${verdicts.map(
  (
    verdict,
    at,
  ) => html`<tr class="${verdict.result}"><td><span class="mark" aria-hidden="true">${RESULT_FACES[verdict.result].mark}</span> ${verdict.result}</td>
<th scope="row"><a href="#i${at + 1}">${verdict.name}</a></th>
<td>${tallyWords(verdict)}</td></tr>
`,
)}</tbody></table>
`;
}

function article(verdict: Verdict, id: string, count: number): Html {
  const { mark, word } = RESULT_FACES[verdict.result];
  const entries = entriesOf(verdict);
  const head = html`<header class="banner"><span class="seal" aria-hidden="true">${mark}</span>
<div><h2 id="${id}-title"><span class="result">${word}</span> <span class="name">${verdict.name}</span></h2>
<p>${tallyWords(verdict, tallyOf(verdict, entries))}</p>
${identity(verdict)}</div></header>
`;
  const rest = html`${faultsSection(faultsOf(verdict))}
${gateSection(verdict)}
${layersSection(verdict, entries)}
${findingsSection(verdict, entries, { id, count })}
${factsSection(verdict)}`;
  const isFolded = count > OPEN_IMAGES && verdict.result === 'admitted';
  const body =
    count === 1
      ? rest
      : html`<details class="whole"${!isFolded && html` open`}><summary>Everything about <span class="name">${verdict.name}</span></summary>
${rest}</details>
`;
  return html`<article class="verdict ${verdict.result}" id="${id}" aria-labelledby="${id}-title">
${head}${body}</article>
`;
}

function identity(verdict: Verdict): Html {
  const { subject, images, result } = verdict;
  if (subject === undefined)
    return html`<p class="quiet">never resolved to a digest: nothing was fetched</p>`;
  const platforms = images.some(({ platform }) => platform !== undefined) && platformNames(images);
  const pinned = pinnedName(verdict) ?? subject.digest;
  const use = result === 'admitted' ? 'use it by digest' : 'judged';
  return html`<p class="use"><span class="quiet">${use}</span> <code class="command">${pinned}</code></p>
<p class="quiet">${platforms}</p>`;
}

function faultsSection(faults: readonly Fault[]): Html | undefined {
  if (faults.length === 0) return undefined;
  const more = faults.length - FAULTS_SHOWN;
  return html`<section class="faults">
<h3>What could not be found out</h3>
<ul class="list">
${faults.slice(0, FAULTS_SHOWN).map(faultItem)}</ul>
${more > 0 && html`<p class="quiet">… and ${more} more; see the JSON report.</p>`}
</section>
`;
}

function faultItem({ error, decides, checks }: Fault): Html {
  const { what, where, why } = error.problem;
  const rows = [
    ['what to do', adviceOn(error)],
    ['why', why],
    ['where', where],
    ['kept from', checks.join(', ')],
    ['code', `${error.code}${decides ? '' : ', only a warning here'}`],
  ] as const;
  return html`<li class="fault"><p><span class="mark" aria-hidden="true">?</span> <strong>${what}</strong></p>
<dl>${rows.map(([label, text]) =>
    text !== undefined && text !== ''
      ? html`<div><dt>${label}</dt><dd>${text}</dd></div>
`
      : html``,
  )}</dl></li>
`;
}

/** What was looked at, under which policy, and by what: so that "nothing found" means something. */
function factsSection(verdict: Verdict): Html {
  const { policy, ruleSet, pratique, leftOut, notes, at, startedAt } = verdict;
  const builtIn = policy.origin === 'built-in' && ': signatures are reported, not demanded';
  const rows: readonly (readonly [string, Html])[] = [
    ['looked at', html`${lookedAt(verdict)}`],
    ...(leftOut.length === 0
      ? []
      : [
          ['left out', html`${leftOut.slice(0, NOTES_SHOWN).join(', ')}: not asked for, not judged`] as const,
        ]),
    ['policy', html`${policy.name}, ${policy.origin}${builtIn} <code>${policy.digest}</code>`],
    ['rules', html`<code>${ruleSet}</code>`],
    ['by', html`pratique ${pratique}`],
    ['from', html`${startedAt}`],
    ['to', html`${at}`],
    ...notes.slice(0, NOTES_SHOWN).map((note) => ['note', html`${note}`] as const),
    ...(notes.length > NOTES_SHOWN
      ? [['notes', html`… and ${notes.length - NOTES_SHOWN} more; see the JSON report`] as const]
      : []),
    ...(verdict.subject === undefined
      ? []
      : [
          ['look again', html`<code class="command">pratique inspect ${nameToType(verdict)}</code>`] as const,
        ]),
  ];
  return html`<section>
<h3>How it was judged</h3>
<dl class="facts">${rows.map(
    ([label, body]) => html`<div><dt>${label}</dt><dd>${body}</dd></div>
`,
  )}</dl>
</section>
`;
}

function lookedAt({ images }: Verdict): string {
  const scans = images.flatMap(({ scanned }) => scanned ?? []);
  if (scans.length === 0) return 'no layer was read';
  const sum = (field: keyof ScanCounts) => scans.reduce((total, scan) => total + scan[field], 0);
  const of = images.length === 1 ? '' : `${scans.length} of ${plural(images.length, 'platform')}, `;
  return `${of}${plural(sum('layers'), 'layer')}, ${plural(sum('files'), 'file')}, ${formatSize(sum('compressedBytes'))} (${formatSize(sum('expandedBytes'))} unpacked, ${formatSize(sum('contentBytes'))} searched)`;
}
