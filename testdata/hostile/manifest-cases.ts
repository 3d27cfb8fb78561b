import { configFor, type HostileCase, plainLayer, TYPES } from './case.ts';
import { HEAD, manifestCase, type Parts, text } from './manifests.ts';
import { evil, tarOf } from './tar-bytes.ts';

const VERSIONS: Readonly<Record<string, string>> = {
  1: '1',
  3: '3',
  0: '0',
  string: '"2"',
  float: '2.0',
  null: 'null',
  absent: '',
};
const OWN_TYPES: Readonly<Record<string, string>> = {
  absent: '',
  null: 'null',
  empty: '""',
  docker: JSON.stringify(TYPES.dockerManifest),
  index: JSON.stringify(TYPES.index),
  'upper-case': JSON.stringify(TYPES.manifest.toUpperCase()),
  parameter: JSON.stringify(`${TYPES.manifest}; charset=utf-8`),
  unknown: '"application/json"',
  number: '5',
};

function heads(): readonly HostileCase[] {
  const field = (key: string, value: string) => (value === '' ? [] : [`"${key}":${value}`]);
  const both = ({ evil, evilConfig }: Parts) =>
    [
      ['"config"', evilConfig],
      ['"layers"', [evil]],
    ] as const;
  const versions = Object.entries(VERSIONS).map(([name, value]) =>
    manifestCase(`version-${name}`, `schemaVersion ${value || 'absent'}`, (all) =>
      text(...field('schemaVersion', value), `"mediaType":"${TYPES.manifest}"`, ...both(all)),
    ),
  );
  const types = Object.entries(OWN_TYPES).map(([name, value]) =>
    manifestCase(`own-type-${name}`, `mediaType ${value || 'absent'} in the body`, (all) =>
      text('"schemaVersion":2', ...field('mediaType', value), ...both(all)),
    ),
  );
  const given = {
    docker: TYPES.dockerManifest,
    'upper-case': TYPES.manifest.toUpperCase(),
    unknown: 'application/json',
    empty: '',
    schema1: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  };
  const lines = Object.entries(given).map(([name, type]) =>
    manifestCase(
      `given-type-${name}`,
      `given as ${type || 'nothing'}`,
      (all) => text('"schemaVersion":2', ...both(all)),
      type,
    ),
  );
  const named = {
    docker: TYPES.dockerConfig,
    unknown: 'application/json',
    empty: '',
    'octet-stream': 'application/octet-stream',
    oci2: 'application/vnd.oci.image.config.v2+json',
    'upper-case': TYPES.config.toUpperCase(),
    'oci-empty': 'application/vnd.oci.empty.v1+json',
  };
  const configs = Object.entries(named).map(([name, mediaType]) =>
    manifestCase(
      `config-type-${name}`,
      `a configuration of type ${mediaType || 'nothing'}`,
      ({ evil, evilConfig }) =>
        text(...HEAD, ['"config"', { ...evilConfig, mediaType }], ['"layers"', [evil]]),
    ),
  );
  return [...versions, ...types, ...lines, ...configs];
}

