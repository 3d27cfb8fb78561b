import axe from 'axe-core';
import fc from 'fast-check';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/model/verdict.ts';
import { renderHtml } from '../../src/report/html/html.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { hostileVerdict } from '../support/arbitrary-verdicts.ts';
import { openPage, startBrowser, whyNoBrowser } from '../support/browser.ts';
import { parseMarkup } from '../support/markup.ts';
import {
  digestOf,
  failed,
  refusedVerdict,
  sampleFinding,
  sampleVerdict,
  sampleVerdicts,
} from '../support/sample-verdicts.ts';

const reason = whyNoBrowser();
if (reason !== undefined) process.stderr.write(`skipped, the HTML report in a browser: ${reason}\n`);

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const WEAPONS = [
  '<script>window.hit=1;alert(1)</script>',
  '"><img src=x onerror="window.hit=1">',
  "' autofocus onfocus='window.hit=1",
  '</style><script>window.hit=1</script>',
  '</title><svg onload="window.hit=1">',
  'javascript:window.hit=1',
  '<a href="javascript:window.hit=1">x</a>',
  '<link rel=stylesheet href=http://evil.example/x.css>',
  '<meta http-equiv=refresh content="0;url=http://evil.example">',
  '--><base href=http://evil.example><iframe srcdoc="<script>parent.hit=1</script>">',
  '&lt;script&gt;',
].join(' ');

/** A verdict with every weapon in every text. */
function armedVerdict(): Verdict {
  const layer = { index: 0, digest: digestOf('1'), createdBy: WEAPONS, from: 'own' as const };
  const found = sampleFinding({
    rule: WEAPONS,
    message: WEAPONS,
    remedy: WEAPONS,
    fingerprint: WEAPONS,
    where: { layer, path: WEAPONS, field: WEAPONS, visibility: 'deleted', hiddenBy: 0 },
    package: { manager: 'deb', name: WEAPONS, version: WEAPONS, by: 'path' },
  });
  return sampleVerdict({
    name: WEAPONS,
    result: 'refused',
    leftOut: [WEAPONS],
    notes: [WEAPONS],
    pratique: WEAPONS,
    policy: { name: WEAPONS, origin: WEAPONS, digest: digestOf('c') },
    images: [
      {
        platform: WEAPONS,
        base: { name: WEAPONS, layers: 1 },
        layers: [{ ...layer, size: 1 }],
        ruled: [failed(WEAPONS, [found, { ...found, severity: 'low' }])],
      },
    ],
  });
}

