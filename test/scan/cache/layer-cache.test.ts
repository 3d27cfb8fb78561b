import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { isKeepable } from '../../../src/scan/cache/keepable.ts';
import { LayerCache } from '../../../src/scan/cache/layer-cache.ts';
import { prepareCustomRules } from '../../../src/scan/custom/custom-rules.ts';
import type { ImageScan } from '../../../src/scan/image-scan.ts';
import { createImageScanner } from '../../../src/scan/image-scanner.ts';
import { type ScanOptions, scanImage } from '../../../src/scan/scan-image.ts';
import { scanLayer } from '../../../src/scan/scan-layer.ts';
import { plantCanaries } from '../../support/canaries.ts';
import { acmeToken, customRule } from '../custom/rules.ts';
import { fakeToken, inPieces, makeImage, makeLayer, type TestEntry, type TestLayer } from '../images.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const EARLIER =
  '1 of 1 layers of linux/amd64 were read by an earlier run, the oldest at 2026-11-21T12:00:00.000Z, and not again';

let base = '';
let folder = '';
let one: TestLayer;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'pratique-test-'));
  folder = join(base, 'pratique', 'layers');
  one = await makeLayer([
    { name: 'a', content: fakeToken('a') },
    { name: 'b', content: 'x' },
  ]);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** What a process of its own finds: how many layers it read, and what. */
async function look(
  layers: readonly TestLayer[],
  options: Partial<ScanOptions> = {},
  mostBytes?: number,
): Promise<{ read: number; scan: ImageScan; text: string; notes: readonly string[] }> {
  let read = 0;
  const cache = new LayerCache(folder, { now: () => NOW, ...(mostBytes !== undefined && { mostBytes }) });
  const blob = ({ blob: { digest } }: TestLayer['layer']) => {
    read++;
    return inPieces(layers.find(({ layer }) => layer.blob.digest === digest)?.blob ?? new Uint8Array());
  };
  const scanned = await scanImage(makeImage(layers), blob, { limits: DEFAULT_LIMITS, cache, ...options });
  const { hits, counts, notes } = scanned.scan;
  const files = [...scanned.filesystem.files()];
  return { read, scan: scanned.scan, notes, text: JSON.stringify([hits, counts, files]) };
}

const files = () => readdirSync(folder).map((name) => join(folder, name));
const onlyFile = () => {
  expect(files()).toHaveLength(1);
  return files()[0] ?? '';
};

describe('what an earlier process found in a layer', () => {
  it('is taken for what it is, and the verdict says so', async () => {
    const first = await look([one]);
    const second = await look([one]);
    expect([first.read, first.notes, second.read, second.notes]).toEqual([1, [], 0, [EARLIER]]);
    expect(second.text).toBe(first.text);
    expect(first.scan.hits).toHaveLength(1);
  });

  it('is said of another image of the same process, too', async () => {
    await look([one]);
    const options = { cache: new LayerCache(folder, { now: () => NOW }), memo: new Map() };
    expect((await look([one], options)).notes).toEqual([EARLIER]);
    expect((await look([one], options)).notes).toEqual([EARLIER]);
  });

  it('spares the base of another image, which reads its own layers', async () => {
    const own = await makeLayer([{ name: 'c', content: 'y' }], { index: 1 });
    await look([one]);
    expect(await look([one, own])).toMatchObject({ read: 1, notes: [EARLIER.replace('of 1', 'of 2')] });
    expect(await look([one, own])).toMatchObject({ read: 0, notes: [EARLIER.replace('1 of 1', '2 of 2')] });
  });

  it('counts for its layer, rules, limits and options alone', async () => {
    await look([one]);
    const { layer } = one;
    const others: readonly [TestLayer, Partial<ScanOptions>][] = [
      [one, { custom: prepareCustomRules([customRule()]) }],
      [one, { limits: { ...DEFAULT_LIMITS, archiveDepth: 1 } }],
      [one, { hashFiles: true }],
      [one, { fingerprintKey: 'k'.repeat(16) }],
      [{ ...one, layer: { ...layer, blob: { ...layer.blob, mediaType: 'application/x' } } }, {}],
      [{ ...one, layer: { ...layer, diffId: layer.blob.digest } }, {}],
      [{ ...one, layer: { ...layer, blob: { ...layer.blob, size: 1 } } }, {}],
    ];
    for (const [other, options] of others) {
      const read = await look([other], options).then(
        (told) => told.read,
        (thrown) => thrown,
      );
      expect(read === 1 || read instanceof PratiqueError).toBe(true);
    }
    expect((await look([one])).read).toBe(0);
  });

  it('is not asked for by a scanner of somebody else, nor kept of it', async () => {
    const scanner = createImageScanner(undefined, DEFAULT_LIMITS);
    expect((await look([one], { scanner })).read).toBe(1);
    expect(existsSync(folder)).toBe(false);
  });

  it('has fingerprints that the key of the run makes, and no others', async () => {
    const plain = await look([one]);
    rmSync(folder, { recursive: true });
    const fingerprintKey = 'a key of some length';
    const [first, second] = [await look([one], { fingerprintKey }), await look([one], { fingerprintKey })];
    const [open, keyed] = [plain, second].map(({ scan }) => scan.hits[0]?.hit.fingerprint ?? '');
    expect(second.read).toBe(0);
    expect(second.text).toBe(first.text);
    expect(keyed).not.toBe(open);
    const written = readFileSync(onlyFile(), 'latin1');
    expect([written.includes(keyed ?? ''), written.includes(open ?? '')]).toEqual([true, false]);
    expect((await look([one], { fingerprintKey: 'another key, as long' })).read).toBe(1);
  });

  it('is not kept of a layer that could not be read to its end', async () => {
    const other = await makeLayer([{ name: 'c', content: 'y'.repeat(5000) }], { index: 1 });
    const torn = { ...other, blob: other.blob.subarray(0, other.blob.length - 9) };
    await expect(look([torn])).rejects.toThrow(PratiqueError);
    expect(existsSync(folder)).toBe(false);
    await expect(look([one, torn])).rejects.toThrow(PratiqueError);
    await expect(look([one, torn])).rejects.toThrow(PratiqueError);
    expect((await look([one, other])).read).toBe(1);
  });
});

