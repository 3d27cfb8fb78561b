import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { checkImage } from '../../../src/check-image.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/io/limits.ts';
import { parseTarget } from '../../../src/model/target.ts';
import type { YaraSetting } from '../../../src/model/yara-setting.ts';
import { defaultPolicy } from '../../../src/policy/default-policy.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { beginRun } from '../../../src/run.ts';
import { ruleSetDigest } from '../../../src/scan/custom/custom-rules.ts';
import type { LayerScan } from '../../../src/scan/layer-scan.ts';
import { scanImage } from '../../../src/scan/scan-image.ts';
import { yaraRulesOf } from '../../../src/scan/yara/yara-rules.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { fakeToken, inPieces, makeImage, makeLayer, makeTar, type TestEntry } from '../images.ts';
import { yaraRule, yaraSetting } from './yara-rules.ts';

// Threads are started and waited for, also on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const EVIL = yaraRule('$a = "evil-marker"', '$a', 'Evil_Marker');
const SMALL = 'rule tiny { meta: description = "very small" severity = "LOW" condition: filesize < 20 }';

/** Layers, and what is said of the rules. */
interface Case {
  readonly layers: readonly (readonly TestEntry[])[];
  readonly texts?: readonly string[];
  readonly setting?: Partial<YaraSetting>;
  readonly limits?: Partial<Limits>;
  readonly memo?: Map<string, LayerScan>;
}

const MADE = new Map<Case['layers'], ReturnType<typeof makeIt>>();

/** The same image for the same layers: a tar made later has another time in it. */
function imageOf(layers: Case['layers']): ReturnType<typeof makeIt> {
  const made = MADE.get(layers) ?? makeIt(layers);
  MADE.set(layers, made);
  return made;
}

async function makeIt(layers: Case['layers']) {
  const made = await Promise.all(layers.map((entries) => makeLayer(entries)));
  const image = makeImage(made, { entrypoint: ['/evil-marker'], env: ['X=evil-marker'] });
  const blob = ({ index }: { index: number }) => inPieces(made[index]?.blob ?? Buffer.alloc(0));
  return { image, blob };
}

async function scan({ layers, texts = [EVIL], setting = {}, limits = {}, memo }: Case) {
  const { image, blob } = await imageOf(layers);
  const yara = yaraRulesOf(yaraSetting(texts, setting));
  const all = { ...DEFAULT_LIMITS, ...limits };
  const { scan: found } = await scanImage(image, blob, {
    limits: all,
    ...(yara && { yara }),
    ...(memo && { memo }),
  });
  return { ...found, hits: found.hits.filter(({ hit }) => hit.check === 'yara') };
}

async function paths(what: Case): Promise<readonly (string | undefined)[]> {
  const { hits, yaraFault } = await scan(what);
  expect(yaraFault).toBeUndefined();
  return hits.map(({ where }) => where.path);
}

const program = (text: string) => Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.from(text)]);