describe.skipIf(reason !== undefined)('the HTML report in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  describe.each([
    ['a desktop', DESKTOP],
    ['a phone', PHONE],
  ] as const)('on %s', (_, viewport) => {
    test.each(['light', 'dark'] as const)('gives axe nothing to complain of, in %s', async (colorScheme) => {
      const { page, seen } = await openPage(browser, renderHtml(sampleVerdicts()), { viewport, colorScheme });
      expect(await violationsIn(page)).toEqual([]);
      expect(seen).toEqual([]);
      await page.context().close();
    });

    test('is nowhere wider than the screen, whatever it tells of', async () => {
      const { page } = await openPage(browser, renderHtml([armedVerdict(), ...sampleVerdicts()]), {
        viewport,
      });
      const wide = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(wide).toBe(0);
      await page.context().close();
    });
  });

  test('runs nothing and loads nothing of an armed verdict, whatever is clicked', async () => {
    const { page, seen } = await openPage(browser, renderHtml([armedVerdict(), armedVerdict()]), {
      viewport: DESKTOP,
    });
    for (const link of await page.locator('a').all()) await link.press('Enter');
    for (const box of await page.locator('input').all()) await box.click({ clickCount: 2 });
    for (const summary of (await page.locator('summary').all()).toReversed()) await summary.click();
    expect(seen).toEqual([]);
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(
      await page.locator('script, img, iframe, link, base, object, embed, form, [style], [onload]').count(),
    ).toBe(0);
    expect(await page.title()).toContain('2 images');
    await page.context().close();
  });

  test('lets nothing run or load even where somebody had brought it in: the policy of the page forbids it', async () => {
    const spoiled = renderHtml([refusedVerdict()]).replace(
      '</main>',
      '<script>window.hit=1</script><img src="http://evil.example/x" onerror="window.hit=1"></main>',
    );
    const { page, seen } = await openPage(browser, spoiled);
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(seen.filter((line) => line.startsWith('request'))).toEqual([]);
    expect(seen.length).toBeGreaterThan(0);
    await page.context().close();
  });

  test('is read by a browser as exactly the elements that we wrote, whatever the verdicts', async () => {
    const { page } = await openPage(browser, '<!doctype html><title>parser</title>');
    const pages = fc
      .sample(fc.array(hostileVerdict, { maxLength: 2 }), 80)
      .map((verdicts) => renderHtml(verdicts));
    const read = await page.evaluate<string[][]>(
      `${JSON.stringify(pages)}.map((text) =>
        [...new DOMParser().parseFromString(text, 'text/html').querySelectorAll('*')].map((one) => one.localName))`,
    );
    const written = pages.map((text) =>
      parseMarkup(
        text.replace(/^<!doctype html>/, '').replace(/<style>.*?<\/style>/s, '<style></style>'),
      ).elements.map(({ name }) => name),
    );
    expect(read).toEqual(written);
    await page.context().close();
  });

  test('its filters hide what an empty box names, without script', async () => {
    const { page } = await openPage(browser, renderHtml([refusedVerdict()]), { javaScriptEnabled: false });
    const shown = async () => {
      const messages: string[] = [];
      for (const one of await page.locator('.finding').all())
        if (await one.isVisible()) messages.push((await one.getAttribute('class')) ?? '');
      return messages;
    };
    expect(await shown()).toHaveLength(4);
    await page.getByLabel('refuses').uncheck();
    expect(await shown()).toEqual(['finding warned medium', 'finding excepted high']);
    await page.getByLabel('high').uncheck();
    expect(await shown()).toEqual(['finding warned medium']);
    await page.getByLabel('refuses').check();
    expect(await shown()).toHaveLength(3);
    await page.emulateMedia({ media: 'print' });
    expect(await shown()).toHaveLength(4);
    await page.context().close();
  });

  test('everything that can be worked is reached by the keyboard, in the order of the page', async () => {
    const { page } = await openPage(browser, renderHtml(sampleVerdicts()), { viewport: DESKTOP });
    const order = 'a[href], summary, input';
    const all = await page.locator(order).count();
    const reached: number[] = [];
    for (let n = 0; n < all; n += 1) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate<number>(
          `[...document.querySelectorAll('${order}')].indexOf(document.activeElement)`,
        ),
      );
    }
    const there = reached.filter((index) => index >= 0);
    expect(there.length).toBeGreaterThan(10);
    expect(there).toEqual(there.toSorted((a, b) => a - b));
    const hidden = await page
      .locator('details:not([open]) > :not(summary) summary, details:not([open]) input')
      .count();
    expect(there.length).toBe(all - hidden);
    const box = page.getByLabel('refuses').first();
    await box.focus();
    await page.keyboard.press('Space');
    expect(await box.isChecked()).toBe(false);
    const summary = page.locator('.finding.warned summary').first();
    await summary.focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('.finding.warned details').first().getAttribute('open')).toBe('');
    await page.context().close();
  });

  test('shows every finding whole on paper', async () => {
    const { page } = await openPage(browser, renderHtml([refusedVerdict()]));
    await page.emulateMedia({ media: 'print' });
    for (const one of await page.locator('.finding dl').all()) expect(await one.isVisible()).toBe(true);
    expect(await page.locator('.filters').isVisible()).toBe(false);
    await page.context().close();
  });

  test('a browser reads the JUnit view as XML, whatever the verdicts', async () => {
    const { page } = await openPage(browser, '<!doctype html><title>parser</title>');
    const texts = fc
      .sample(fc.array(hostileVerdict, { maxLength: 2 }), 150)
      .map((verdicts) => renderJunit(verdicts));
    const roots = await page.evaluate<string[]>(
      `${JSON.stringify(texts)}.map((text) =>
        new DOMParser().parseFromString(text, 'application/xml').documentElement.outerHTML.slice(0, 12))`,
    );
    expect(new Set(roots)).toEqual(new Set(['<testsuites ']));
    await page.context().close();
  });
});

/** What axe complains of, in a line each. */
async function violationsIn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate<{
    violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
    passes: unknown[];
  }>('axe.run()');
  expect(passes.length).toBeGreaterThan(15);
  return violations.flatMap(({ id, nodes }) =>
    nodes
      .slice(0, 5)
      .map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
  );
}
