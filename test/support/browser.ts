import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { missingPrograms } from './programs.ts';

/** Why there is no browser here; `undefined` where there is one. */
export function whyNoBrowser(): string | undefined {
  return missingPrograms('chromium').length > 0 ? 'there is no chromium' : undefined;
}

/** Debian's Chromium, without a window. */
export function startBrowser(): Promise<Browser> {
  // no sandbox: a runner's container gives it none, and the pages are our own
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}

/** What a page did beside being shown. */
export interface Deeds {
  readonly page: Page;
  /** messages, errors, dialogs, and requests for anything but the page itself */
  readonly seen: readonly string[];
}

/** Opens a page whose only address is the text itself, so that it has its own policy and nothing else. */
export async function openPage(
  browser: Browser,
  html: string,
  options: BrowserContextOptions = {},
): Promise<Deeds> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen: string[] = [];
  page.on('console', (message) => seen.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => seen.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await context.route('**', (route) => {
    if (route.request().url() === PAGE)
      return route.fulfill({ contentType: 'text/html; charset=utf-8', body: html });
    seen.push(`request: ${route.request().url()}`); // what the page's policy stops never comes here
    return route.abort();
  });
  await page.goto(PAGE);
  return { page, seen };
}

const PAGE = 'http://report.test/';