function artifacts(): readonly HostileCase[] {
  const empty = ({ layout }: Parts) => layout.put('{}', 'application/vnd.oci.empty.v1+json');
  return [
    manifestCase('artifact-type', 'an image with an artifact type', ({ evil, evilConfig }) =>
      text(...HEAD, '"artifactType":"application/x"', ['"config"', evilConfig], ['"layers"', [evil]]),
    ),
    manifestCase('artifact-no-layers', 'an artifact without layers', (all) =>
      text(...HEAD, '"artifactType":"application/x"', ['"config"', empty(all)], ['"layers"', []]),
    ),
    manifestCase('artifact-empty-layer', 'an artifact with the empty layer', (all) =>
      text(...HEAD, '"artifactType":"application/x"', ['"config"', empty(all)], ['"layers"', [empty(all)]]),
    ),
    manifestCase('artifact-with-tar', 'an artifact with a layer of a filesystem', (all) =>
      text(...HEAD, '"artifactType":"application/x"', ['"config"', empty(all)], ['"layers"', [all.evil]]),
    ),
    manifestCase('artifact-of-subject', 'an image that names a subject', ({ evil, evilConfig }) =>
      text(
        ...HEAD,
        ['"config"', evilConfig],
        ['"layers"', [evil]],
        ['"subject"', { ...evilConfig, mediaType: TYPES.manifest }],
      ),
    ),
    manifestCase('subject-bad-digest', 'a subject without a digest', ({ evil, evilConfig }) =>
      text(
        ...HEAD,
        ['"config"', evilConfig],
        ['"layers"', [evil]],
        '"subject":{"mediaType":"x","digest":"no","size":1}',
      ),
    ),
    manifestCase('config-absent', 'no configuration', ({ evil }) => text(...HEAD, ['"layers"', [evil]])),
    manifestCase('config-null', 'null for a configuration', ({ evil }) =>
      text(...HEAD, '"config":null', ['"layers"', [evil]]),
    ),
    manifestCase('config-missing-blob', 'a configuration that is not there', ({ evil, evilConfig }) =>
      text(
        ...HEAD,
        ['"config"', { ...evilConfig, digest: `sha256:${'0'.repeat(64)}` }],
        ['"layers"', [evil]],
      ),
    ),
    manifestCase('manifests-too', 'an index too', ({ evil, evilConfig, good, goodConfig, layout }) =>
      text(
        ...HEAD,
        ['"config"', evilConfig],
        ['"layers"', [evil]],
        [
          '"manifests"',
          [layout.put(text(...HEAD, ['"config"', goodConfig], ['"layers"', [good]]), TYPES.manifest)],
        ],
      ),
    ),
    manifestCase('manifests-empty-too', 'an index too, an empty one', ({ evil, evilConfig }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', [evil]], ['"manifests"', []]),
    ),
    manifestCase('fs-layers-too', 'a manifest of schema 1 too', ({ evil, evilConfig }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', [evil]], '"fsLayers":[{"blobSum":"x"}]'),
    ),
    manifestCase(
      'docker-manifest',
      'a manifest of Docker',
      ({ evil, evilConfig }) =>
        text(
          '"schemaVersion":2',
          `"mediaType":"${TYPES.dockerManifest}"`,
          ['"config"', { ...evilConfig, mediaType: TYPES.dockerConfig }],
          ['"layers"', [{ ...evil, mediaType: 'application/vnd.docker.image.rootfs.diff.tar' }]],
        ),
      TYPES.dockerManifest,
    ),
    manifestCase(
      'index-under-manifest-type',
      'an index given as a manifest',
      ({ evil, evilConfig, layout }) =>
        text('"schemaVersion":2', [
          '"manifests"',
          [layout.put(text(...HEAD, ['"config"', evilConfig], ['"layers"', [evil]]), TYPES.manifest)],
        ]),
    ),
    manifestCase('layers-60', '60 layers', ({ layout }) => {
      const tars = Array.from({ length: 60 }, (_, at) => plainLayer(tarOf(evil(`f${at}`))));
      const config = layout.put(configFor(tars.map(({ diffId }) => diffId)), TYPES.config);
      return text(
        ...HEAD,
        ['"config"', config],
        ['"layers"', tars.map(({ blob }) => layout.put(blob, TYPES.tar))],
      );
    }),
    manifestCase('size-5-mib', 'a manifest of 5 MiB', ({ evil, evilConfig }) =>
      text(
        ...HEAD,
        ['"config"', evilConfig],
        ['"layers"', [evil]],
        ['"annotations"', { a: 'x'.repeat(5 << 20) }],
      ),
    ),
  ];
}

export function manifestCases(): readonly HostileCase[] {
  return [...heads(), ...artifacts()];
}
