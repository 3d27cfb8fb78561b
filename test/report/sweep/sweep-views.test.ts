import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../../src/model/digest.ts';
import type { SweptImage, SweptName } from '../../../src/model/sweep.ts';
import { isSweepFormat, SWEEP_FORMATS } from '../../../src/report/sweep/sweep-formats.ts';
import { type SweepReport, trendOf } from '../../../src/report/sweep/sweep-report.ts';
import { sweptName, withinBounds } from '../../../src/sweep/swept-name.ts';

const name = (more: Partial<SweptName> = {}): SweptName => ({
  name: 'r.test/a:1',
  result: 'admitted',
  checks: [],
  findings: [],
  more: 0,
  faults: [],
  ...more,
});
const image = (n: number, ...names: readonly SweptName[]): SweptImage => ({
  digest: parseDigest(`sha256:${String(n).padStart(64, '0')}`),
  result: names[0]?.result ?? 'undecided',
  names,
  at: '2026-11-21T10:00:00.000Z',
  seconds: 1.5,
  attempts: 1,
});
const finding = (fingerprint: string) => ({
  rule: 'secrets.aws',
  severity: 'high' as const,
  fingerprint,
  where: 'layer 1, a',
});
const report = (images: readonly SweptImage[], more: Partial<SweepReport> = {}): SweepReport => ({
  images,
  unresolved: [],
  leftOut: 0,
  unjudged: 0,
  policy: { name: 'acme', digest: image(0).digest, origin: 'pratique.yaml' },
  at: '2026-11-21T10:00:00.000Z',
  ...more,
});
const plain = { colour: false, width: 80 };
const REFUSED: SweptName = name({
  name: 'r.test/b:1',
  result: 'refused',
  findings: [finding('f1')],
  checks: [{ check: 'secrets', state: 'failed', level: 'fail', findings: 1 }],
});

