import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { verified } from '../../../src/io/verified.ts';
import type { Layer } from '../../../src/model/image.ts';
import type { StoredBlob } from '../../../src/model/image-source.ts';
import { prepareCustomRules } from '../../../src/scan/custom/custom-rules.ts';
import { createImageScanner } from '../../../src/scan/image-scanner.ts';
import type { LayerScan } from '../../../src/scan/layer-scan.ts';
import { encodeLayerScan } from '../../../src/scan/layer-scan-codec.ts';
import { prepareRules } from '../../../src/scan/prepared-rules.ts';
import { RULE_SET } from '../../../src/scan/rule-set.ts';
import { type ScanOptions, type ScanProgress, scanImage } from '../../../src/scan/scan-image.ts';
import { scanLayer } from '../../../src/scan/scan-layer.ts';
import { LayerThread } from '../../../src/scan/threads/layer-thread.ts';
import { LayoutSource } from '../../../src/sources/layout/layout-source.ts';
import { allCases } from '../../../testdata/hostile/cases.ts';
import { filesInMemory } from '../../hostile/seen-by-us.ts';
import { acmeToken, customRule } from '../custom/rules.ts';
import { fakeToken, inPieces, makeImage, makeLayer, type TestLayer, validToken } from '../images.ts';

const limits = { ...DEFAULT_LIMITS, hitsPerImage: 40, archiveDepth: 2 };
const scanner = createImageScanner(undefined, limits);

function startThread(slot = 1): LayerThread {
  const { shared: matcher } = prepareRules(RULE_SET).matcher;
  return new LayerThread({ limits, hashFiles: true, custom: [], matcher, slot }, () => {});
}

