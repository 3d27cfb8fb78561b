import { bytesOf, type HostileCase, type Line, TYPES } from './case.ts';
import { AMD64, ARM64, image, indexCase, indexOf, layoutCase, on, type Parts, UNKNOWN } from './indexes.ts';
import { EVIL } from './manifests.ts';

function platforms(): readonly HostileCase[] {
  const arm = (all: Parts) => image(all, EVIL, { architecture: 'arm64' });
  return [
    indexCase('one', 'one image', ({ evil }) => indexOf(on(evil, AMD64))),
    indexCase(
      'one-docker',
      'one image in a list of Docker',
      ({ evil }) => ({ ...indexOf(on(evil, AMD64)), mediaType: TYPES.dockerIndex }),
      TYPES.dockerIndex,
    ),
    indexCase('two', 'two platforms', (all) => indexOf(on(all.good, AMD64), on(arm(all), ARM64))),
    indexCase('same-platform-twice', 'two images of one platform', ({ good, evil }) =>
      indexOf(on(good, AMD64), on(evil, AMD64)),
    ),
    indexCase('same-platform-twice-turned', 'the same the other way round', ({ good, evil }) =>
      indexOf(on(evil, AMD64), on(good, AMD64)),
    ),
    indexCase('same-image-twice', 'one image twice', ({ evil }) => indexOf(on(evil, AMD64), on(evil, AMD64))),
    indexCase('no-platform', 'a line without a platform', ({ evil }) => indexOf(evil)),
    indexCase('no-platform-first', 'a line without a platform, then one with', ({ good, evil }) =>
      indexOf(evil, on(good, AMD64)),
    ),
    indexCase('no-platform-last', 'a line with a platform, then one without', ({ good, evil }) =>
      indexOf(on(good, AMD64), evil),
    ),
    indexCase('platform-null', 'null for a platform', ({ evil }) => indexOf({ ...evil, platform: null })),
    indexCase('platform-empty', 'an empty platform', ({ evil }) => indexOf(on(evil, {}))),
    indexCase('platform-empty-strings', 'a platform of empty words', ({ evil }) =>
      indexOf(on(evil, { os: '', architecture: '' })),
    ),
    indexCase('platform-string', 'a string for a platform', ({ evil }) =>
      indexOf({ ...evil, platform: 'linux/amd64' }),
    ),
    indexCase('platform-no-os', 'no operating system', ({ evil }) =>
      indexOf(on(evil, { architecture: 'amd64' })),
    ),
    indexCase('platform-no-architecture', 'no architecture', ({ evil }) =>
      indexOf(on(evil, { os: 'linux' })),
    ),
    indexCase('platform-upper-case', 'a platform in upper case', ({ evil }) =>
      indexOf(on(evil, { os: 'LINUX', architecture: 'AMD64' })),
    ),
    indexCase('platform-x86-64', 'the older name of an architecture', ({ evil }) =>
      indexOf(on(evil, { os: 'linux', architecture: 'x86_64' })),
    ),
    indexCase('platform-key-case', 'a platform under Platform', ({ evil }) =>
      indexOf({ ...evil, Platform: AMD64 }),
    ),
    indexCase('platform-inner-case', 'an architecture under Architecture', ({ evil }) =>
      indexOf(on(evil, { os: 'linux', Architecture: 'amd64' })),
    ),
    indexCase('platform-both-cases', 'two architectures by case', ({ evil }) =>
      indexOf(on(evil, { os: 'linux', architecture: 'arm64', Architecture: 'amd64' })),
    ),
    indexCase('variant-v3', 'a newer variant beside none', ({ good, evil }) =>
      indexOf(on(good, AMD64), on(evil, { ...AMD64, variant: 'v3' })),
    ),
    indexCase('variant-v1', 'the oldest variant by its name', ({ evil }) =>
      indexOf(on(evil, { ...AMD64, variant: 'v1' })),
    ),
    indexCase('variant-nonsense', 'a variant that there is not', ({ good, evil }) =>
      indexOf(on(evil, { ...AMD64, variant: 'zzz' }), on(good, AMD64)),
    ),
    indexCase('os-version', 'a version of the operating system', ({ evil }) =>
      indexOf(on(evil, { ...AMD64, 'os.version': '10.0' })),
    ),
    indexCase('os-features', 'a feature of the operating system', ({ evil }) =>
      indexOf(on(evil, { ...AMD64, 'os.features': ['win32k'] })),
    ),
    indexCase('lie-arm64', 'an amd64 image under arm64', ({ good, evil }) =>
      indexOf(on(good, AMD64), on(evil, ARM64)),
    ),
    indexCase('lie-amd64', 'an arm64 image under amd64', (all) => indexOf(on(arm(all), AMD64))),
    indexCase('lie-windows', 'a Windows image under Linux', (all) =>
      indexOf(on(image(all, EVIL, { os: 'windows' }), AMD64)),
    ),
    indexCase('silent-config', 'an image that does not say its platform', (all) =>
      indexOf(on(image(all, EVIL, { os: undefined, architecture: undefined }), AMD64)),
    ),
    indexCase('only-arm64', 'nothing for this node', (all) => indexOf(on(arm(all), ARM64))),
    indexCase('only-windows', 'nothing for Linux', (all) =>
      indexOf(on(image(all, EVIL, { os: 'windows' }), { os: 'windows', architecture: 'amd64' })),
    ),
    indexCase('unknown-platform', 'an image under unknown/unknown', ({ good, evil }) =>
      indexOf(on(good, AMD64), on(evil, UNKNOWN)),
    ),
    indexCase('missing-other-platform', 'another platform that is not there', ({ good }) =>
      indexOf(on(good, AMD64), on({ ...good, digest: `sha256:${'0'.repeat(64)}` }, ARM64)),
    ),
    indexCase('missing-this-platform', 'this platform is not there', ({ good }) =>
      indexOf(on({ ...good, digest: `sha256:${'0'.repeat(64)}` }, AMD64)),
    ),
  ];
}

