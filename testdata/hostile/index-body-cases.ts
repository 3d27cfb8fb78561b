import { bytesOf, digestOf, type HostileCase, type Layout, type Line, TYPES, withName } from './case.ts';
import { AMD64, ARM64, indexCase, indexOf, layoutCase, on, type Parts, UNKNOWN } from './indexes.ts';
import { EVIL, text } from './manifests.ts';

export function indexBodyCases(): readonly HostileCase[] {
  const hybrid = ({ layout, good, evil }: Parts, ownType: object) => {
    const body = layoutBody(layout);
    return { schemaVersion: 2, ...ownType, ...body, manifests: [on(good, AMD64), on(evil, ARM64)] };
  };
  return [
    indexCase('layers-too', 'a manifest too', (all) => hybrid(all, { mediaType: TYPES.index })),
    indexCase('layers-too-no-type', 'a manifest too, and no type inside', (all) => hybrid(all, {})),
    indexCase(
      'layers-too-as-manifest',
      'the same, given as a manifest',
      (all) => hybrid(all, {}),
      TYPES.manifest,
    ),
    indexCase('config-too', 'a configuration too', (all) => ({
      ...indexOf(on(all.evil, AMD64)),
      config: layoutBody(all.layout).config,
    })),
    indexCase('layers-empty-too', 'an empty list of layers too', ({ evil }) => ({
      ...indexOf(on(evil, AMD64)),
      layers: [],
    })),
    indexCase('own-type-manifest', 'an index that says it is a manifest', ({ evil }) => ({
      ...indexOf(on(evil, AMD64)),
      mediaType: TYPES.manifest,
    })),
    indexCase('own-type-docker', 'an OCI index that says it is of Docker', ({ evil }) => ({
      ...indexOf(on(evil, AMD64)),
      mediaType: TYPES.dockerIndex,
    })),
    indexCase('own-type-absent', 'an index without a type inside', ({ evil }) => ({
      ...indexOf(on(evil, AMD64)),
      mediaType: undefined,
    })),
    indexCase('own-type-empty', 'an index with an empty type inside', ({ evil }) => ({
      ...indexOf(on(evil, AMD64)),
      mediaType: '',
    })),
    indexCase('version-1', 'schemaVersion 1', ({ evil }) => ({
      ...indexOf(on(evil, AMD64)),
      schemaVersion: 1,
    })),
    indexCase('version-absent', 'no schemaVersion', ({ evil }) => ({
      ...indexOf(on(evil, AMD64)),
      schemaVersion: undefined,
    })),
    indexCase('line-type-index', 'a manifest listed as an index', ({ evil }) =>
      indexOf(on({ ...evil, mediaType: TYPES.index }, AMD64)),
    ),
    indexCase('line-type-docker', 'an OCI manifest listed as one of Docker', ({ evil }) =>
      indexOf(on({ ...evil, mediaType: TYPES.dockerManifest }, AMD64)),
    ),
    indexCase('line-type-unknown', 'a manifest of an unknown type', ({ evil }) =>
      indexOf(on({ ...evil, mediaType: 'application/json' }, AMD64)),
    ),
    indexCase('line-type-unknown-beside', 'a line of an unknown type beside an image', (all) =>
      indexOf(on(all.good, AMD64), on(all.layout.put('{}', 'application/json'), AMD64)),
    ),
    indexCase('line-type-empty', 'a line without a type', ({ evil }) =>
      indexOf(on({ ...evil, mediaType: '' }, AMD64)),
    ),
    indexCase('line-size-lie', 'a manifest larger than its line says', ({ evil }) =>
      indexOf(on({ ...evil, size: Number(evil.size) - 1 }, AMD64)),
    ),
    indexCase('line-size-more', 'a manifest smaller than its line says', ({ evil }) =>
      indexOf(on({ ...evil, size: Number(evil.size) + 1 }, AMD64)),
    ),
    indexCase('line-digest-twice', 'two digests in a line', ({ good, evil }) =>
      text(
        '"schemaVersion":2',
        `"manifests":[${JSON.stringify(good).slice(0, -1)},"digest":"${evil.digest}","platform":${JSON.stringify(AMD64)}}]`,
      ),
    ),
    indexCase('line-digest-case', 'two digests in a line by case', ({ good, evil }) =>
      text(
        '"schemaVersion":2',
        `"manifests":[${JSON.stringify(good).slice(0, -1)},"Digest":"${evil.digest}","size":${evil.size},"platform":${JSON.stringify(AMD64)}}]`,
      ),
    ),
    indexCase('manifests-twice', 'two lists', ({ good, evil }) =>
      text('"schemaVersion":2', ['"manifests"', [on(good, AMD64)]], ['"manifests"', [on(evil, AMD64)]]),
    ),
    indexCase('manifests-case', 'two lists by case', ({ good, evil }) =>
      text('"schemaVersion":2', ['"manifests"', [on(good, AMD64)]], ['"Manifests"', [on(evil, AMD64)]]),
    ),
    indexCase('manifests-long-s', 'a list with a long s', ({ good, evil }) =>
      text('"schemaVersion":2', ['"manifests"', [on(good, AMD64)]], ['"manifest\u017f"', [on(evil, AMD64)]]),
    ),
    indexCase('artifact-line', 'an artifact beside an image', (all) =>
      indexOf(on(all.good, AMD64), { ...artifact(all.layout), platform: UNKNOWN }),
    ),
    indexCase('artifact-line-no-platform', 'an artifact without a platform beside an image', (all) =>
      indexOf(on(all.good, AMD64), artifact(all.layout)),
    ),
    indexCase('artifact-line-amd64', 'an artifact under a platform', (all) =>
      indexOf(on(artifact(all.layout), AMD64), on(all.good, AMD64)),
    ),
    indexCase('artifact-only', 'artifacts and no image', (all) => indexOf(artifact(all.layout))),
    indexCase('index-artifact-type', 'an index with an artifact type', ({ evil }) => ({
      ...indexOf(on(evil, AMD64)),
      artifactType: 'application/x',
    })),
    layoutCase('root-case', 'two lists by case in index.json', ({ layout, good, evil }) =>
      layout.indexed(
        text('"schemaVersion":2', ['"manifests"', [withName(good)]], ['"Manifests"', [withName(evil)]]),
      ),
    ),
    layoutCase('root-twice', 'two lists in index.json', ({ layout, good, evil }) =>
      layout.indexed(
        text('"schemaVersion":2', ['"manifests"', [withName(good)]], ['"manifests"', [withName(evil)]]),
      ),
    ),
    layoutCase('root-same-name', 'two images of one name in index.json', ({ layout, good, evil }) =>
      layout.indexed({ schemaVersion: 2, manifests: [withName(good), withName(evil)] }),
    ),
    layoutCase('root-size-lie', 'a manifest larger than index.json says', ({ layout, evil }) =>
      layout.named({ ...evil, size: Number(evil.size) - 1 }),
    ),
    layoutCase('root-other-bytes', 'a manifest whose bytes are others', ({ layout, evil }) => {
      layout.putAt(String(evil.digest), bytesOf(indexOf()));
      return layout.named(evil);
    }),
    layoutCase('root-other-manifest', 'the bytes of another manifest', ({ layout, good, evil }) => {
      const files = new Map(layout.named(evil));
      const bytes = files.get(`blobs/${String(good.digest).replace(':', '/')}`) ?? Buffer.alloc(0);
      return files.set(`blobs/${String(evil.digest).replace(':', '/')}`, bytes);
    }),
    layoutCase('root-bom', 'a byte order mark in index.json', ({ layout, evil }) =>
      layout.indexed(`\ufeff${JSON.stringify({ schemaVersion: 2, manifests: [withName(evil)] })}`),
    ),
    layoutCase('root-sha512', 'an image by sha512', ({ layout, evil }) => {
      const bytes =
        layout.named(evil).get(`blobs/${String(evil.digest).replace(':', '/')}`) ?? Buffer.alloc(0);
      return layout.named(layout.put(bytes, TYPES.manifest, 'sha512'));
    }),
    layoutCase('root-empty', 'an empty index.json', ({ layout }) =>
      layout.indexed({ schemaVersion: 2, manifests: [] }),
    ),
    layoutCase('root-layout-version-2', 'another version of the layout', ({ layout, evil }) =>
      new Map(layout.named(evil)).set('oci-layout', bytesOf({ imageLayoutVersion: '2.0.0' })),
    ),
    layoutCase('root-layout-key-case', 'a version by case', ({ layout, evil }) =>
      new Map(layout.named(evil)).set('oci-layout', bytesOf({ ImageLayoutVersion: '1.0.0' })),
    ),
  ];
}

function artifact(layout: Layout): Line {
  const empty = layout.put('{}', 'application/vnd.oci.empty.v1+json');
  return layout.put(
    {
      schemaVersion: 2,
      mediaType: TYPES.manifest,
      artifactType: 'application/x',
      config: empty,
      layers: [empty],
    },
    TYPES.manifest,
  );
}

function layoutBody(layout: Layout): { config: Line; layers: readonly Line[] } {
  const config = layout.put(
    { ...AMD64, config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(EVIL)] } },
    TYPES.config,
  );
  return { config, layers: [layout.put(EVIL, TYPES.tar)] };
}
