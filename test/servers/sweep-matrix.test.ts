import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/model/digest.ts';
import type { SweptImage, SweptName } from '../../src/model/sweep.ts';
import type { Result } from '../../src/model/verdict.ts';
import { renderSweepHtml } from '../../src/report/sweep/html/sweep-html.ts';
import type { SweepReport } from '../../src/report/sweep/sweep-report.ts';
import { openPage, startBrowser, whyNoBrowser } from '../support/browser.ts';

const reason = whyNoBrowser();
if (reason !== undefined) process.stderr.write(`skipped, the matrix of a sweep in a browser: ${reason}\n`);

const WEAPON =
  '</script></style><script>window.hit=1</script>"><img src=x onerror="window.hit=1">\' onfocus=\'window.hit=1';
const RESULTS: readonly Result[] = ['admitted', 'refused', 'undecided'];

function image(n: number, more: Partial<SweptName> = {}): SweptImage {
  const result = RESULTS[n % 3] ?? 'admitted';
  const failed = { state: 'failed' as const, level: 'fail' as const, findings: 2 };
  const passed = { state: 'passed' as const, level: 'fail' as const, findings: 0 };
  const finding = { rule: 'secrets.x', severity: 'high' as const, fingerprint: `f${n}`, where: 'layer 1, a' };
  return {
    digest: parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`),
    result,
    names: [
      {
        name: `r.test/a:${n}`,
        result,
        checks: [
          { check: 'name.allowed', ...passed },
          { check: 'secrets', ...(result === 'refused' ? failed : passed) },
        ],
        findings: result === 'refused' ? [finding, { ...finding, fingerprint: `g${n}` }] : [],
        more: 0,
        faults: result === 'undecided' ? [{ code: 'TIMEOUT', text: 'it took too long' }] : [],
        ...more,
      },
    ],
    at: '2026-11-21T10:00:00.000Z',
    seconds: n / 10,
    attempts: 1,
  };
}

function report(size: number, more: Partial<SweepReport> = {}): SweepReport {
  return {
    images: Array.from({ length: size }, (_, n) => image(n)),
    unresolved: [],
    leftOut: 0,
    unjudged: 0,
    policy: { name: 'acme', digest: image(0).digest, origin: 'pratique.yaml' },
    at: '2026-11-21T10:00:00.000Z',
    ...more,
  };
}

describe.skipIf(reason !== undefined)('the matrix of a sweep', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  const names = `[...document.querySelectorAll('#matrix tbody tr')].filter((row) => row.offsetParent !== null).map((row) => row.querySelector('.name').textContent)`;

  test('is sorted, filtered and looked through without a server', async () => {
    const { page, seen } = await openPage(browser, renderSweepHtml(report(6)));
    expect(await page.evaluate(names)).toEqual([1, 4, 2, 5, 0, 3].map((n) => `r.test/a:${n}`));
    await page.getByRole('button', { name: 'image' }).click();
    expect(await page.evaluate(names)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `r.test/a:${n}`));
    await page.getByRole('button', { name: 'seconds' }).click();
    await page.getByRole('button', { name: 'seconds' }).click();
    expect(await page.evaluate(names)).toEqual([5, 4, 3, 2, 1, 0].map((n) => `r.test/a:${n}`));
    expect(await page.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('descending');
    await page.getByRole('button', { name: 'secrets' }).click();
    expect(((await page.evaluate(names)) as string[]).slice(0, 2).toSorted()).toEqual([
      'r.test/a:1',
      'r.test/a:4',
    ]);
    await page.getByLabel('admitted').uncheck();
    await page.getByRole('searchbox').fill('TIMEOUT');
    await expect.poll(() => page.evaluate(names)).toEqual(['r.test/a:5', 'r.test/a:2']);
    expect(await page.getByRole('status').textContent()).toContain('4 filtered out');
    expect(seen).toEqual([]);
    await page.context().close();
  });

  test('turns pages over thousands of names', async () => {
    const { page } = await openPage(browser, renderSweepHtml(report(1000)));
    expect(await page.evaluate(names)).toHaveLength(250);
    for (let turns = 0; turns < 3; turns++) await page.getByRole('button', { name: 'Next' }).click();
    expect(await page.getByRole('status').textContent()).toContain('names 751 to 1000 of 1000');
    expect(await page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
    await page.context().close();
  });

  test('filters without its script, and can show all then', async () => {
    const html = renderSweepHtml(report(600));
    const { page } = await openPage(browser, html, { javaScriptEnabled: false });
    expect(await page.locator('#matrix tbody tr:visible').count()).toBe(250);
    await page.getByLabel('show all 600 rows').check();
    await page.getByLabel('refused').uncheck();
    expect(await page.locator('#matrix tbody tr:visible').count()).toBe(400);
    await page.context().close();
  });

  test('runs nothing that a registry says, and asks nobody for anything', async () => {
    const armed = image(1, { name: WEAPON, faults: [{ code: WEAPON, text: WEAPON }], findings: [] });
    const all = report(0, {
      images: [armed],
      earlier: [armed],
      unresolved: [{ name: WEAPON, fault: { code: WEAPON, text: WEAPON } }],
      policy: { name: WEAPON, digest: image(0).digest, origin: WEAPON },
    });
    const { page, seen } = await openPage(browser, renderSweepHtml(all));
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.locator('img, script:not(body > script), base, iframe, link').count()).toBe(0);
    expect(await page.evaluate(names)).toEqual([WEAPON, WEAPON]);
    expect(seen).toEqual([]);
    await page.context().close();
  });

  test.each([
    ['a desk', 1400, 'light'],
    ['a telephone', 390, 'dark'],
  ] as const)('is for everybody, and no wider than %s', async (_name, width, colorScheme) => {
    const trend = report(9, { earlier: Array.from({ length: 9 }, (_, n) => image(n + 1)), unjudged: 1 });
    const viewport = { width, height: 800 };
    const { page } = await openPage(browser, renderSweepHtml(trend), {
      viewport,
      colorScheme,
      bypassCSP: true,
    });
    await page.evaluate(axe.source);
    const found = (await page.evaluate('axe.run()')) as { violations: readonly { id: string }[] };
    expect(found.violations.map(({ id }) => id)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await page.context().close();
  });
});