function attestations(): readonly HostileCase[] {
  const annotations = (digest: string | undefined) => ({
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': digest,
  });
  const statement = ({ layout }: Parts) =>
    layout.put(
      {
        schemaVersion: 2,
        mediaType: TYPES.manifest,
        config: layout.put(
          { architecture: 'unknown', os: 'unknown', config: {}, rootfs: { type: 'layers', diff_ids: [] } },
          TYPES.config,
        ),
        layers: [layout.put('{}', 'application/vnd.in-toto+json')],
      },
      TYPES.manifest,
    );
  return [
    indexCase('attestation', 'an attestation as BuildKit writes it', (all) =>
      indexOf(on(all.good, AMD64), {
        ...on(statement(all), UNKNOWN),
        annotations: annotations(all.good.digest),
      }),
    ),
    indexCase('attestation-alone', 'an attestation and no image', (all) =>
      indexOf({ ...on(statement(all), UNKNOWN), annotations: annotations(all.good.digest) }),
    ),
    indexCase('attestation-is-image', 'an image that says it is an attestation', ({ good, evil }) =>
      indexOf(on(good, AMD64), { ...on(evil, UNKNOWN), annotations: annotations(good.digest) }),
    ),
    indexCase('attestation-on-amd64', 'an image that says so and has a platform', ({ good, evil }) =>
      indexOf({ ...on(evil, AMD64), annotations: annotations(good.digest) }, on(good, AMD64)),
    ),
    indexCase('attestation-no-platform', 'an image that says so and has none', ({ good, evil }) =>
      indexOf({ ...evil, annotations: annotations(good.digest) }, on(good, AMD64)),
    ),
    indexCase('attestation-unlabelled', 'an attestation that does not say so', (all) =>
      indexOf(on(all.good, AMD64), on(statement(all), UNKNOWN)),
    ),
    indexCase('attestation-about-nothing', 'an attestation of no digest', (all) =>
      indexOf(on(all.good, AMD64), { ...on(statement(all), UNKNOWN), annotations: annotations('x') }),
    ),
  ];
}

function nesting(): readonly HostileCase[] {
  const nest = ({ layout }: Parts, line: Line, levels: number) => {
    let inner = line;
    for (let at = 0; at < levels; at += 1) inner = layout.put(indexOf(inner), TYPES.index);
    return inner;
  };
  const doubled = ({ layout, good }: Parts, levels: number) => {
    let inner: Line = on(good, AMD64);
    for (let at = 0; at < levels; at += 1) inner = layout.put(indexOf(inner, inner), TYPES.index);
    return inner;
  };
  const levels = [1, 2, 3, 4, 5, 8, 40].map((count) =>
    layoutCase(`nested-${count}`, `${count} indexes inside one another`, (all) =>
      all.layout.named(nest(all, on(all.evil, AMD64), count)),
    ),
  );
  const doubling = [2, 3, 4, 6, 14, 30].map((count) =>
    layoutCase(`doubling-${count}`, `${count} levels, each of which lists the next twice`, (all) =>
      all.layout.named(doubled(all, count)),
    ),
  );
  return [
    ...levels,
    ...doubling,
    indexCase('nested-no-platform', 'an index in an index, without platforms', (all) =>
      indexOf(all.layout.put(indexOf(all.evil), TYPES.index)),
    ),
    indexCase('nested-with-platform', 'an inner index that has a platform itself', (all) =>
      indexOf(on(all.layout.put(indexOf(on(all.evil, AMD64)), TYPES.index), AMD64)),
    ),
    indexCase('nested-other-platform', 'an inner index under another platform', (all) =>
      indexOf(on(all.good, AMD64), on(all.layout.put(indexOf(on(all.evil, AMD64)), TYPES.index), ARM64)),
    ),
    indexCase('nested-and-direct', 'one image through two ways', (all) =>
      indexOf(on(all.evil, AMD64), all.layout.put(indexOf(on(all.evil, AMD64)), TYPES.index)),
    ),
    indexCase('many-lines', '2000 lines', ({ good, evil }) =>
      indexOf(...Array.from({ length: 2000 }, () => on(good, AMD64)), on(evil, AMD64)),
    ),
    indexCase('loop', 'an index that lists what is no index of its digest', ({ layout, good }) => {
      const digest = `sha256:${'1'.repeat(64)}`;
      const inner = bytesOf(indexOf({ mediaType: TYPES.index, digest, size: 10 }, good));
      layout.putAt(digest, inner);
      return indexOf({ mediaType: TYPES.index, digest, size: inner.length });
    }),
    indexCase('empty', 'no lines', () => indexOf()),
    indexCase('manifests-null', 'null for lines', () => ({
      schemaVersion: 2,
      mediaType: TYPES.index,
      manifests: null,
    })),
    indexCase('manifests-absent', 'no list of lines', () => ({ schemaVersion: 2, mediaType: TYPES.index })),
    indexCase('line-null', 'null for a line', ({ good }) => indexOf(on(good, AMD64), null)),
  ];
}

export function indexCases(): readonly HostileCase[] {
  return [...platforms(), ...attestations(), ...nesting()];
}