describe('rules of the policy are run on an image', () => {
  test('on programs and scripts of every layer, also on deleted and replaced ones, and on no field', async () => {
    const { hits, yaraFault } = await scan({
      layers: [
        [
          { name: 'bin/gone', content: program('evil-marker') },
          { name: 'bin/new', content: program('..evil-marker') },
          { name: 'doc/readme.txt', content: 'evil-marker' },
        ],
        [
          { name: 'bin/.wh.gone', content: '' },
          { name: 'bin/new', content: 'fine' },
          { name: 'srv/run', content: '#!/bin/sh\nevil-marker\nevil-marker' },
          { name: 'srv/app.py', content: 'evil-marker' },
        ],
      ],
    });
    expect(yaraFault).toBeUndefined();
    expect(hits.map(({ where }) => [where.path, where.visibility, where.layer?.index])).toEqual([
      ['bin/gone', 'deleted', 0],
      ['bin/new', 'replaced', 0],
      ['srv/run', 'visible', 1],
      ['srv/app.py', 'visible', 1],
    ]);
    expect(hits[2]?.hit).toMatchObject({
      rule: 'yara.evil-marker',
      severity: 'high',
      confidence: 'high',
      offset: 10,
      message: 'the YARA rule Evil_Marker matches',
      args: { name: 'Evil_Marker', file: 'rules/0.yar', patterns: ['$a at 10, 22'] },
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(new Set(hits.map(({ hit }) => hit.fingerprint)).size).toBe(4);
  });

  test('on every file where the policy says so, with the severity and words of the rule', async () => {
    const { hits } = await scan({
      layers: [[{ name: 'a.txt', content: 'x' }, { name: 'empty' }, { name: 'b', content: 'x'.repeat(20) }]],
      texts: [SMALL],
      setting: { files: 'all' },
    });
    expect(hits.map(({ where, hit }) => [where.path, hit.severity, hit.message])).toEqual([
      ['a.txt', 'low', 'very small (YARA rule tiny)'],
      ['empty', 'low', 'very small (YARA rule tiny)'],
    ]);
  });

  test('on what lies in archives, at every depth, told with the file that holds it', async () => {
    const inner = await makeTar([
      { name: 'x/run.sh', content: 'evil-marker' },
      { name: 'y', content: 'evil-marker' },
    ]);
    const outer = await makeTar([
      { name: 'inner.tar.gz', content: gzipSync(inner) },
      { name: 'b.js', content: 'evil-marker' },
    ]);
    const layers = [
      [
        { name: 'first.sh', content: 'evil-marker' },
        { name: 'same.tar', content: outer },
        { name: 'last.sh', content: 'evil-marker' },
      ],
    ];
    expect(await paths({ layers })).toEqual([
      'first.sh',
      'same.tar!/inner.tar.gz!/x/run.sh',
      'same.tar!/b.js',
      'last.sh',
    ]);
  });

  test('on whole files, wherever the layer is cut, and on the zeros of them', async () => {
    const zeros = Buffer.alloc(300_000);
    const content = program(`${zeros.toString('latin1')}evil-marker`);
    const rules = [
      EVIL,
      yaraRule('$a = "evil-marker"', `$a at ${zeros.length + 4} and filesize == ${content.length}`, 'placed'),
    ];
    const { hits } = await scan({ layers: [[{ name: 'a', content }]], texts: rules });
    expect(hits.map(({ hit }) => [hit.rule, hit.offset])).toEqual([
      ['yara.evil-marker', zeros.length + 4],
      ['yara.placed', zeros.length + 4],
    ]);
  });

  test('on more small files than are gathered at once', async () => {
    const files = Array.from({ length: 9000 }, (_, index) => ({
      name: `n/${index}.sh`,
      content: index % 3000 === 7 ? 'evil-marker' : 'fine',
    }));
    expect(await paths({ layers: [files] })).toEqual(['n/7.sh', 'n/3007.sh', 'n/6007.sh']);
  });

  test('on sparse files, which come as a few bytes and are looked at one after another', async () => {
    const hole = 60 * 1024 * 1024;
    const marker = 'evil-marker';
    const pax = {
      'GNU.sparse.major': '0',
      'GNU.sparse.minor': '1',
      'GNU.sparse.size': String(hole + marker.length),
      'GNU.sparse.numblocks': '1',
      'GNU.sparse.map': `${hole},${marker.length}`,
    };
    const files = Array.from({ length: 12 }, (_, index) => ({ name: `${index}.sh`, content: marker, pax }));
    const before = process.memoryUsage.rss();
    const { hits, yaraFault } = await scan({ layers: [files] });
    expect(yaraFault).toBeUndefined();
    expect(hits.map(({ hit }) => hit.offset)).toEqual(files.map(() => hole));
    expect(process.memoryUsage.rss() - before).toBeLessThan(600 * 1024 * 1024);
  });

  test('without a secret of the file in what is told', async () => {
    const token = fakeToken('yara');
    const rule = 'rule tokens { strings: $a = /ghp_[A-Za-z0-9]{36}/ condition: $a }';
    const { hits } = await scan({
      layers: [[{ name: `${token}/a.sh`, content: `export T=${token}` }]],
      texts: [rule],
    });
    expect(hits).toHaveLength(1);
    expect(JSON.stringify(hits)).not.toContain(token.slice(8));
  });
});

describe('what could not be looked at', () => {
  const big = [
    { name: 'big.sh', content: 'x'.repeat(2000) },
    { name: 'small.sh', content: 'evil-marker' },
  ];
  const limits = { yaraFileBytes: 1000 };

  test('leaves the check undecided where a file is too large, and the layer is not remembered', async () => {
    const memo = new Map<string, LayerScan>();
    const { yaraFault } = await scan({ layers: [big], limits, memo });
    expect(yaraFault).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      problem: { where: expect.stringContaining('big.sh') },
    });
    expect(memo.size).toBe(0);
  });

  test('is listed instead where the policy says so, and files that are not asked about may have any size', async () => {
    const { hits, yaraFault } = await scan({ layers: [big], limits, setting: { largerFiles: 'tell' } });
    expect(yaraFault).toBeUndefined();
    expect(hits.map(({ hit, where }) => [hit.rule, hit.severity, where.path])).toEqual([
      ['yara.unscanned', 'info', 'big.sh'],
      ['yara.evil-marker', 'high', 'small.sh'],
    ]);
    expect(await paths({ layers: [[{ name: 'big', content: 'x'.repeat(2000) }]], limits })).toEqual([]);
  });

  test('is too much where more is found than an image may have', async () => {
    const files = Array.from({ length: 20 }, (_, index) => ({ name: `${index}.sh`, content: 'evil-marker' }));
    const { yaraFault } = await scan({ layers: [files], limits: { hitsPerImage: 10 } });
    expect(yaraFault?.code).toBe('LIMIT_EXCEEDED');
  });
});

