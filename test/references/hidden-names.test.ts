import { describe, expect, test } from 'vitest';
import { formatReference } from '../../src/model/reference.ts';
import { readReferences } from '../../src/references/read-references.ts';

const names = (file: string, text: string) =>
  readReferences(file, text).references.map(({ reference, why }) =>
    reference === undefined ? `? ${why}` : formatReference(reference),
  );

describe('in Kubernetes a name is found', () => {
  test('below an apiVersion that stands twice, once as that of patterns', () => {
    const pod = 'kind: Pod\nspec: {containers: [{image: acme/a:1}]}\n';
    expect(names('a.yaml', `apiVersion: kyverno.io/v1\napiVersion: v1\n${pod}`)).toHaveLength(1);
    expect(names('a.yaml', `apiVersion: v1\napiVersion: kyverno.io/v1\n${pod}`)).toHaveLength(1);
    expect(names('a.yaml', `apiVersion: kyverno.io/v1\n${pod}`)).toHaveLength(0);
  });

  test('in an object that is only called a list', () => {
    expect(
      names('a.yaml', 'apiVersion: acme.io/v1\nkind: AllowList\nspec: {image: acme/a:1}\n'),
    ).toHaveLength(1);
    const both =
      'apiVersion: v1\nkind: List\nkind: Pod\nspec: {containers: [{image: acme/a:1}]}\nitems:\n- {apiVersion: v1, kind: ConfigMap, data: {image: acme/b:1}}\n';
    expect(names('a.yaml', both)).toEqual(['docker.io/acme/a:1']);
  });

  test('where a parameter of Tekton has a value that outvotes its default', () => {
    const run = (params: string) =>
      `apiVersion: tekton.dev/v1\nkind: TaskRun\nspec:\n  params: [${params}]\n  taskSpec:\n    params: [{name: img, default: acme/a:1}]\n    steps: [{image: $(params.img)}]\n`;
    expect(names('t.yaml', run(''))).toEqual(['docker.io/acme/a:1']);
    expect(names('t.yaml', run('{name: img, value: $(params.img)}'))).toEqual(['docker.io/acme/a:1']);
    expect(names('t.yaml', run('{name: img, value: evil/b:1}'))).toEqual([
      expect.stringContaining('? it has a parameter that is given several values'),
    ]);
    expect(names('t.yaml', run('{name: img, value: $(tasks.x.results.y)}'))).toEqual([
      expect.stringContaining('? it has a parameter'),
    ]);
  });
});

describe('in a kustomization a name is found', () => {
  test('below imageTags, which the program still takes for images', () => {
    expect(names('kustomization.yaml', 'imageTags: [{name: a, newName: acme/a, newTag: "1"}]\n')).toEqual([
      'docker.io/acme/a:1',
    ]);
  });

  const transformer =
    'apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: x}\nimageTag: {name: a, newName: acme/a, newTag: "1"}\n';
  test('in a transformer that is a file', () => {
    expect(names('images.yaml', transformer)).toEqual(['docker.io/acme/a:1']);
  });

  test('in a transformer that stands in it, and in a patch of one', () => {
    const inline = (text: string) =>
      `transformers:\n- |-\n${text.replace(/^/gm, '  ').trimEnd()}\n- other.yaml\n`;
    expect(names('kustomization.yaml', inline(transformer))).toEqual(['docker.io/acme/a:1']);
    const patch =
      'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npatch: \'[{"op": "replace", "path": "/spec/image", "value": "acme/b:1"}]\'\n';
    expect(names('kustomization.yaml', inline(patch))).toEqual(['docker.io/acme/b:1']);
  });
});

describe('in GitLab', () => {
  test('services of a job that is in another file are told, and no names are made of the words', () => {
    const { references, elsewhere } = readReferences(
      '.gitlab-ci.yml',
      'a:\n  services: !reference [.elsewhere, services]\n  image: acme/a:1\n  script: x\n',
    );
    expect(references.map(({ text }) => text)).toEqual(['acme/a:1']);
    expect(elsewhere).toMatchObject([{ line: 2, column: 24 }]);
  });

  test('a file of templates alone is a pipeline, whatever it is called', () => {
    expect(names('ci/base.yml', '.base:\n  image: acme/a:1\n')).toEqual(['docker.io/acme/a:1']);
    expect(names('ci/base.yml', '.base:\n  services: [{name: acme/a:1}]\n')).toEqual(['docker.io/acme/a:1']);
    expect(names('ci/base.yml', 'default:\n  image: {name: acme/a:1}\n')).toEqual(['docker.io/acme/a:1']);
    expect(names('conf.yml', 'default:\n  image: logo\n')).toEqual([]);
  });
});

test('in a workflow an axis is not known where an expression adds values to it', () => {
  const job = (matrix: string) =>
    `on: push\njobs: {a: {runs-on: x, strategy: {matrix: ${matrix}}, container: "\${{ matrix.img }}"}}\n`;
  const ci = '.github/workflows/ci.yml';
  expect(names(ci, job('{img: ["acme/a:1"], exclude: [{img: "acme/b:1"}]}'))).toEqual(['docker.io/acme/a:1']);
  expect(names(ci, job('{img: ["acme/a:1"], include: "${{ fromJSON(vars.x) }}"}'))).toEqual([
    expect.stringContaining('? an expression'),
  ]);
});

test('of a name whose port is a variable nothing is known', () => {
  const knownOf = (text: string) => readReferences('Dockerfile', `FROM ${text}\n`).references[0]?.known;
  expect(knownOf('dockr.io:${PORT}/x')).toBeUndefined();
  expect(knownOf('dockr.io/x:${TAG}')).toMatchObject({ registry: 'dockr.io', repository: 'x' });
});

test('in a file called bake.hcl or compose.json a name is found', () => {
  expect(names('bake.hcl', 'target "a" { contexts = { b = "docker-image://acme/a:1" } }')).toHaveLength(1);
  expect(names('bake.json', '{"target":{"a":{"contexts":{"b":"docker-image://acme/a:1"}}}}')).toHaveLength(1);
  expect(names('compose.json', '{"services":{"a":{"image":"acme/a:1"}}}')).toHaveLength(1);
  expect(names('docker-compose.prod.json', '{"services":{"a":{"image":"acme/a:1"}}}')).toHaveLength(1);
});

test('in a template a name is found between braces and commas, or told to be unknown there', () => {
  const chart = (item: string) => `spec:\n  containers:\n  {{- if .x }}\n  - ${item}\n  {{- end }}\n`;
  expect(names('templates/a.yaml', chart('{name: x, image: acme/a:1}'))).toEqual(['docker.io/acme/a:1']);
  expect(names('templates/a.yaml', chart('{"image":"acme/a:1","name":"x"}'))).toEqual(['docker.io/acme/a:1']);
  expect(names('templates/a.yaml', chart('{name: x, image: "{{ .Values.image }}"}'))).toEqual([
    expect.stringContaining('? it is a template'),
  ]);
  expect(names('templates/a.yaml', chart('# {name: x, image: acme/a:1}'))).toEqual([]);
});

test('in Compose a service that extends one from elsewhere is told', () => {
  const { elsewhere } = readReferences(
    'compose.yaml',
    'services: {a: {image: acme/a:1, extends: {file: "oci://evil.io/x:1", service: x}}, b: {image: acme/b:1, extends: {file: base.yaml, service: y}}}\n',
  );
  expect(elsewhere).toHaveLength(1);
});
