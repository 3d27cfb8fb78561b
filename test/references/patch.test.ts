import { describe, expect, test } from 'vitest';
import { formatReference } from '../../src/model/reference.ts';
import { readReferences } from '../../src/references/read-references.ts';

const found = (file: string, text: string) => {
  const { references, unread } = readReferences(file, text);
  return [
    ...references.map(({ line, column, text: written, reference }) => [
      `${line}:${column}`,
      written,
      reference && formatReference(reference),
    ]),
    ...unread.map(({ line }) => [`${line}`, 'unread']),
  ];
};
const EVIL = 'docker.io/library/evil:1';

describe('an image that a patch puts in', () => {
  test('by a list of operations is found', () => {
    const text =
      '- {op: test, path: /spec/replicas, value: 2}\n- op: replace\n  path: /spec/containers/0/image\n  value: evil:1\n';
    expect(found('patch.yaml', text)).toEqual([['4:10', 'evil:1', EVIL]]);
    const json = '[{"op": "add", "path": "/spec/containers/-", "value": {"image": "evil:1"}}]';
    expect(found('patch.json', json)).toEqual([['1:66', 'evil:1', EVIL]]);
  });

  test.each(['patches', 'patchesJson6902'])('is found in %s of a kustomization', (key) => {
    const text = `${key}:\n- patch: |-\n    - op: replace\n      path: /spec/containers/0/image\n      value: evil:1\n`;
    expect(found('kustomization.yaml', text)).toEqual([['5:14', 'evil:1', EVIL]]);
  });

  test('is found in a piece of the object, also where the text is quoted', () => {
    const inline = 'spec: {containers: [{name: a, image: "evil:1"}]}';
    expect(found('kustomization.yaml', `patchesStrategicMerge:\n- other.yaml\n- |-\n  ${inline}\n`)).toEqual([
      ['4:41', 'evil:1', EVIL],
    ]);
    expect(found('kustomization.yaml', `patches:\n- patch: '${inline}'\n`)).toEqual([
      ['2:11', 'evil:1', EVIL],
    ]);
  });

  test('is told as unread where the patch is none', () => {
    expect(found('kustomization.yaml', 'patches:\n- patch: "{image: ["\n')).toEqual([['2', 'unread']]);
  });

  test('is found where the object is one of Flux', () => {
    const flux = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  patches:\n';
    const patch = '  - patch: |\n      - {op: add, path: /spec/containers/0/image, value: evil:1}\n';
    expect(found('apps.yaml', flux + patch)).toEqual([['6:58', 'evil:1', EVIL]]);
  });

  test('is found in the values of a chart that a kustomization inflates', () => {
    const text = 'helmCharts:\n- name: a\n  valuesInline: {image: {repository: evil, tag: "1"}}\n';
    expect(found('kustomization.yaml', text)).toEqual([['3:38', 'evil:1', EVIL]]);
  });
});
