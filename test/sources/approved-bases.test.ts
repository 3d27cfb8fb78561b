import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import type { ApprovedBase, BaseChain } from '../../src/model/base.ts';
import type { Digest } from '../../src/model/digest.ts';
import type { Image } from '../../src/model/image.ts';
import { formatReference, type Reference } from '../../src/model/reference.ts';
import { readBaseName } from '../../src/policy/base-names.ts';
import { findAmong } from '../../src/sources/approved-bases.ts';
import { descriptorOf, imageOf } from '../checks/samples.ts';
import { MemorySource } from '../support/memory-source.ts';

const LAYERS = ['one', 'two', 'three'].map((text) => descriptorOf(text).digest);
const NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';

/** Registries in which these images are, by their full names; all else has a fault. */
function registriesWith(images: Readonly<Record<string, readonly Digest[]>>) {
  const asked: string[] = [];
  const closed: string[] = [];
  const open = (reference: Reference) => {
    const name = formatReference(reference);
    const source = new MemorySource();
    const diffIds = images[name];
    if (diffIds === undefined)
      source.fail('resolve', new PratiqueError('NETWORK', { what: `${name} is away` }));
    else
      source.point({
        subject: descriptorOf('base'),
        images: [imageOf({ diffIds })],
        leftOut: [],
        embedded: [],
      });
    return Object.assign(source, {
      resolve: async (options?: { platforms?: readonly string[] }) => {
        asked.push(`${name} ${options?.platforms?.join()}`);
        return MemorySource.prototype.resolve.call(source);
      },
      close: async () => {
        closed.push(name);
      },
    });
  };
  return { open, asked, closed };
}

function finder(
  names: readonly (string | ApprovedBase)[],
  images: Readonly<Record<string, readonly Digest[]>>,
) {
  const { open, ...seen } = registriesWith(images);
  const known = new Map<string, readonly BaseChain[]>();
  const bases = names.map((name) => (typeof name === 'string' ? readBaseName(name) : name));
  return { ...seen, make: () => findAmong({ bases, open, known }) };
}

function on(diffIds: readonly Digest[], claims: Record<string, string> = {}): Image {
  return { ...imageOf({ diffIds }), annotations: new Map(Object.entries(claims)) };
}

describe('a base by its name', () => {
  test('is looked up for the platform of the image, once for all images, and its source is closed', async () => {
    const { make, asked, closed } = finder(['debian:12'], {
      'docker.io/library/debian:12': LAYERS.slice(0, 1),
    });
    for (let image = 0; image < 2; image++)
      expect(await make()(on(LAYERS))).toEqual({
        match: {
          name: 'docker.io/library/debian:12',
          layers: 1,
          digest: descriptorOf('base').digest,
          created: '2026-11-01T00:00:00Z',
        },
        unread: [],
      });
    expect(asked).toEqual(['docker.io/library/debian:12 linux/amd64']);
    expect(closed).toEqual(['docker.io/library/debian:12']);
  });

  test('that cannot be read is told, does not hide another, and is tried again for the next image only', async () => {
    const { make, asked, closed } = finder(['a/gone:1', 'a/there:1'], { 'docker.io/a/there:1': LAYERS });
    const find = make();
    for (let platform = 0; platform < 2; platform++)
      expect(await find(on(LAYERS))).toMatchObject({
        match: { name: 'docker.io/a/there:1', layers: 3 },
        unread: [{ name: 'docker.io/a/gone:1', error: { code: 'NETWORK' } }],
      });
    expect(asked).toHaveLength(2);
    expect(closed).toHaveLength(2);
    await make()(on(LAYERS));
    expect(asked).toHaveLength(3);
  });

  test('that is not there for the platform is the base of no image for it', async () => {
    const { open } = registriesWith({});
    const find = findAmong({
      bases: [readBaseName('a/b:1')],
      known: new Map(),
      open: (reference) => {
        const source = open(reference);
        return Object.assign(source, {
          resolve: () => Promise.reject(new PratiqueError('PLATFORM_NOT_FOUND', { what: 'none' })),
        });
      },
    });
    expect(await find(on(LAYERS))).toEqual({ unread: [] });
  });

  test('is asked for no platform where the image names none', async () => {
    const { make, asked } = finder(['a/b:1'], { 'docker.io/a/b:1': LAYERS });
    await make()({ ...on(LAYERS), platform: { os: '', architecture: '' } });
    await make()({ ...on(LAYERS), platform: { os: 'linux\n', architecture: '../x' } });
    expect(asked).toEqual(['docker.io/a/b:1 ']);
  });
});

describe('a pattern for bases', () => {
  const digest = descriptorOf('base').digest;
  const images = {
    [`ghcr.io/acme/base@${digest}`]: LAYERS.slice(0, 2),
    'ghcr.io/acme/base:3': LAYERS.slice(0, 1),
  };

  test('has the image looked up that is claimed, by its digest where any tag will do', async () => {
    const { make, asked } = finder(['ghcr.io/acme/*'], images);
    const { match } = await make()(on(LAYERS, { [NAME]: 'ghcr.io/acme/base:3', [DIGEST]: digest }));
    expect(match).toMatchObject({ name: `ghcr.io/acme/base@${digest}`, layers: 2 });
    expect(asked).toHaveLength(1);
  });

  test('has it looked up by its tag where the pattern asks for one: any digest could stand beside it', async () => {
    const { make } = finder(['ghcr.io/acme/base:3*'], images);
    const { match } = await make()(on(LAYERS, { [NAME]: 'ghcr.io/acme/base:3', [DIGEST]: digest }));
    expect(match).toMatchObject({ name: 'ghcr.io/acme/base:3', layers: 1 });
  });

  test.each([
    {},
    { [NAME]: 'ghcr.io/acme-evil/base:3' },
    { [NAME]: 'evil.example/acme/base:3' },
    { [NAME]: 'http://169.254.169.254/' },
    { [NAME]: 'ghcr.io:444/acme/base:3' },
    { [NAME]: 'ghcr.io/acme/../other/base:3' },
    { [NAME]: 'acme/base:3' },
    { [NAME]: '../..' },
    { [DIGEST]: digest },
  ])('has nobody asked who is not of the pattern: %j', async (claims) => {
    const { make, asked } = finder(['ghcr.io/acme/*'], images);
    expect(await make()(on(LAYERS, claims as Record<string, string>))).toEqual({ unread: [] });
    expect(asked).toEqual([]);
  });

  test('believes no claim: an image that does not begin with the layers stands on nothing', async () => {
    const { make } = finder(['ghcr.io/acme/*'], images);
    const claims = { [NAME]: 'ghcr.io/acme/base:3', [DIGEST]: digest };
    expect(await make()(on(LAYERS.toReversed(), claims))).toEqual({ unread: [] });
  });
});

test('a chain asks nobody, and the longest of all wins', async () => {
  const chain = { kind: 'chain', name: 'golden', diffIds: LAYERS.slice(0, 2) } as const;
  const { make, asked } = finder([chain], {});
  expect(await make()(on(LAYERS))).toEqual({ match: { name: 'golden', layers: 2 }, unread: [] });
  expect(asked).toEqual([]);
});