/** The bytes of what was found, or the words of the fault. */
async function told(work: () => Promise<LayerScan>): Promise<string> {
  try {
    return Buffer.from(encodeLayerScan(await work())).toString('latin1');
  } catch (thrown) {
    if (thrown instanceof PratiqueError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
}

function inThisThread(layer: Layer, blob: AsyncIterable<Uint8Array>): Promise<string> {
  return told(() => scanLayer(blob, layer, scanner, limits, { hashFiles: true }));
}

/** Every layer of every hostile image that can be named, with its bytes. */
async function hostileLayers(): Promise<readonly { layer: Layer; blob: () => AsyncIterable<Uint8Array> }[]> {
  const found = new Map<string, { layer: Layer; blob: () => AsyncIterable<Uint8Array> }>();
  for (const one of allCases().values()) {
    const files = filesInMemory(one.files());
    const source = new LayoutSource(files, { name: 'oci:case', tag: 'case', limits });
    const images = await source.resolve().then(
      (resolved) => resolved.images,
      () => [],
    );
    for (const layer of images.flatMap((image) => image.layers)) {
      const key = `${layer.blob.digest} ${layer.blob.size} ${layer.blob.mediaType} ${layer.diffId}`;
      found.set(key, { layer, blob: () => source.blob(layer.blob) });
    }
  }
  return [...found.values()];
}

describe('a thread that reads layers', () => {
  let thread: LayerThread;
  const folder = mkdtempSync(join(tmpdir(), 'pratique-threads-'));
  beforeAll(() => {
    thread = startThread();
  });
  afterAll(() => {
    thread.close();
    rmSync(folder, { recursive: true });
  });

  it('says the very same of every hostile layer as this thread does', { timeout: 60_000 }, async () => {
    const layers = await hostileLayers();
    expect(layers.length).toBeGreaterThan(150);
    let faults = 0;
    for (const { layer, blob } of layers) {
      const here = await inThisThread(layer, blob());
      const there = await told(() => thread.read(layer, { blob }, () => {}));
      expect(there).toBe(here);
      if (/^[A-Z_]+: /.test(here)) faults++;
    }
    expect(faults).toBeGreaterThan(50);
    expect(faults).toBeLessThan(layers.length - 50);
  });

  describe('from a file', () => {
    const cases: readonly (readonly [string, (blob: Buffer) => Buffer])[] = [
      ['that is whole', (blob) => blob],
      ['that is empty', () => Buffer.alloc(0)],
      ['that is cut off', (blob) => blob.subarray(0, blob.length - 9)],
      ['that goes on', (blob) => Buffer.concat([blob, Buffer.from('more')])],
      ['of other bytes', (blob) => Buffer.from(blob).fill(0, 200, 300)],
    ];
    it.each(cases)('%s it says what this thread does', async (name, change) => {
      const { layer, blob } = await makeLayer([
        { name: 'a', content: `${validToken('one')}\n`.repeat(3000) },
        { name: 'b', content: fakeToken('two') },
      ]);
      const path = join(folder, name);
      const bytes = change(blob);
      writeFileSync(path, bytes);
      const here = await inThisThread(layer, verified(inPieces(bytes), layer.blob, 'a file'));
      let closed = 0;
      const stored = async (): Promise<StoredBlob> => {
        const file = await open(path);
        const close = () => file.close().then(() => void closed++);
        return { fd: file.fd, offset: 0, where: 'a file', close };
      };
      const unread = () => inPieces(Buffer.alloc(0));
      const there = await told(() => thread.read(layer, { blob: unread, stored }, () => {}));
      expect(there).toBe(here);
      expect(closed).toBe(1);
      expect(/^[A-Z_]+: /.test(here)).toBe(name !== 'that is whole');
    });
  });

  it('hears the fault of a source as it was thrown, and what it finds out before that', async () => {
    const { layer, blob } = await makeLayer([{ name: 'a', content: 'x'.repeat(100_000) }]);
    const fault = new PratiqueError('NETWORK', { what: 'the cable was cut' }, { cause: new Error('cable') });
    async function* breaking(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw fault;
    }
    const read = (bytes: Uint8Array) => thread.read(layer, { blob: () => breaking(bytes) }, () => {});
    await expect(read(blob.subarray(0, 20))).rejects.toBe(fault);
    await expect(read(Buffer.from('this is no gzip, and no tar'.repeat(100)))).rejects.toMatchObject({
      code: 'TAR_INVALID',
    });
  });

  it('reads the next layer from its beginning to its end, whatever is still to come of one that it has left', async () => {
    const { layer, blob } = await makeLayer([{ name: 'a', content: validToken('left') }]);
    let goOn = () => {};
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(600_000, 'this is no gzip, and no tar');
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    }
    async function* next(): AsyncGenerator<Uint8Array> {
      yield blob.subarray(0, 100);
      goOn();
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield blob.subarray(100);
    }
    await expect(thread.read(layer, { blob: slow }, () => {})).rejects.toMatchObject({ code: 'TAR_INVALID' });
    const { hits } = await thread.read(layer, { blob: next }, () => {});
    expect(hits).toHaveLength(1);
  });

  it('takes in no more than it has worked off, however fast bytes come', async () => {
    const content = Buffer.alloc(24_000_000, Buffer.from('abcdefghijklmnopqrstuvwxyz 0123456789\n'));
    const { layer, blob } = await makeLayer([{ name: 'a', content }], {});
    let asked = 0;
    let read = 0;
    let most = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const piece of inPieces(blob, 1000)) {
        asked += piece.length;
        most = Math.max(most, asked - read);
        yield piece;
      }
    }
    await thread.read(layer, { blob: counted }, (bytes) => {
      read += bytes;
    });
    expect(read).toBe(blob.length);
    expect(most).toBeLessThan(5 * 1024 * 1024);
  });

  it('that ends over a layer leaves the layer undecided, and says so', async () => {
    const { layer } = await makeLayer([{ name: 'a', content: 'b' }]);
    const dying = startThread(2);
    async function* stuck(): AsyncGenerator<Uint8Array> {
      await (dying as unknown as { readonly worker: Worker }).worker.terminate();
      yield* inPieces(Buffer.alloc(10));
    }
    await expect(dying.read(layer, { blob: stuck }, () => {})).rejects.toMatchObject({
      code: 'SCAN_INCOMPLETE',
      message: expect.stringContaining(`layer 0, ${layer.blob.digest}`),
    });
    expect(dying.isAlive).toBe(false);
  });
});

