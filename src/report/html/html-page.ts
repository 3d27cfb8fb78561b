import { createHash } from 'node:crypto';
import { type Html, html, htmlText } from './html-template.ts';

/** What stands on a page. */
export interface Page {
  readonly title: string;
  /** the style sheet, ours to the last letter */
  readonly style: string;
  /** the script, ours to the last letter; absent: the page has none, and lets none in */
  readonly script?: string;
  /** where a reader who uses the keyboard may go at once */
  readonly skip: { readonly to: string; readonly words: string };
  readonly main: Html;
  readonly footer: Html;
}

/**
 * A page that needs nothing else: no picture, no font, no address is loaded, and its own policy forbids it to. The style sheet and
 * the script are let in by their digests. Everything foreign has gone through `html`. Ends with a newline.
 * @see CSP Level 3, 2.3 "Directives"
 */
export function renderPage({ title, style, script, skip, main, footer }: Page): string {
  const policy = [
    "default-src 'none'",
    `style-src '${digestOf(style)}'`,
    ...(script === undefined ? [] : [`script-src '${digestOf(script)}'`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
`;
  const body = html`</head>
<body>
<a class="skip" href="#${skip.to}">${skip.words}</a>
<header class="top"><p><strong>pratique</strong> <span class="quiet">what may enter, and what may not</span></p></header>
<main id="main">
${main}
</main>
<footer><p class="quiet">${footer}</p></footer>
`;
  const program = script === undefined ? '' : `<script>${script}</script>\n`;
  return `<!doctype html>\n${htmlText(head)}<style>${style}</style>\n${htmlText(body)}${program}</body>\n</html>\n`;
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
