import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Layer } from '../../src/model/image.ts';
import { prepareCustomRules } from '../../src/scan/custom/custom-rules.ts';
import type { LayerScan } from '../../src/scan/layer-scan.ts';
import { redactSecrets } from '../../src/scan/redact.ts';
import { scanConfig } from '../../src/scan/scan-config.ts';
import { type ScanOptions, type ScanProgress, scanImage } from '../../src/scan/scan-image.ts';
import { acmeToken, customRule } from './custom/rules.ts';
import { fakeToken, inPieces, makeImage, makeLayer, type TestLayer } from './images.ts';
import { makeScanner } from './scan-text.ts';

const [FIRST, SECOND] = [fakeToken('first'), fakeToken('second')];

/** Opens blobs and remembers which were read. */
function blobsOf(
  layers: readonly TestLayer[],
  read: string[] = [],
): (layer: Layer) => AsyncIterable<Uint8Array> {
  return (layer) => {
    read.push(layer.blob.digest);
    const found = layers.find(({ layer: { blob } }) => blob.digest === layer.blob.digest);
    return inPieces(found?.blob ?? new Uint8Array());
  };
}

describe('scanImage', () => {
  it('places each hit: image, platform, layer, build step, path, offset and what became of the file', async () => {
    const layers = [
      await makeLayer(
        [
          { name: 'a', content: FIRST },
          { name: 'b', content: FIRST },
          { name: 'c', content: FIRST },
        ],
        { createdBy: 'COPY . /' },
      ),
      await makeLayer([{ name: 'b', content: `new ${SECOND}` }, { name: '.wh.c' }]),
    ];
    const image = makeImage(layers);
    const { scan, filesystem } = await scanImage(image, blobsOf(layers), { limits: DEFAULT_LIMITS });
    expect(
      scan.hits.map(({ where }) => [where.layer?.index, where.path, where.offset, where.visibility]),
    ).toEqual([
      [0, 'a', 0, 'visible'],
      [0, 'b', 0, 'replaced'],
      [0, 'c', 0, 'deleted'],
      [1, 'b', 4, 'visible'],
    ]);
    expect(scan.hits[0]?.where).toMatchObject({
      image: image.manifest.digest,
      platform: 'linux/amd64',
      layer: { digest: layers[0]?.layer.blob.digest, createdBy: 'COPY . /' },
    });
    expect(scan.counts).toMatchObject({ layers: 2, files: 5, contentBytes: 40 * 4 + 4 });
    expect([...filesystem.files()].map(({ path }) => path)).toEqual(['a', 'b']);
  });

  it('cuts secrets out of the build step that it names', async () => {
    const layers = [
      await makeLayer([{ name: 'a', content: FIRST }], { createdBy: `RUN |1 T=${SECOND} /bin/sh -c make` }),
    ];
    const { scan } = await scanImage(makeImage(layers), blobsOf(layers), { limits: DEFAULT_LIMITS });
    expect(scan.hits[0]?.where.layer?.createdBy).toBe('RUN |1 T=[secret] /bin/sh -c make');
  });

  it('reads a layer once, in one image and across images', async () => {
    const shared = await makeLayer([{ name: 'a', content: FIRST }]);
    const own = await makeLayer([{ name: 'b', content: SECOND }]);
    const memo = new Map<string, LayerScan>();
    const read: string[] = [];
    const options = { limits: DEFAULT_LIMITS, memo };
    await scanImage(makeImage([shared, shared]), blobsOf([shared], read), options);
    const { scan } = await scanImage(makeImage([shared, own]), blobsOf([shared, own], read), options);
    expect(read).toEqual([shared.layer.blob.digest, own.layer.blob.digest]);
    expect(scan.hits).toHaveLength(2);
  });

  it('reads a layer again that is described in another way: by size, type or diffID', async () => {
    const one = await makeLayer([{ name: 'a', content: FIRST }]);
    const other = await makeLayer([{ name: 'b', content: FIRST }]);
    const memo = new Map<string, LayerScan>();
    await scanImage(makeImage([one]), blobsOf([one]), { limits: DEFAULT_LIMITS, memo });
    const { blob, diffId } = one.layer;
    for (const change of [
      { blob: { ...blob, size: blob.size + 1 } },
      { blob: { ...blob, mediaType: 'text/plain' } },
      { diffId: other.layer.diffId },
    ]) {
      const layer = { ...one.layer, diffId, ...change };
      const read: string[] = [];
      await scanImage(makeImage([{ ...one, layer }]), blobsOf([one], read), {
        limits: DEFAULT_LIMITS,
        memo,
      }).catch(() => {});
      expect(read).toHaveLength(1);
    }
  });

  it('reads a layer again under other rules or limits, and takes nothing from what was found without them', async () => {
    const one = await makeLayer([{ name: 'a', content: `${FIRST} ${acmeToken()}` }]);
    const memo = new Map<string, LayerScan>();
    const custom = prepareCustomRules([customRule()]);
    const found = async (options: Partial<ScanOptions>) => {
      const read: string[] = [];
      const { scan } = await scanImage(makeImage([one]), blobsOf([one], read), {
        limits: DEFAULT_LIMITS,
        memo,
        ...options,
      });
      return [read.length, scan.hits.length];
    };
    expect(await found({})).toEqual([1, 1]);
    expect(await found({ custom })).toEqual([1, 2]);
    expect(await found({})).toEqual([0, 1]);
    expect(await found({ custom })).toEqual([0, 2]);
    expect(await found({ custom: prepareCustomRules([customRule({ keywords: ['other'] })]) })).toEqual([
      1, 1,
    ]);
    const tight = { ...DEFAULT_LIMITS, hitsPerImage: 1 };
    await expect(found({ custom, limits: tight })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await found({ limits: tight })).toEqual([1, 1]);
  });

  it('judges two images at once as it judges them one after another', async () => {
    const shared = await makeLayer([{ name: 'a.gz', content: gzipSync(FIRST) }]);
    const own = await makeLayer([{ name: 'b', content: SECOND }]);
    const images = [makeImage([shared, own]), makeImage([own, shared])];
    const scanAll = (memo: Map<string, LayerScan>) => {
      const options = { limits: DEFAULT_LIMITS, memo };
      return images.map((image) => scanImage(image, blobsOf([shared, own]), options));
    };
    const atOnce = await Promise.all(scanAll(new Map()));
    const apart = await Promise.all(images.map((_, index) => scanAll(new Map())[index]));
    expect(atOnce.map(({ scan }) => scan.hits)).toEqual(apart.map((one) => one?.scan.hits));
    expect(atOnce[0]?.scan.hits.map(({ where }) => where.path)).toEqual(['a.gz!/a', 'b']);
  });

  it('remembers nothing of a layer that could not be read to its end', async () => {
    const one = await makeLayer([{ name: 'a', content: FIRST }]);
    const memo = new Map<string, LayerScan>();
    const cut = () => inPieces(one.blob.subarray(0, 40));
    await expect(scanImage(makeImage([one]), cut, { limits: DEFAULT_LIMITS, memo })).rejects.toThrow();
    expect(memo.size).toBe(0);
  });

  it('tells how far it has come, up to the last byte', async () => {
    const layers = [
      await makeLayer([{ name: 'a', content: FIRST.repeat(200) }]),
      await makeLayer([{ name: 'b', content: SECOND }]),
    ];
    const seen: ScanProgress[] = [];
    await scanImage(makeImage(layers), blobsOf(layers), {
      limits: DEFAULT_LIMITS,
      onProgress: (progress) => seen.push(progress),
    });
    const done = seen.map(({ doneBytes }) => doneBytes);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ layer: 2, layers: 2, doneBytes: seen[0]?.totalBytes });
  });

  it('finds what stands in the configuration of an image without layers', async () => {
    const { scan } = await scanImage(makeImage([], { env: ['A=b', `T=${FIRST}`] }), blobsOf([]), {
      limits: DEFAULT_LIMITS,
    });
    expect(scan.hits.map(({ where }) => where.field)).toEqual(['config.Env[1]']);
    expect(scan.counts).toMatchObject({ layers: 0, files: 0 });
  });
});

