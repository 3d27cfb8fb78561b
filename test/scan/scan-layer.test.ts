import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { OUTSIDE } from '../../src/scan/layer-scan.ts';
import { scanLayer } from '../../src/scan/scan-layer.ts';
import { fakeToken, inPieces, makeLayer, type TestEntry } from './images.ts';
import { makeScanner } from './scan-text.ts';

const TOKEN = fakeToken('one');

async function scan(
  entries: readonly TestEntry[],
  options: { behind?: string; hashFiles?: boolean; pieces?: number } = {},
) {
  const { layer, blob } = await makeLayer(entries, options);
  return scanLayer(inPieces(blob, options.pieces), layer, makeScanner(), DEFAULT_LIMITS, {
    hashFiles: options.hashFiles ?? false,
  });
}

describe('scanLayer', () => {
  it('tells the file, its position and the offset of what it finds, and what it read', async () => {
    const { hits, entries, counts } = await scan([
      { name: 'srv/' },
      { name: 'srv/clean', content: 'nothing' },
      { name: 'srv/.env', content: `T=${TOKEN}\n` },
    ]);
    expect(hits).toMatchObject([
      { path: 'srv/.env', ordinal: 2, hit: { rule: 'secrets.github-token', offset: 2 } },
    ]);
    expect(entries.map(({ path }) => path)).toEqual(['srv', 'srv/clean', 'srv/.env']);
    expect(counts).toMatchObject({ files: 2, contentBytes: 7 + 43 });
    expect(counts.expandedBytes % 512).toBe(0);
    expect(Object.keys(entries[0] ?? {}).sort()).toEqual([
      'gid',
      'linkPath',
      'mode',
      'path',
      'size',
      'type',
      'uid',
    ]);
  });

  it('finds the same however the blob is cut', async () => {
    const entries = [
      { name: 'a', content: `${'x'.repeat(700)} ${TOKEN}` },
      { name: 'b', content: fakeToken('two') },
    ];
    const whole = await scan(entries, { pieces: 1e9 });
    expect(whole.hits).toHaveLength(2);
    for (const pieces of [1, 7, 511, 512, 513]) expect(await scan(entries, { pieces })).toEqual(whole);
  });

  it('passes over zeros, and finds what stands before, between and behind them where it is', async () => {
    const zeros = '\0'.repeat(200_000);
    const content = `${fakeToken('one')} ${zeros}${fakeToken('two')}${zeros} ${fakeToken('three')}`;
    const results = await Promise.all(
      [1e9, 4096, 65_536, 70_001].map((pieces) => scan([{ name: 'a', content }], { pieces })),
    );
    expect(results[0]?.hits.map(({ hit }) => hit.offset)).toEqual([0, 200_041, 400_082]);
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it('does not find across the border of two files', async () => {
    const { hits } = await scan([
      { name: 'a', content: TOKEN.slice(0, 20) },
      { name: 'b', content: TOKEN.slice(20) },
    ]);
    expect(hits).toEqual([]);
  });

  it('looks into file names and cuts the secret out of the path it tells', async () => {
    const { hits } = await scan([{ name: `backup/${TOKEN}.json`, content: `again ${TOKEN}` }]);
    expect(hits.map(({ path, hit }) => [path, hit.args['part']])).toEqual([
      ['backup/[secret].json', 'file name'],
      ['backup/[secret].json', undefined],
    ]);
    expect(JSON.stringify(hits)).not.toContain(TOKEN.slice(8, 20));
  });

  it('looks into link targets and extended attributes', async () => {
    const { hits } = await scan([
      { name: 'current', type: 'symlink', linkname: `/data/${TOKEN}` },
      { name: 'file', content: 'x', pax: { 'SCHILY.xattr.user.note': `k=${fakeToken('two')}` } },
    ]);
    expect(hits.map(({ path, hit }) => [path, hit.args['part']])).toEqual([
      ['current', 'link target'],
      ['file', 'extended attribute user.note'],
    ]);
  });

  it('looks at bytes that belong to no file', async () => {
    const { hits } = await scan([{ name: 'a', content: 'x' }], {
      behind: `${'\0'.repeat(600)}${TOKEN}`,
      pieces: 13,
    });
    expect(hits).toMatchObject([{ path: OUTSIDE, ordinal: -1, hit: { rule: 'secrets.github-token' } }]);
  });

  it('hashes contents where it is asked to', async () => {
    const content = 'to be hashed';
    const { entries } = await scan([{ name: 'd/' }, { name: 'a', content }, { name: 'empty' }], {
      hashFiles: true,
    });
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(entries.map((entry) => entry.sha256)).toEqual([undefined, sha256(content), sha256('')]);
  });

  it('fails where the layer is not the one that was promised, and leaves the scanner ready for the next', async () => {
    const { layer, blob } = await makeLayer([{ name: 'a', content: `${TOKEN}${'y'.repeat(5000)}` }]);
    const other = await makeLayer([{ name: 'b', content: TOKEN }]);
    const scanner = makeScanner();
    const wrong = { ...layer, diffId: other.layer.diffId };
    await expect(scanLayer(inPieces(blob), wrong, scanner, DEFAULT_LIMITS)).rejects.toMatchObject({
      code: 'DIFF_ID_MISMATCH',
    });
    await expect(
      scanLayer(inPieces(blob.subarray(0, 90), 10), layer, scanner, DEFAULT_LIMITS),
    ).rejects.toMatchObject({ code: expect.any(String) });
    const { hits } = await scanLayer(inPieces(other.blob), other.layer, scanner, DEFAULT_LIMITS);
    expect(hits).toHaveLength(1);
  });
});
