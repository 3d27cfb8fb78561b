import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { kindOfPath } from '../../src/references/kind-of-path.ts';

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly files: string;
  readonly exclude: string;
}

const HOOKS: readonly Hook[] = parse(
  readFileSync(new URL('../../.pre-commit-hooks.yaml', import.meta.url), 'utf8'),
);

/** The framework's patterns are those of Python, which searches. */
const pattern = (text: string) => new RegExp(text.replace(/^\(\?i\)/, ''), 'i');
const isGiven = ({ files, exclude }: Hook, path: string) =>
  pattern(files).test(path) && !pattern(exclude).test(path);

const stems = fc.constantFrom(
  'Dockerfile',
  'containerfile',
  'docker-bake',
  'x.bake',
  'values',
  'package',
  'tsconfig',
  'kustomization',
  'package-lock',
  'a',
  '',
);
const middles = fc.constantFrom('', '.', '-', '_', '.dev', '-arm', '.base');
const ends = fc.constantFrom(
  '',
  '.yaml',
  '.yml',
  '.json',
  '.hcl',
  '.md',
  '.py',
  '.sh',
  '.dockerfile',
  '.Containerfile',
  '.dockerignore',
  '.png',
  '.txt',
  '.lock',
  'x',
);
const names = fc
  .tuple(stems, middles, ends)
  .map((parts) => parts.join(''))
  .filter((name) => name !== '' && name !== '.');
const paths = fc
  .tuple(fc.constantFrom('', 'a/', 'Dockerfile/', 'package.json/'), names)
  .map((parts) => parts.join(''));

test.each(HOOKS.map((hook) => [hook.id, hook] as const))(
  'the hook %s gets the files that refs looks at',
  (_, hook) => {
    fc.assert(
      fc.property(paths, (path) => {
        expect([path, isGiven(hook, path)]).toEqual([path, kindOfPath(path) !== undefined]);
      }),
      { numRuns: 2000 },
    );
  },
);

test('the hooks run commands that there are', () => {
  expect(HOOKS.map(({ id, entry }) => [id, entry])).toEqual([
    ['pratique-refs', 'pratique refs --quiet'],
    ['pratique-check-refs', 'pratique check --refs --if-any --quiet'],
  ]);
});
