import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { LayerScan } from '../../src/scan/layer-scan.ts';
import { decodeLayerScan, encodeLayerScan } from '../../src/scan/layer-scan-codec.ts';
import { scanLayer } from '../../src/scan/scan-layer.ts';
import { inPieces, makeLayer, validToken } from './images.ts';
import { makeScanner } from './scan-text.ts';

/** A scan in which every field has something. */
async function fullScan(): Promise<LayerScan> {
  const { layer, blob } = await makeLayer([
    { name: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\n' },
    { name: 'etc/shadow', content: 'x'.repeat(200_000) },
    { name: 'run.sh', content: `#!/bin/sh\n${validToken('a')}\n`, uid: 7, gid: 8 },
    { name: `${validToken('name')}/`, mode: 0o700 },
    { name: 'link', type: 'symlink', linkname: '../caf\udce9\n"' },
    { name: 'setuid', mode: 0o4755, content: 'x', pax: { 'SCHILY.xattr.user.a': validToken('b') } },
    { name: 'sealed.7z', content: Buffer.from('377abcaf271c000400000000', 'hex') },
    { name: 'var/lib/dpkg/status', content: 'Package: a\nStatus: install ok installed\nVersion: 1\n' },
    { name: 'device', type: 'character-device', devmajor: 0, devminor: 0 },
  ]);
  const scan = await scanLayer(inPieces(blob), layer, makeScanner(), DEFAULT_LIMITS, { hashFiles: true });
  const source = { path: 'a.py', digests: { md5: '1', sha1: '2', sha256: '3' } };
  const witnesses = new Map([...scan.packages.witnesses, [0, { ...source, path: 'a.pyc', source }] as const]);
  return { ...scan, packages: { ...scan.packages, witnesses, tooLarge: ['var/lib/rpm/Packages'] } };
}

describe('the scan of a layer as bytes', () => {
  let scan: LayerScan;
  let bytes: Uint8Array;
  beforeAll(async () => {
    scan = await fullScan();
    bytes = encodeLayerScan(scan);
  });

  it('has something in every field, and comes back as it was', () => {
    const { packages, kept } = scan;
    const { witnesses, databases } = packages;
    const { contents, left, interpreters } = kept;
    for (const some of [witnesses, contents, left, interpreters]) expect(some.size).toBeGreaterThan(0);
    for (const some of [scan.entries, scan.hits, databases]) expect(some.length).toBeGreaterThan(0);
    expect(scan.entries.some(({ isOverlayWhiteout }) => isOverlayWhiteout)).toBe(true);
    expect(scan.hits.some(({ hit }) => hit.unread)).toBe(true);
    const back = decodeLayerScan(bytes);
    expect(back).toEqual({
      ...scan,
      packages: {
        ...packages,
        databases: databases.map((one) => ({ ...one, deflated: new Uint8Array(one.deflated) })),
      },
    });
    expect(encodeLayerScan(back)).toEqual(bytes);
  });

  it('is read as what it is or not at all, whatever is changed, cut off or put behind', () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([at, by]) => {
        const other = Uint8Array.from(bytes);
        other[at] = (other[at] as number) ^ by;
        try {
          // What is still a scan is written as it was read: nothing in it was passed over.
          expect(encodeLayerScan(decodeLayerScan(other)).length).toBeGreaterThan(0);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 300 },
    );
    for (const length of [0, 3, 4, 100, bytes.length - 1])
      expect(() => decodeLayerScan(bytes.subarray(0, length))).toThrow(RangeError);
    expect(() => decodeLayerScan(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(RangeError);
  });

  const wrong: readonly (readonly [string, (text: string) => string])[] = [
    ['another form', (text) => text.replace('"form":1', '"form":2')],
    ['a field more', (text) => text.replace('{"form"', '{"more":1,"form"')],
    ['a field less', (text) => text.replace(/"tooLarge":\[[^\]]*\],/, '')],
    ['a severity that there is not', (text) => text.replace(/"severity":"\w+"/, '"severity":"grave"')],
    ['a hit with a field more', (text) => text.replace('"fingerprint"', '"secret":"x","fingerprint"')],
    ['a hit in an entry that there is not', (text) => text.replace(/"run\.sh",2,/, '"run.sh",99,')],
    ['a count below zero', (text) => text.replace(/"counts":\[/, '"counts":[-')],
    ['a mode beyond its bits', (text) => text.replace(/"etc\/passwd",0,\d+/, '"etc/passwd",0,4096')],
    ['text that is no JSON', (text) => text.replace('{', '[')],
  ];
  it.each(wrong)('is not read with %s', (_name, change) => {
    const length = Buffer.from(bytes).readUInt32BE(0);
    const before = Buffer.from(bytes).toString('utf8', 4, 4 + length);
    const text = Buffer.from(change(before));
    expect(text.toString()).not.toBe(before);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(text.length);
    const other = Buffer.concat([head, text, bytes.subarray(4 + length)]);
    expect(() => decodeLayerScan(other)).toThrow(RangeError);
  });

  it('is not made of a scan that is not whole', () => {
    const yaraFault = new PratiqueError('TIMEOUT', { what: 'too slow' });
    expect(() => encodeLayerScan({ ...scan, yaraFault })).toThrow(RangeError);
  });
});