describe('a file of the cache', () => {
  const REMOVED = 'a file of the cache of layers was removed and its layer read again: ';
  const changed = 'it was changed, or not written to its end';
  /** Reads with the file spoilt: the layer is read again, the file replaced, and that is said. */
  async function readsAgain(why: string): Promise<void> {
    const again = await look([one]);
    expect(again).toMatchObject({ read: 1, notes: [expect.stringContaining(REMOVED + why)] });
    expect(again.scan.hits).toHaveLength(1);
    expect(await look([one])).toMatchObject({ read: 0, notes: [EARLIER] });
  }
  beforeEach(() => look([one]));

  it('of which any bit is flipped is dropped, and that is said', async () => {
    const whole = readFileSync(onlyFile());
    for (let at = 0; at < whole.length; at += Math.max(1, Math.floor(whole.length / 40))) {
      const other = Buffer.from(whole);
      other[at] = (other[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(onlyFile(), other);
      await readsAgain(at < 17 ? 'it is none of this version' : changed);
    }
  });

  it('that was cut off is dropped, wherever', async () => {
    const whole = readFileSync(onlyFile());
    for (const length of [0, 16, 17, 100, 136, 137, whole.length - 1]) {
      writeFileSync(onlyFile(), whole.subarray(0, length));
      await readsAgain(length < 137 ? 'it is none of this version' : changed);
    }
    writeFileSync(onlyFile(), Buffer.concat([whole, Buffer.alloc(1)]));
    await readsAgain(changed);
  });

  it('of another layer is not taken for this one by its name', async () => {
    const clean = await makeLayer([{ name: 'c', content: 'clean' }]);
    const mine = onlyFile();
    await look([clean]);
    const other = files().find((name) => name !== mine) ?? '';
    renameSync(other, mine);
    await readsAgain('it was written for another layer, or other rules');
  });

  it('that others may write to is not used, and nothing after it', async () => {
    chmodSync(onlyFile(), 0o666);
    const told = await look([one]);
    expect(told).toMatchObject({
      read: 1,
      notes: [expect.stringMatching(/^the cache of layers is not used: .*: others may/)],
    });
    expect(statSync(onlyFile()).mode & 0o777).toBe(0o666);
  });

  it('is for its owner alone', () => {
    expect([folder, join(base, 'pratique'), onlyFile()].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o700, 0o600,
    ]);
  });
});

describe('the folder', () => {
  it('that others may write to is neither read nor written, and that is said', async () => {
    await look([one]);
    chmodSync(folder, 0o777);
    const told = await look([one]);
    expect(told).toMatchObject({
      read: 1,
      notes: [expect.stringContaining('others may write to it (mode 777)')],
    });
  });

  it('that cannot be made spoils nothing but the next run', async () => {
    writeFileSync(join(base, 'pratique'), '');
    const told = await look([one]);
    expect(told.read).toBe(1);
    expect(told.scan.hits).toHaveLength(1);
  });

  it('lets go of what was not used for longest, once all files together are too many', async () => {
    const names = ['c', 'd', 'e', 'f'] as const;
    const layers = await Promise.all(names.map((name) => makeLayer([{ name, content: name }])));
    const [first, second, third, fourth] = layers as [TestLayer, TestLayer, TestLayer, TestLayer];
    const known = new Set<string>();
    for (const layer of [first, second, third]) {
      await look([layer]);
      const file = files().find((name) => !known.has(name)) ?? '';
      known.add(file);
      utimesSync(file, known.size, known.size);
    }
    expect((await look([first])).read).toBe(0); // used now
    const size = files().reduce((sum, file) => sum + statSync(file).size, 0);
    await look([fourth], {}, size + 100);
    const read = [];
    for (const layer of [first, third, fourth, second]) read.push((await look([layer])).read);
    expect(read).toEqual([0, 0, 0, 1]);
  });

  it('loses what was left half written, and not what somebody may be writing', async () => {
    await look([one]);
    const [old, fresh] = ['.a.tmp', '.b.tmp'].map((name) => join(folder, name)) as [string, string];
    for (const path of [old, fresh]) writeFileSync(path, 'half');
    utimesSync(old, NOW.getTime() / 1000 - 7200, NOW.getTime() / 1000 - 7200);
    utimesSync(fresh, NOW.getTime() / 1000 - 60, NOW.getTime() / 1000 - 60);
    await look([await makeLayer([{ name: 'c' }])]);
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
  });

  it('is shared by sixteen that write and read the same layers at once', async () => {
    const layers = await Promise.all(['c', 'd', 'e'].map((name) => makeLayer([{ name, content: name }])));
    const { text } = await look(layers);
    rmSync(folder, { recursive: true });
    const all = await Promise.all(Array.from({ length: 16 }, () => look(layers)));
    expect(new Set(all.map((told) => told.text))).toEqual(new Set([text]));
    expect(all.flatMap(({ notes }) => notes).filter((note) => !note.includes('earlier run'))).toEqual([]);
    expect(files()).toHaveLength(3);
    expect((await look(layers)).read).toBe(0);
  });
});

describe('no secret', () => {
  const canaries = plantCanaries();
  const hidden = (place: string) => canaries.token(place);
  const places: readonly (readonly [string, boolean, () => TestEntry])[] = [
    ['a file', true, () => ({ name: 'srv/.env', content: `A=${hidden('a file')}\n` })],
    [
      'a script',
      true,
      () => ({ name: 'run', content: `#!/bin/sh\n${'# a\n'.repeat(99)}T=${hidden('a script')}\n` }),
    ],
    ['UTF-16', true, () => ({ name: 'w', content: Buffer.from(`x = ${hidden('UTF-16')}`, 'utf16le') })],
    [
      'base64',
      true,
      () => ({ name: 'e', content: Buffer.from(`x=${hidden('base64')} end`).toString('base64') }),
    ],
    [
      'an attribute',
      false,
      () => ({ name: 'x', pax: { [`SCHILY.xattr.user.${hidden('an attribute')}`]: 'v' } }),
    ],
    ['a file name', false, () => ({ name: `srv/${hidden('a file name')}` })],
    ['a folder', false, () => ({ name: `srv/${hidden('a folder')}/` })],
    ['a link', false, () => ({ name: 'l', type: 'symlink' as const, linkname: `../${hidden('a link')}` })],
    ['a whiteout', false, () => ({ name: `.wh.${hidden('a whiteout')}` })],
    [
      'accounts',
      false,
      () => ({ name: 'etc/passwd', content: `root:${hidden('accounts')}:0:0::/:/bin/sh\n` }),
    ],
    ['interpreter', false, () => ({ name: 's', content: `#!/${hidden('interpreter')} x\n` })],
    [
      'a database',
      false,
      () => ({ name: 'var/lib/dpkg/status', content: `Package: ${hidden('a database')}\n` }),
    ],
    [
      'a hash',
      false,
      () => ({ name: 'etc/shadow', content: `root:$6$${'saltsalt$'}${sha512Hash()}:1::::::\n` }),
    ],
  ];
  it.each(places)('of %s is in a file of the cache', async (_place, isKept, entry) => {
    const layer = await makeLayer([entry()]);
    const first = await look([layer]);
    expect(first.scan.hits.some(({ hit }) => hit.check === 'secrets')).toBe(true);
    const written = existsSync(folder) ? files().map((file) => readFileSync(file, 'latin1')) : [];
    expect(written).toHaveLength(isKept ? 1 : 0);
    expect(canaries.seenIn(written.join('\n'))).toEqual([]);
    const second = await look([layer]);
    expect([second.read, second.text]).toEqual([isKept ? 0 : 1, first.text]);
  });

  it('that only a rule of the policy knows, either', async () => {
    const custom = prepareCustomRules([customRule()]);
    await look([await makeLayer([{ name: acmeToken(), content: 'x' }])], { custom });
    expect(existsSync(folder)).toBe(false);
  });
});

it('a scan that YARA rules did not finish is not kept', async () => {
  const scan = await scanLayer(
    inPieces(one.blob),
    one.layer,
    createImageScanner(undefined, DEFAULT_LIMITS),
    DEFAULT_LIMITS,
  );
  const yaraFault = new PratiqueError('TIMEOUT', { what: 'too slow' });
  expect([isKeepable(scan), isKeepable({ ...scan, yaraFault })]).toEqual([true, false]);
});

/** Letters as sha512-crypt makes them, of nothing. */
function sha512Hash(): string {
  const letters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let state = 7;
  return Array.from({ length: 86 }, () => {
    state = (state * 48271) % 2147483647;
    return letters[state % 64];
  }).join('');
}