test('a layer is looked at again under other rules, and only then', async () => {
  const memo = new Map<string, LayerScan>();
  const layers = [[{ name: 'a.sh', content: 'evil-marker' }]];
  expect(await paths({ layers, memo })).toEqual(['a.sh']);
  expect(await paths({ layers, memo })).toEqual(['a.sh']);
  expect(memo.size).toBe(1);
  expect(await paths({ layers, memo, texts: [yaraRule('$a = "other"', '$a')] })).toEqual([]);
  expect(memo.size).toBe(2);
});

describe('a verdict', () => {
  const slow = yaraRule('$a = "evil-marker"', '$a and for all i in (1..4000000000) : (i * i != 3)', 'slow');

  async function verdictOf(texts: readonly string[] | undefined, change: Partial<Policy> = {}) {
    const { image, blob } = await imageOf([[{ name: 'a.sh', content: 'evil-marker' }]]);
    const policy: Policy = { ...defaultPolicy(), ...(texts && { yara: yaraSetting(texts) }), ...change };
    const source = Object.assign(new MemorySource(), {
      resolve: async () => ({ subject: image.manifest, images: [image], leftOut: [], embedded: [] }),
      blob: () => blob({ index: 0 }),
    });
    const target = parseTarget('ghcr.io/acme/shop:1');
    const yara = yaraRulesOf(policy.yara);
    const now = () => new Date('2026-11-21T12:00:00Z');
    return checkImage(
      target,
      beginRun({ target, policy, source, platforms: [], now, ...(yara && { yara }) }),
    );
  }
  const outcomesOf = (verdict: Awaited<ReturnType<typeof verdictOf>>) =>
    verdict.images.flatMap(({ ruled }) => ruled.map(({ outcome }) => [outcome.check, outcome.state]));

  test('refuses for a match, and names the rules in its digest', async () => {
    const verdict = await verdictOf([EVIL]);
    expect(verdict.result).toBe('refused');
    expect(outcomesOf(verdict)).toContainEqual(['yara', 'failed']);
    expect(verdict.ruleSet).not.toBe(ruleSetDigest(undefined));
    expect(verdict.ruleSet).not.toBe((await verdictOf([`${EVIL}\n`])).ruleSet);
  });

  test('passes the check where nothing matches', async () => {
    const verdict = await verdictOf([yaraRule('$a = "other"', '$a')]);
    expect(outcomesOf(verdict)).toContainEqual(['yara', 'passed']);
    expect(verdict.result).toBe('admitted');
  });

  test('has no such check without rules, or where it is off', async () => {
    const off = { checks: new Map([['yara', { level: 'off' as const, options: {} }]]) };
    for (const verdict of [await verdictOf(undefined), await verdictOf([EVIL], off)]) {
      expect(outcomesOf(verdict).map(([check]) => check)).not.toContain('yara');
      expect(verdict.result).toBe('admitted');
      expect(verdict.ruleSet).toBe(ruleSetDigest(undefined));
    }
  });

  test('is undecided past the deadline of the rules, for this check alone', async () => {
    const limits = { ...DEFAULT_LIMITS, yaraSeconds: 1 };
    const verdict = await verdictOf([slow], { limits });
    expect(verdict.result).toBe('undecided');
    expect(verdict.faults).toMatchObject([{ code: 'LIMIT_EXCEEDED', problem: { where: 'a.sh' } }]);
    expect(outcomesOf(verdict)).toContainEqual(['yara', 'unknown']);
    expect(outcomesOf(verdict)).toContainEqual(['secrets', 'passed']);
  });

  test('is undecided past the deadline of the image, and the rules do not run on', async () => {
    const limits = { ...DEFAULT_LIMITS, imageSeconds: 1 };
    expect(await verdictOf([slow], { limits })).toMatchObject({
      result: 'undecided',
      faults: [{ code: 'TIMEOUT' }],
    });
  });
});