/** What a scan tells of an image, or its fault, whichever way its layers are read. */
async function seen(layers: readonly TestLayer[], options: Partial<ScanOptions>): Promise<unknown> {
  const image = makeImage(layers);
  const blob = ({ blob: { digest } }: Layer) =>
    inPieces(layers.find(({ layer }) => layer.blob.digest === digest)?.blob ?? Buffer.alloc(0));
  try {
    const { scan, filesystem } = await scanImage(image, blob, { limits, ...options });
    const files = [...filesystem.files()].map(({ path, size }) => `${path} ${size}`);
    return { hits: scan.hits, counts: scan.counts, notes: scan.notes, files };
  } catch (thrown) {
    return thrown instanceof PratiqueError ? `${thrown.code}: ${thrown.message}` : thrown;
  }
}

describe('an image whose layers are read by threads', { timeout: 60_000 }, () => {
  const secrets = (name: string, count: number) =>
    makeLayer(
      Array.from({ length: count }, (_, at) => ({
        name: `${name}-${at}`,
        content: `x ${validToken(`${name} ${at}`)} y`,
      })),
    );
  /** The digest fits, the tar does not. */
  const broken = async (name: string): Promise<TestLayer> => {
    const made = await makeLayer([{ name, content: 'x' }]);
    return { ...made, layer: { ...made.layer, diffId: made.layer.blob.digest } };
  };

  it('is judged as by this thread: with secrets, the same layer twice, and rules of its own', async () => {
    const again = await secrets('again', 3);
    const own = await makeLayer([
      { name: 'own', content: `token ${acmeToken('a')}` },
      { name: '.wh.again-1' },
    ]);
    const layers = [again, await secrets('two', 2), again, own];
    const options = { hashFiles: true, custom: prepareCustomRules([customRule()]) };
    const alone = await seen(layers, { ...options, threads: 0 });
    expect(alone).toMatchObject({ counts: { layers: 4 } });
    expect((alone as { hits: readonly unknown[] }).hits.length).toBeGreaterThanOrEqual(9);
    expect(await seen(layers, { ...options, threads: 2 })).toEqual(alone);
  });

  it('fails with the fault of its lowest layer that has one, whichever is met first', async () => {
    const large = await secrets('large', 30);
    const layers = [large, await broken('one'), await broken('two'), await secrets('more', 20)];
    const alone = await seen(layers, { threads: 0 });
    expect(alone).toMatch(/^DIFF_ID_MISMATCH: .*layer 1,/);
    expect(await seen(layers, { threads: 2 })).toEqual(alone);
  });

  it('has one budget of findings for all of its layers', async () => {
    const layers = [await secrets('one', 30), await secrets('two', 30)];
    const alone = await seen(layers, { threads: 0 });
    expect(alone).toMatch(/^LIMIT_EXCEEDED: .*image sha256:/);
    expect(await seen(layers, { threads: 1 })).toEqual(alone);
  });

  it('tells how far it is, never backwards, and reads nothing that it knows', async () => {
    const layers = [await secrets('one', 2), await secrets('two', 2), await secrets('three', 2)];
    const memo = new Map<string, LayerScan>();
    const steps: ScanProgress[] = [];
    await seen(layers, { threads: 2, memo, onProgress: (step) => steps.push(step) });
    const total = layers.reduce((sum, { blob }) => sum + blob.length, 0);
    expect(steps.at(-1)).toEqual({ layer: 3, layers: 3, doneBytes: total, totalBytes: total });
    for (const [at, step] of steps.entries()) {
      expect(step.doneBytes).toBeGreaterThanOrEqual(steps[at - 1]?.doneBytes ?? 0);
      expect(step.layer).toBeGreaterThanOrEqual(steps[at - 1]?.layer ?? 0);
    }
    const image = makeImage(layers);
    const unread = (): AsyncIterable<Uint8Array> => {
      throw new Error('it was read again');
    };
    const { scan } = await scanImage(image, unread, { limits, memo, threads: 2 });
    expect(scan.hits).toHaveLength(6);
  });

  it('is left once nobody waits for it', async () => {
    const layers = [await secrets('one', 1), await secrets('two', 1)];
    let isOver = false;
    let isLeft = false;
    async function* stuck(): AsyncGenerator<Uint8Array> {
      try {
        isOver = true;
        await new Promise((resolve) => setTimeout(resolve, 500));
        yield* inPieces(Buffer.alloc(10));
      } finally {
        isLeft = true;
      }
    }
    const scan = scanImage(makeImage(layers), stuck, { limits, threads: 1, isOver: () => isOver });
    await expect(scan).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect.poll(() => isLeft).toBe(true);
  });
});
