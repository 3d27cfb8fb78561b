import { describe, expect, test } from 'vitest';
import { runningImages } from '../../src/sweep/running-images.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const read = (value: unknown) => runningImages(Buffer.from(JSON.stringify(value)), 'pods.json');
const pod = (spec: object, status: object = {}) => ({ kind: 'Pod', spec, status });

describe('the images that a cluster runs', () => {
  test('are those of all containers and image volumes, each once', () => {
    const spec = {
      containers: [
        { name: 'a', image: 'nginx:1.27' },
        { name: 'b', image: 'ghcr.io/acme/b:2' },
      ],
      initContainers: [{ name: 'i', image: 'busybox' }],
      ephemeralContainers: [{ name: 'e', image: 'ghcr.io/acme/debug:1' }],
      volumes: [
        { name: 'v', image: { reference: 'ghcr.io/acme/data:3' } },
        { name: 'w', emptyDir: {} },
      ],
    };
    expect(read({ kind: 'List', items: [pod(spec), pod(spec)] })).toEqual([
      'nginx:1.27',
      'ghcr.io/acme/b:2',
      'busybox',
      'ghcr.io/acme/debug:1',
      'ghcr.io/acme/data:3',
    ]);
  });

  test('are told by the digest that runs, where the state of the pod says it', () => {
    const spec = {
      containers: ['a', 'b', 'c', 'd'].map((name) => ({ name, image: `ghcr.io/acme/${name}:1` })),
    };
    const status = {
      containerStatuses: [
        { name: 'b', imageID: `ghcr.io/acme/b@${DIGEST}` },
        { name: 'c', imageID: `docker-pullable://ghcr.io/acme/c@${DIGEST}` },
        { name: 'd', imageID: DIGEST },
      ],
    };
    expect(read(pod(spec, status))).toEqual([
      'ghcr.io/acme/a:1',
      `ghcr.io/acme/b@${DIGEST}`,
      `ghcr.io/acme/c@${DIGEST}`,
      'ghcr.io/acme/d:1',
    ]);
  });

  test('labels and annotations of a pod may have any keys', () => {
    const item = {
      ...pod({ containers: [{ name: 'a', image: 'a:1' }] }),
      metadata: { labels: { App: '1', app: '2' } },
    };
    expect(read({ items: [item] })).toEqual(['a:1']);
  });

  test('a file that is no list of pods is refused', () => {
    expect(() => runningImages(Buffer.from('[]'), 'pods.json')).toThrow(/pods\.json/);
    expect(() => read({ items: [pod({ containers: [{ image: 5 }] })] })).toThrow(/image/);
  });
});
