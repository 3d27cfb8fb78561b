/**
 * The style sheet of the page. Nothing foreign goes into it: its digest is what the page's policy lets in.
 * One accent for each state; text has a contrast of 4.5 and more on every ground it stands on, in both schemes.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f7f7f5; --sheet: #ffffff; --line: #e2e3e0; --text: #1d2125; --quiet: #5a626b;
  --good: #0f6a3a; --good-soft: #e6f4ec; --bad: #b02318; --bad-soft: #fceceb;
  --unsure: #6a3da3; --unsure-soft: #f1eafa; --warned: #805300; --warned-soft: #fbf1da;
  --base: #aeb9c4; --own: #4d84b8; --link: #0b5394; --code: #f1f2f0; --on-bar: #14181c;
  --mono: ui-monospace, "SFMono-Regular", "Cascadia Mono", "Segoe UI Mono", "Liberation Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121518; --sheet: #1a1e22; --line: #2e343a; --text: #e6e8ea; --quiet: #a3acb5;
    --good: #6fd39a; --good-soft: #14301f; --bad: #ff9d94; --bad-soft: #3b1b18;
    --unsure: #cbacf6; --unsure-soft: #2b203d; --warned: #f0c264; --warned-soft: #33280f;
    --base: #6d7984; --own: #6fa8dc; --link: #8fc3ff; --code: #252a2f; --on-bar: #0c0f12;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--text); overflow-wrap: anywhere;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
h1, h2, h3, h4, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 1.6rem; line-height: 1.25; letter-spacing: -0.01em; margin-bottom: 1.25rem; }
h3 { font-size: 1.125rem; line-height: 1.3; margin-bottom: 0.9rem; }
h4 { font-size: 0.95rem; margin: 1.1rem 0 0.4rem; }
a { color: var(--link); }
code, .name, .digest { font-family: var(--mono); unicode-bidi: isolate; }
code { font-size: 0.86em; background: var(--code); border-radius: 4px; padding: 0.1em 0.35em; }
.command { display: inline-block; border: 1px solid var(--line); padding: 0.2em 0.5em; user-select: all; }
.quiet { color: var(--quiet); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--sheet); padding: 0.5rem 1rem; border-radius: 6px; z-index: 1; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.top, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem; }
.top { padding-top: 1.25rem; padding-bottom: 1.25rem; }
footer { padding-top: 1rem; padding-bottom: 3rem; font-size: 0.875rem; }
main { display: block; }

.verdict { --accent: var(--unsure); --soft: var(--unsure-soft); margin-bottom: 2.5rem; }
.verdict.admitted { --accent: var(--good); --soft: var(--good-soft); }
.verdict.refused { --accent: var(--bad); --soft: var(--bad-soft); }
.banner {
  display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 1.1rem; align-items: start;
  background: var(--soft); border: 1px solid var(--line); border-left: 6px solid var(--accent);
  border-radius: 10px; padding: 1.4rem 1.5rem;
}
.seal {
  width: 3rem; height: 3rem; border-radius: 50%; display: grid; place-items: center;
  background: var(--accent); color: var(--sheet); font-size: 1.5rem; font-weight: 700; line-height: 1;
}
.banner h2 { font-size: 1.45rem; line-height: 1.3; margin-bottom: 0.3rem; }
.banner .result { color: var(--accent); letter-spacing: 0.04em; margin-right: 0.35rem; }
.banner .name { font-weight: 600; font-size: 0.86em; }
.banner .quiet, .banner p { color: var(--text); }
.banner .use { margin-top: 0.6rem; font-size: 0.9rem; }
.banner code { background: var(--sheet); }

section {
  background: var(--sheet); border: 1px solid var(--line); border-radius: 10px;
  padding: 1.4rem 1.5rem; margin-top: 1rem;
}
.mark { font-weight: 700; }
.good, .passed .mark { color: var(--good); }
.bad, .failed .mark, .enforced .mark { color: var(--bad); }
.warned .mark, li.warned > span, span.warned { color: var(--warned); }
.unknown .mark, .fault .mark { color: var(--unsure); }
.off .mark, .absent .mark, .demoted .mark, .excepted .mark { color: var(--quiet); }

.gate > li {
  position: relative; display: grid; grid-template-columns: 2rem 12.5rem minmax(0, 1fr); gap: 0 0.9rem;
  padding-bottom: 0.7rem;
}
.gate > li::before {
  content: ""; position: absolute; left: 0.97rem; top: 2rem; bottom: 0; border-left: 2px solid var(--line);
}
.gate > li:last-child { padding-bottom: 0; }
.gate > li:last-child::before { display: none; }
.gate .mark {
  width: 2rem; height: 2rem; border-radius: 50%; display: grid; place-items: center; line-height: 1;
  border: 2px solid currentColor; background: var(--sheet); font-size: 0.95rem;
}
.gate .failed .mark, .gate .passed .mark, .gate .unknown .mark, .gate .warned .mark { border-color: transparent; }
.gate .passed .mark { background: var(--good-soft); }
.gate .failed .mark { background: var(--bad); color: var(--sheet); }
.gate .warned .mark { background: var(--warned-soft); }
.gate .unknown .mark { background: var(--unsure-soft); }
.gate .off .mark, .gate .absent .mark { border: 2px dashed var(--line); }
.station { padding-top: 0.2rem; }
.station strong { text-transform: capitalize; }
.station .word { font-size: 0.8rem; color: var(--quiet); margin-left: 0.35rem; }
.gate .failed .word { color: var(--bad); }
.gate .warned .word { color: var(--warned); }
.gate .unknown .word { color: var(--unsure); }
.why { padding-top: 0.2rem; }
.why p + p { margin-top: 0.3rem; }
.absent .why, .off .why { color: var(--quiet); }
.todo::before { content: "→ "; color: var(--quiet); }

.layers + .layers { margin-top: 1.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
.strip { display: block; margin: 0.6rem 0 0.3rem; overflow: visible; }
.bar { fill: var(--own); }
.bar.base { fill: var(--base); }
.bar.bad { stroke: var(--bad); stroke-width: 3; }
.bar.warned { stroke: var(--warned); stroke-width: 2; stroke-dasharray: 5 3; }
.number, .size { font: 600 12px system-ui, sans-serif; fill: var(--on-bar); }
.size { font-weight: 400; }
.flag { font: 700 13px system-ui, sans-serif; }
.flag.bad { fill: var(--bad); }
.flag.warned { fill: var(--warned); }
.span { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 2 3; }
.start { fill: var(--bad); }
.end { fill: var(--sheet); stroke: var(--bad); stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; font-size: 0.8rem; color: var(--quiet); margin-bottom: 0.9rem; }
.swatch { display: inline-block; width: 0.9em; height: 0.9em; border-radius: 3px; margin-right: 0.4em; vertical-align: -0.1em; }
.swatch.base { background: var(--base); }
.swatch.own { background: var(--own); }
.ends { letter-spacing: -0.1em; margin-right: 0.3em; color: var(--bad); }
summary { cursor: pointer; }
.layers summary, .whole > summary { color: var(--quiet); font-size: 0.9rem; padding: 0.2rem 0; }
.whole > summary { margin-top: 0.75rem; }
.steps > li {
  display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: 0 1rem;
  padding: 0.7rem 0; border-top: 1px solid var(--line);
}
.layer { font-size: 0.875rem; }
.layer strong { font-size: 1rem; margin-right: 0.3rem; }
.digest { font-size: 0.72rem; color: var(--quiet); margin-top: 0.15rem; }
.found { margin-top: 0.4rem; font-size: 0.9rem; }
.found li { padding-left: 1.3rem; text-indent: -1.3rem; }
.found li > span:first-child { display: inline-block; width: 1rem; text-indent: 0; font-weight: 700; }
.found .enforced > span:first-child { color: var(--bad); }

.filters { display: flex; flex-wrap: wrap; gap: 0.75rem 2rem; margin-bottom: 1rem; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
legend { padding: 0; font-size: 0.8rem; color: var(--quiet); margin-bottom: 0.25rem; }
.box { display: inline-flex; align-items: center; margin: 0 0.9rem 0.2rem 0; }
.box input { width: 1.1rem; height: 1.1rem; margin: 0 0.4rem 0 0; accent-color: var(--link); }
.box label { font-size: 0.9rem; padding: 0.15rem 0; }
${['enforced', 'warned', 'demoted', 'excepted', 'critical', 'high', 'medium', 'low', 'info']
  .map((name) => `.findings:has(.show-${name}:not(:checked)) .finding.${name}`)
  .join(',\n')} { display: none; }
.list > li { border-top: 1px solid var(--line); }
.list > li:first-child { border-top: 0; }
.finding summary { padding: 0.75rem 0; line-height: 1.5; }
.finding summary .mark { display: inline-block; width: 1.2rem; text-align: center; }
.chip { display: inline-block; font-size: 0.75rem; line-height: 1.2; font-weight: 600; border-radius: 99px; padding: 0.2em 0.7em; background: var(--code); color: var(--text); }
.enforced .chip { background: var(--bad-soft); color: var(--bad); }
.warned .chip { background: var(--warned-soft); color: var(--warned); }
.effect { font-size: 0.8rem; color: var(--quiet); margin: 0 0.3rem; }
.message { font-weight: 600; }
dl > div { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: 0 1rem; padding: 0.2rem 0; }
dt { color: var(--quiet); font-size: 0.875rem; }
.finding dl { padding: 0 0 0.9rem 1.4rem; }
.fault { padding: 0.75rem 0; }
.fault dl { padding: 0.3rem 0 0 1.4rem; }
.facts { font-size: 0.9rem; }

.images { width: 100%; border-collapse: collapse; background: var(--sheet); margin-bottom: 2rem; border: 1px solid var(--line); }
.images caption { text-align: left; color: var(--quiet); font-size: 0.9rem; padding-bottom: 0.4rem; }
.images th, .images td { text-align: left; padding: 0.55rem 0.9rem; border-top: 1px solid var(--line); vertical-align: top; font-weight: 400; }
.images thead th { color: var(--quiet); font-size: 0.85rem; border-top: 0; }
.images td:first-child { white-space: nowrap; }
.images tr.admitted td:first-child { color: var(--good); }
.images tr.refused td:first-child { color: var(--bad); }
.images tr.undecided td:first-child { color: var(--unsure); }

@media (max-width: 44rem) {
  .top, main, footer { padding-left: 0.9rem; padding-right: 0.9rem; }
  section { padding: 1.1rem 1rem; }
  .banner { padding: 1.1rem 1rem; gap: 0.8rem; }
  .seal { width: 2.2rem; height: 2.2rem; font-size: 1.1rem; }
  .banner h2 { font-size: 1.2rem; }
  .banner .result, .banner .name { display: block; }
  .gate > li { grid-template-columns: 2rem minmax(0, 1fr); }
  .gate .why { grid-column: 2; }
  .size, .number.tight { display: none; }
  .steps > li { grid-template-columns: minmax(0, 1fr); gap: 0.3rem; }
  dl > div { grid-template-columns: minmax(0, 1fr); padding: 0.3rem 0; }
  .finding dl, .fault dl { padding-left: 0; }
  .images th, .images td { padding: 0.5rem; font-size: 0.875rem; }
}
@media print {
  :root {
    --ground: #ffffff; --sheet: #ffffff; --line: #c9ccc8; --text: #000000; --quiet: #4a5058;
    --good: #0f6a3a; --good-soft: #ffffff; --bad: #a01c12; --bad-soft: #ffffff;
    --unsure: #5b3191; --unsure-soft: #ffffff; --warned: #6d4700; --warned-soft: #ffffff;
    --base: #c4ccd4; --own: #8fb4d6; --link: #000000; --code: #ffffff; --on-bar: #000000;
  }
  body { font-size: 11pt; }
  .skip, .filters, .layers summary { display: none; }
  .top, main, footer { max-width: none; padding: 0; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 0.8rem 0; }
  .banner { border-radius: 0; }
  .seal, .gate .failed .mark { background: none; color: var(--accent, var(--bad)); border: 2px solid currentColor; }
  .findings .list .finding { display: list-item !important; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  .finding, .gate > li, .steps > li, .fault { break-inside: avoid; }
  h3 { break-after: avoid; }
}
`;
