import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatReference } from '../../src/model/reference.ts';
import { readReferences } from '../../src/references/read-references.ts';

const names = (file: string, text: string, isAsked = false) =>
  readReferences(file, text, isAsked).references.map(({ reference, why }) =>
    reference === undefined ? `? ${why}` : formatReference(reference),
  );

/** A name for each kind of file. */
const FILES = [
  'Dockerfile',
  'compose.yaml',
  'deploy/app.yaml',
  'pod.json',
  'values.yaml',
  'templates/web.yaml',
  '.github/workflows/ci.yml',
  'action.yml',
  '.gitlab-ci.yml',
  '.devcontainer/devcontainer.json',
  'docker-bake.hcl',
  'docker-bake.json',
  'kustomization.yaml',
];

describe('whatever a file holds', () => {
  test('reading it ends, and each place it tells is in the file', () => {
    const word = fc.constantFrom(
      ...'FROM image image: - : { } [ ] & * << | > " \' # ${ } {{ }} $ a:1 nginx services jobs containers apiVersion: kind: v1 --- \\ ` ARG = contexts target variable docker-image://a:1 <<EOF EOF !reference ? , // /* */ \r'.split(
        ' ',
      ),
      '\n',
      '\n  ',
      ' ',
      '\t',
      '\ufeff',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(word, { maxLength: 60 }).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(fc.constantFrom(...FILES), text, (file, written) => {
        const { references, unread, elsewhere } = readReferences(file, written, true);
        const lines = written.split('\n').length;
        for (const { line, column } of [...references, ...unread, ...elsewhere]) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
        }
        for (const { range, text: name } of references)
          if (range !== undefined) expect(written.slice(range.start, range.end)).toBe(name);
      }),
      { numRuns: 1000 },
    );
  });

  test('a name that is written plainly is found in any YAML around it', () => {
    const key = fc.stringMatching(/^[a-z]{1,8}$/);
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        key,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 4 }), (around, indent) => {
        const spec = {
          before: around,
          containers: [{ name: 'a', image: 'ghcr.io/acme/found:1' }],
          after: around,
        };
        const text = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', spec }, undefined, indent);
        expect(names('pod.yaml', text)).toContain('ghcr.io/acme/found:1');
      }),
    );
  });
});