describe('scanConfig', () => {
  const scanner = makeScanner();

  it.each([
    ['config.Env[0]', { env: [`T=${FIRST}`] }],
    ['config.Entrypoint', { entrypoint: ['sh', '-c', `curl ${FIRST}`] }],
    ['config.Cmd', { cmd: [FIRST] }],
    ['config.Healthcheck', { healthcheck: ['CMD', 'curl', FIRST] }],
    ['config.OnBuild[1]', { onBuild: ['RUN a', `RUN ${FIRST}`] }],
    ['config.Labels[note]', { labels: new Map([['note', FIRST]]) }],
    [
      'history[1]',
      {
        history: [
          { createdBy: 'a', comment: '', emptyLayer: true },
          { createdBy: `RUN |1 T=${FIRST} make`, comment: '', emptyLayer: false },
        ],
      },
    ],
    ['history[0].comment', { history: [{ createdBy: '', comment: FIRST, emptyLayer: true }] }],
    ['config.User', { user: FIRST }],
    ['config.WorkingDir', { workingDir: `/${FIRST}` }],
    ['config.Volumes[0]', { volumes: [`/${FIRST}`] }],
  ])('looks into %s', (field, config) => {
    expect(scanConfig(makeImage([], config), scanner)).toMatchObject([
      { field, hit: { rule: 'secrets.github-token' } },
    ]);
  });

  it('looks into annotations, and cuts secrets out of keys that it tells', () => {
    const hits = scanConfig(makeImage([], {}, { note: FIRST, [SECOND]: 'x' }), scanner);
    expect(hits.map(({ field }) => field)).toEqual([
      'manifest.annotations[note]',
      'manifest.annotations[[secret]]',
    ]);
  });

  it('finds a named secret in the environment and in build arguments', () => {
    const config = {
      env: ['APP_SECRET=hQ7vN2xK9pLs'],
      history: [{ createdBy: 'RUN |1 NPM_PASSWORD=xK9pLshQ7vN2 make', comment: '', emptyLayer: false }],
    };
    const hits = scanConfig(makeImage([], config), scanner);
    expect(hits.map(({ field, hit }) => [field, hit.rule])).toEqual([
      ['config.Env[0]', 'secrets.named-secret'],
      ['history[0]', 'secrets.named-secret'],
    ]);
  });

  it('sees the process as it runs: a pool in the arguments of a miner', () => {
    const config = { entrypoint: ['/usr/bin/xmrig'], cmd: ['-o', 'pool.hashvault.pro:443'] };
    expect(scanConfig(makeImage([], config), scanner)).toMatchObject([
      { field: 'config.Entrypoint', hit: { rule: 'miners.command' } },
    ]);
  });

  it('finds nothing in what official images say of themselves', () => {
    const env = [
      'PATH=/usr/local/bin:/usr/bin',
      'GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305',
      'PYTHON_SHA256=2a9920c7a0cd236de33644ed980a13cbbc21058bfdc528febb6081575ed73be3',
      'NODE_VERSION=24.1.0',
      'POSTGRES_PASSWORD_FILE=/run/secrets/pg',
      'LANG=C.UTF-8',
      'JAVA_HOME=/opt/java/openjdk',
    ];
    expect(scanConfig(makeImage([], { env, cmd: ['docker-entrypoint.sh'] }), scanner)).toEqual([]);
  });
});

describe('redactSecrets', () => {
  const scanner = makeScanner();

  it('cuts every secret out and leaves the rest, letters beyond ASCII as well', () => {
    expect(redactSecrets(`é ${FIRST} ü ${SECOND}, ${FIRST}`, scanner)).toBe(
      'é [secret] ü [secret], [secret]',
    );
  });

  it('leaves a text without secrets as it is', () => {
    const text = 'RUN make \udcff';
    expect(redactSecrets(text, scanner)).toBe(text);
  });

  it('gives nothing away of a text with more secrets than it will cut', () => {
    const many = Array.from({ length: 60 }, (_, i) => fakeToken(String(i))).join(' ');
    expect(redactSecrets(many, scanner)).toBe('[secret]');
  });
});
