import { describe, expect, it } from 'vitest';
import { recallLayer, rememberLayer } from '../../src/scan/layer-memo.ts';
import type { LayerScan } from '../../src/scan/layer-scan.ts';

/** A scan that counts as so many entries. */
function scanOf(entries: number): LayerScan {
  const packages = { witnesses: new Map(), databases: [], tooLarge: [] };
  const kept = { contents: new Map(), left: new Map(), interpreters: new Map() };
  return { entries: { length: entries }, hits: [], packages, kept } as unknown as LayerScan;
}

describe('the memory of layers', () => {
  it('lets go of what was not used for longest, once all together are too many', () => {
    const memo = new Map<string, LayerScan>();
    for (const key of ['a', 'b', 'c']) rememberLayer(memo, key, scanOf(150_000));
    expect(recallLayer(memo, 'a')).toBeDefined();
    rememberLayer(memo, 'd', scanOf(150_000));
    expect([...memo.keys()]).toEqual(['c', 'a', 'd']);
  });

  it('counts the databases of packages that a layer brings', () => {
    const memo = new Map<string, LayerScan>();
    const heavy = { path: 'x/RECORD', ordinal: 0, size: 1, deflated: { length: 200_000_000 } };
    for (const key of ['a', 'b'])
      rememberLayer(memo, key, {
        ...scanOf(1),
        packages: { witnesses: new Map(), databases: [heavy], tooLarge: [] },
      } as unknown as LayerScan);
    expect([...memo.keys()]).toEqual(['b']);
  });

  it('counts the files that are kept for checks', () => {
    const memo = new Map<string, LayerScan>();
    const contents = new Map([[0, { length: 200_000_000 }]]);
    for (const key of ['a', 'b'])
      rememberLayer(memo, key, {
        ...scanOf(1),
        kept: { contents, left: new Map(), interpreters: new Map() },
      } as unknown as LayerScan);
    expect([...memo.keys()]).toEqual(['b']);
  });

  it('keeps no layer that is too large alone, and no more than a thousand', () => {
    const memo = new Map<string, LayerScan>();
    rememberLayer(memo, 'huge', scanOf(600_000));
    expect(memo.size).toBe(0);
    for (let index = 0; index < 1100; index++) rememberLayer(memo, `${index}`, scanOf(1));
    expect(memo.size).toBe(1000);
    expect(recallLayer(memo, '99')).toBeUndefined();
    expect(recallLayer(memo, '100')).toBeDefined();
  });
});