describe('what would take too long or too much', () => {
  const unread = (file: string, text: string) =>
    readReferences(file, text).unread.map(({ text: why }) => why);

  test('aliases that double at each level are followed once', () => {
    const lines = ['a0: &a0 {image: "nginx:1"}'];
    for (let level = 1; level < 40; level += 1)
      lines.push(`a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`);
    expect(names('all.yaml', `apiVersion: v1\nkind: X\n${lines.join('\n')}\n`)).toEqual([
      'docker.io/library/nginx:1',
    ]);
  });

  test('merge keys that double at each level are not unfolded', () => {
    const keys = Array.from({ length: 1000 }, (_, n) => `k${n}: 1`).join(', ');
    const lines = [`a0: &a0 {${keys}}`];
    for (let level = 1; level < 200; level += 1)
      lines.push(`a${level}: &a${level} {<<: [*a${level - 1}, *a${level - 1}]}`);
    expect(unread('compose.yaml', `services: {}\n${lines.join('\n')}\n`)).toEqual([
      'its merge keys unfold to too much',
    ]);
  });

  test('a document that is nested too deeply is told as unread', () => {
    expect(unread('compose.yaml', `services: ${'['.repeat(2000)}`)).toEqual(['it is nested too deeply']);
    expect(unread('compose.yaml', `services: ${'['.repeat(150)}${']'.repeat(150)}`)).toEqual([
      'it is nested too deeply',
    ]);
  });

  test('a document or file that is too long is told as unread', () => {
    const long = `image: a\n${'# a comment\n'.repeat(50_000)}`;
    expect(unread('compose.yaml', long)).toHaveLength(1);
    expect(unread('Dockerfile', `FROM a\n${'# a comment\n'.repeat(30_000)}`)).toHaveLength(1);
    expect(
      unread('compose.yaml', `image: a\n${`# ${'x'.repeat(500_000)}\n---\nimage: b\n`.repeat(10)}`),
    ).not.toEqual([]);
  });

  test('jobs that extend each other, and variables that are made of each other, end', () => {
    const text =
      'variables: {A: $B, B: $A}\na:\n  extends: b\n  script: x\n  image: x:$A\nb: {extends: [a, b], script: y}\n';
    expect(readReferences('.gitlab-ci.yml', text).references.every(({ why }) => why !== undefined)).toBe(
      true,
    );
  });
});

describe('what a parser would take minutes for', () => {
  const many = (text: string) => text.repeat(Math.floor(250_000 / text.length));
  const workflow = (container: string, matrix = '{}') =>
    `on: x\njobs: {a: {strategy: {matrix: ${matrix}}, container: "${container}"}}`;

  test.each([
    ['a first comment of blanks', 'Dockerfile', `# syntax =${many(' ')}x\nFROM a\n`],
    ['an expression that does not end', '.github/workflows/a.yml', workflow(many('${{'))],
    ['a variable that does not end', '.devcontainer.json', `{"image": "${many('${localEnv:a:')}"}`],
  ])('is told as unread: %s', (_what, file, text) => {
    expect(readReferences(file, text).unread).toHaveLength(1);
  });

  test.each([
    ['a quote that does not end', '.devcontainer.json', `{"image": "${many('\\"')}`],
    ['empty lines', 'Dockerfile.py', many('\n')],
    ['braces that do not end', 'Dockerfile', `FROM a\nRUN ${many('${')}\n`],
    [
      'a thousand combinations',
      '.github/workflows/a.yml',
      workflow('${{matrix.a}}${{matrix.a}}', `{a: [${many('b,')}]}`),
    ],
  ])('ends: %s', (_what, file, text) => {
    expect(
      readReferences(file, text).references.every(({ text: name, why }) => name === 'a' || why !== undefined),
    ).toBe(true);
  });
});

describe('what is no YAML', () => {
  test('is told as unread where the file is of a kind by its name, or names an image', () => {
    expect(readReferences('compose.yaml', 'services: {a: [}').unread).toHaveLength(1);
    expect(readReferences('x.yaml', 'a: [}\nimage: nginx\n').unread).toHaveLength(1);
    expect(readReferences('x.yaml', 'a: [}\nimages of a cat\n')).toMatchObject({ unread: [], isRead: false });
  });

  test('is read line by line where it is a template', () => {
    const text =
      '{{ if .x }}\nimage: "nginx:1"\n{{ end }}\n  - image: {{ .Values.image }}\nimage: \'a:{{ .x }}\'\n';
    expect(names('templates/web.yaml', text)).toEqual([
      'docker.io/library/nginx:1',
      expect.stringMatching(/^\? it is a template/),
      expect.stringMatching(/^\? it is a template/),
    ]);
  });

  test('as an image of a container is told as unread, and not passed over', () => {
    const text = 'apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: {{ .image }}}]}\n';
    const { references, unread } = readReferences('pod.yaml', text);
    expect([...references.filter(({ why }) => why !== undefined), ...unread]).not.toEqual([]);
  });
});

describe('a key that stands twice', () => {
  test('counts twice, as readers differ in which one they take', () => {
    expect(names('compose.yaml', 'services: {a: {image: "a:1", image: "b:1"}}')).toEqual([
      'docker.io/library/a:1',
      'docker.io/library/b:1',
    ]);
  });
});

describe('a file that was named itself', () => {
  test('is a Dockerfile if it holds FROM, whatever it is called', () => {
    expect(names('build.docker', 'FROM alpine:3\n', true)).toEqual(['docker.io/library/alpine:3']);
    expect(names('build.docker', 'FROM alpine:3\n')).toEqual([]);
  });

  test('can be a rendered chart on standard input', () => {
    expect(
      names('-', '---\n# Source: a\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: "a:1"}]}\n', true),
    ).toEqual(['docker.io/library/a:1']);
  });
});

describe('a stage of a Dockerfile', () => {
  test.each([
    ['FROM a:1 AS web\nFROM web', ['docker.io/library/a:1']],
    ['FROM a:1 AS Web\nCOPY --from=wEB / /', ['docker.io/library/a:1']],
    ['FROM web\nFROM a:1 AS web', ['docker.io/library/web', 'docker.io/library/a:1']],
    ['FROM a:1\nCOPY --from=0 / /\nCOPY --from=7 / /', ['docker.io/library/a:1', 'docker.io/library/7']],
    ['FROM a:1 AS b\nRUN --mount=from=b,target=/x x', ['docker.io/library/a:1']],
  ])('is no image: %j', (text, expected) => {
    expect(names('Dockerfile', text)).toEqual(expected);
  });
});

describe('a key that hides what it is', () => {
  const pod = (key: string) => `apiVersion: v1\nkind: Pod\nspec: {containers: [{${key} a:1}]}\n`;
  test.each(['"im\\u0061ge":', '"im\\x61ge":', '? image\n :', "'image':", '!!str image:'])(
    '%s is image',
    (key) => {
      expect(names('pod.yaml', pod(key))).toEqual(['docker.io/library/a:1']);
    },
  );

  test('as an alias is image', () => {
    expect(names('pod.yaml', `${pod('x:')}key: &k image\nother: {*k : b:1}\n`)).toEqual([
      'docker.io/library/b:1',
    ]);
    expect(names('pod.yaml', `${pod('x:')}? &k image\n: x:1\nother: {*k : b:1}\n`)).toContain(
      'docker.io/library/b:1',
    );
  });

  test('in JSON is image', () => {
    expect(names('pod.json', '{"\\u0061piVersion": "v1", "kind": "Pod", "im\\u0061ge": "a:1"}')).toEqual([
      'docker.io/library/a:1',
    ]);
  });

  test.each(['\r', '\u0085', '\u2028', '\u2029'])(
    'behind a line break %j that only some readers know is told as unread',
    (end) => {
      const text = `apiVersion: v1\nkind: Pod\nspec:\n  # x${end}  image: a:1\n`;
      expect(readReferences('pod.yaml', text).unread).toHaveLength(1);
    },
  );

  test('is no text where it is !!binary: the document is told as unread', () => {
    expect(readReferences('pod.yaml', pod('image: !!binary')).unread).toHaveLength(1);
  });

  test('after a byte order mark is found', () => {
    expect(names('compose.yaml', '\ufeffservices: {a: {image: "a:1"}}\n')).toEqual(['docker.io/library/a:1']);
  });
});