describe('the views of a sweep', () => {
  test('for people: what is held back, why, and the figures', () => {
    const lost = { name: 'r.test/c:1', fault: { code: 'NOT_FOUND', text: 'the registry answered 404' } };
    const text = SWEEP_FORMATS.text(
      report([image(1, name()), image(2, REFUSED)], { unresolved: [lost], leftOut: 3 }),
      plain,
    );
    expect(text).toBe(
      [
        '✖ refused   r.test/b:1',
        '    secrets',
        '    secrets.aws: layer 1, a',
        '? not found r.test/c:1 the registry answered 404',
        '',
        '2 images under 2 names, 1 admitted, 1 refused, 0 undecided, 1 name not found out, 3 left out; policy acme',
        '',
      ].join('\n'),
    );
  });

  test('JSON Lines end with a summary, without which they are not whole', () => {
    const lines = SWEEP_FORMATS.jsonl(report([image(1, name()), image(2, REFUSED)]))
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['image', 'image', 'summary']);
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ admitted: 1, refused: 1, undecided: 0, images: 2 });
  });

  test('CSV keeps a spreadsheet from running what a name says', () => {
    const hostile = name({ name: '=HYPERLINK("http://x")', acted: { done: false, text: '@SUM(1,2)\n' } });
    const text = SWEEP_FORMATS.csv(report([image(1, hostile)]));
    const [, row = ''] = text.split('\r\n');
    expect(row).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(row).toContain(`"'@SUM(1,2)`);
    expect(text.split('\r\n')).toHaveLength(3);
  });

  test('no line of a name can be taken for a command of a runner', () => {
    const text = SWEEP_FORMATS.text(
      report([image(1, name({ name: '\n::error::x ##[group]', result: 'refused' }))]),
      plain,
    );
    expect(text).not.toMatch(/^::/m);
    expect(text).not.toContain('##[');
  });

  test('tell what changed since the sweep before, by name and whatever the digest', () => {
    const then = [image(1, name()), image(2, REFUSED), image(3, name({ name: 'r.test/old:1' }))];
    const now = [
      image(4, name({ result: 'refused', findings: [finding('f2')] })),
      image(5, name({ name: 'r.test/b:1' })),
      image(6, name({ name: 'r.test/new:1' })),
    ];
    expect(trendOf(report(now, { earlier: then }))).toEqual({
      appeared: 1,
      fixed: 1,
      still: 0,
      unclear: 0,
      worse: ['r.test/a:1'],
      better: ['r.test/b:1'],
      added: 1,
      gone: 1,
    });
    expect(trendOf(report(now))).toBeUndefined();
  });

  test('the page lets in its own style sheet and script, and nothing that it quotes', () => {
    const hostile = name({
      name: '</script><img src=x>',
      result: 'refused',
      findings: [{ ...finding('f'), where: '"><b>' }],
    });
    const text = SWEEP_FORMATS.html(report([image(1, hostile)], { unjudged: 1 }));
    for (const tag of ['style', 'script']) {
      const [, body = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(text) ?? [];
      const digest = createHash('sha256').update(body).digest('base64');
      expect(text).toContain(`${tag}-src &#39;sha256-${digest}&#39;`);
    }
    expect(text).toContain('default-src &#39;none&#39;');
    expect(text).not.toMatch(/<img|<b>|innerHTML|insertAdjacent|eval\(/);
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).toContain('the table is not whole');
    expect(text).toContain('1 refused, 1 undecided');
    expect(text.endsWith('</html>\n')).toBe(true);
  });

  test('a check that the policy excepts is not shown as failed, and one that warns is no refusal', () => {
    const about = (finding: object) => ({
      name: 'r.test/a:1',
      result: 'admitted',
      images: [
        { ruled: [{ outcome: { check: 'secrets', state: 'failed' }, level: 'fail', findings: [finding] }] },
      ],
      faults: [],
    });
    const verdictOf = (finding: object) => about(finding) as unknown as Parameters<typeof sweptName>[0];
    const base = { finding: { rule: 'r', severity: 'high', fingerprint: 'f', where: {} }, level: 'fail' };
    const { digest } = image(1);
    const [excepted] = sweptName(verdictOf({ ...base, excepted: { reason: 'x' } }), digest).checks;
    expect(excepted).toMatchObject({ state: 'passed', findings: 0 });
    const [warned] = sweptName(verdictOf({ ...base, level: 'warn' }), digest).checks;
    expect(warned).toMatchObject({ state: 'failed', level: 'warn', findings: 1 });
  });

  test('of an image with thousands of names no more is kept than a line of the ledger takes', () => {
    const many = Array.from({ length: 10_000 }, (_, n) =>
      name({ name: `r.test/a:${n}`, findings: Array.from({ length: 100 }, () => finding('f')), more: 1 }),
    );
    const kept = withinBounds(many);
    expect(JSON.stringify(kept).length).toBeLessThan(8_000_000);
    expect(kept.at(-1)).toMatchObject({ findings: [], more: 101 });
    expect(kept[0]).toEqual(many[0]);
  });

  test('nothing is fixed because it could not be looked at', () => {
    const then = [
      image(1, REFUSED),
      image(2, { ...REFUSED, name: 'r.test/c:1' }),
      image(3, { ...REFUSED, name: 'r.test/d:1' }),
    ];
    const now = [
      image(1, name({ name: 'r.test/b:1', result: 'undecided' })),
      image(2, name({ name: 'r.test/c:1', result: 'refused', findings: [finding('f9')], more: 1 })),
    ];
    const trend = { appeared: 1, fixed: 0, still: 0, unclear: 3 };
    expect(trendOf(report(now, { earlier: then }))).toMatchObject({ ...trend, gone: 1 });
    expect(trendOf(report(now, { earlier: then, unjudged: 1 }))).toMatchObject({ ...trend, gone: 0 });
    expect(SWEEP_FORMATS.text(report(now, { earlier: then }), plain)).toContain('3 not looked at');
  });

  test('a view that there is not is not one', () => {
    expect(isSweepFormat('toString')).toBe(false);
  });
});
