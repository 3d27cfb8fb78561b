import { describe, expect, test } from 'vitest';
import { readFields } from '../../src/io/json/json-fields.ts';
import { readJson } from '../../src/io/json/strict-json.ts';
import { podImagesOf } from '../../src/serve/pod-images.ts';

function imagesOf(object: unknown, kind: string, group = '') {
  const fields = readFields(readJson(Buffer.from(JSON.stringify(object)), { where: 'test' }), {
    where: 'test',
  });
  return podImagesOf(fields, { group, kind });
}

const SPEC = {
  initContainers: [{ name: 'first', image: 'init:1' }],
  containers: [
    { name: 'app', image: 'app:1' },
    { name: 'side', image: 'side:1' },
  ],
  ephemeralContainers: [{ name: 'look', image: 'debug:1' }],
  volumes: [
    { name: 'tmp', emptyDir: {} },
    { name: 'model', image: { reference: 'model:1', pullPolicy: 'Always' } },
  ],
};

function namesAt(prefix: string) {
  return [
    { text: 'init:1', at: `${prefix}/initContainers/0/image` },
    { text: 'app:1', at: `${prefix}/containers/0/image` },
    { text: 'side:1', at: `${prefix}/containers/1/image` },
    { text: 'debug:1', at: `${prefix}/ephemeralContainers/0/image` },
    { text: 'model:1', at: `${prefix}/volumes/1/image/reference` },
  ];
}

describe('the images of a pod', () => {
  test('are those of every kind of container, and of volumes that are images', () => {
    expect(imagesOf({ spec: SPEC }, 'Pod')).toEqual({ images: namesAt('/spec'), open: [] });
  });

  test.each([
    ['', 'ReplicationController'],
    ['apps', 'Deployment'],
    ['apps', 'DaemonSet'],
    ['apps', 'ReplicaSet'],
    ['apps', 'StatefulSet'],
    ['batch', 'Job'],
  ])('are found in the template of %s/%s', (group, kind) => {
    const found = imagesOf({ spec: { template: { spec: SPEC } } }, kind, group);
    expect(found?.images).toEqual(namesAt('/spec/template/spec'));
  });

  test('are found in the two templates of a cron job, and in a template by itself', () => {
    const job = { spec: { jobTemplate: { spec: { template: { spec: SPEC } } } } };
    expect(imagesOf(job, 'CronJob', 'batch')?.images).toEqual(
      namesAt('/spec/jobTemplate/spec/template/spec'),
    );
    expect(imagesOf({ template: { spec: SPEC } }, 'PodTemplate')?.images).toEqual(namesAt('/template/spec'));
  });

  test('that nobody has named yet are told apart', () => {
    const found = imagesOf({ spec: { containers: [{ name: 'app' }, { name: 'b', image: '' }] } }, 'Pod');
    expect(found).toEqual({ images: [], open: ['/spec/containers/0/image', '/spec/containers/1/image'] });
  });

  test('of a kind that is not known are not guessed, also where a known name stands in another group', () => {
    expect(imagesOf({ spec: SPEC }, 'Widget', 'acme.example')).toBeUndefined();
    expect(imagesOf({ spec: SPEC }, 'Pod', 'acme.example')).toBeUndefined();
  });

  test.each([
    ['a list that is an object', { containers: { image: 'a:1' } }],
    ['an image that is a list', { containers: [{ image: ['a:1'] }] }],
    ['a container that is a text', { containers: ['a:1'] }],
    ['a volume whose image is a text', { volumes: [{ image: 'a:1' }] }],
  ])('cannot be read from %s', (_name, spec) => {
    expect(() => imagesOf({ spec }, 'Pod')).toThrow(/was expected/);
  });
});
