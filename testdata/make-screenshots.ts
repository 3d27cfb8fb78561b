// Makes the pictures of README anew, from what the demonstration's gate says of its second image: node testdata/make-screenshots.ts
// Needs Debian's chromium. The port of the demonstration's registry differs in each run, so its host is given a name.
import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { runDemo } from '../src/demo/run-demo.ts';
import type { Verdict } from '../src/model/verdict.ts';
import { renderHtml } from '../src/report/html/html.ts';
import { renderTerminal } from '../src/report/terminal/terminal.ts';

const HOST = 'acme.example';
const IMAGES = new URL('../docs/images/', import.meta.url);
const COLUMNS = 92;
const COLOURS: Readonly<Record<string, string>> = {
  '1': 'font-weight:700',
  '2': 'color:#8b949e',
  '31': 'color:#ff7b72',
  '32': 'color:#56d364',
  '33': 'color:#e3b341',
  '35': 'color:#d2a8ff',
  '36': 'color:#79c0ff',
};

const verdict = await demoVerdict();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  await shoot(browser, 'report.png', renderHtml([verdict]), { width: 1000, height: 1190 });
  const text = renderTerminal([verdict], { colour: true, width: COLUMNS });
  const lines = stripVTControlCharacters(text).split('\n').length;
  await shoot(browser, 'terminal.png', terminalPage(text), { width: 800, height: lines * 18 + 84 });
} finally {
  await browser.close();
}

/** The verdict of the image with a token and a miner. */
async function demoVerdict(): Promise<Verdict> {
  const verdicts: Verdict[] = [];
  const onVerdict = (one: Verdict) => verdicts.push(one);
  await runDemo({ write: () => {}, colour: false, width: COLUMNS, now: () => new Date(), onVerdict });
  const refused = verdicts.find(
    ({ images, result }) => result === 'refused' && images[0]?.layers !== undefined,
  );
  if (refused === undefined) throw new Error('the demonstration has no refused image with layers');
  const [host = ''] = refused.name.split('/');
  return JSON.parse(JSON.stringify(refused).replaceAll(host, HOST));
}

async function shoot(
  browser: Browser,
  file: string,
  html: string,
  viewport: { readonly width: number; readonly height: number },
): Promise<void> {
  const page = await browser.newPage({ viewport, colorScheme: 'light' });
  await page.setContent(html);
  const picture = await page.screenshot({ animations: 'disabled' });
  writeFileSync(new URL(file, IMAGES), picture);
  console.log(`${file}: ${picture.length} bytes`);
  await page.close();
}

/** A terminal as a page: each colour of ours is a span. */
function terminalPage(text: string): string {
  let open = 0;
  const body = text.replace(/[&<>]|\u001b\[(\d+)m/g, (c, code: string | undefined) => {
    if (code === undefined) return c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;';
    const style = COLOURS[code];
    if (style !== undefined) {
      open += 1;
      return `<span style="${style}">`;
    }
    if (open === 0) return '';
    open -= 1;
    return '</span>';
  });
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #0d1117; color: #e6edf3; }
pre { margin: 0; padding: 22px 26px; font: 13px/18px "DejaVu Sans Mono", monospace; }
.prompt { color: #56d364; }
</style><pre><span class="prompt">$</span> npx pratique check ${HOST}/acme/worker:1.0

${body}</pre>`;
}
