import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../../src/model/catalogue.ts';
import { parseDigest } from '../../src/model/digest.ts';
import { listImages } from '../../src/sweep/list-images.ts';
import { readWanted } from '../../src/sweep/wanted.ts';

const ONE = parseDigest(`sha256:${'1'.repeat(64)}`);

/** A registry that says what it is told to. */
function registry(repositories: readonly string[], tags: readonly string[]): Catalogue & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async *repositories() {
      yield* repositories;
    },
    async *tags(repository) {
      asked.push(repository);
      yield* tags;
    },
    lookUp: async () => ({ mediaType: '', digest: ONE, size: 1 }),
    close: async () => {},
  };
}

const list = (catalogue: Catalogue, text = 'r.test/**') =>
  listImages({
    wanted: [readWanted(text, { choosesTags: false })],
    tags: { patterns: [] },
    open: () => catalogue,
    atOnce: 4,
  });

describe('what a sweep lists', () => {
  test('has no name of a registry that is none, or says more than it should', async () => {
    const odd = ['a', 'a:1', `a@${ONE}`, '../etc', 'A', 'a/%2e%2e/b', 'a\n::error::', 'a?x=1', ''];
    const catalogue = registry(odd, ['1', `1@${ONE}`, 'a b', '-x', '../..', '\u001b[2J']);
    const { items, unresolved } = await list(catalogue);
    expect(catalogue.asked).toEqual(['a']);
    expect(items).toEqual([{ digest: ONE, names: ['r.test/a:1'] }]);
    expect(unresolved).toHaveLength(8 + 5);
    for (const { fault } of unresolved) expect(fault.text).not.toMatch(/[\n\u001b]/);
  });

  test('asks a repository once, however often the registry names it', async () => {
    const catalogue = registry(
      Array.from({ length: 1000 }, () => 'a'),
      ['1'],
    );
    expect((await list(catalogue)).items).toHaveLength(1);
    expect(catalogue.asked).toEqual(['a']);
  });

  test('names of one image have an end, and those behind it are told', async () => {
    const tags = Array.from({ length: 10_005 }, (_, n) => String(n));
    const { items, unresolved } = await list(registry(['a'], tags));
    expect(items[0]?.names).toHaveLength(10_000);
    expect(unresolved.map(({ fault }) => fault.code)).toEqual(Array(5).fill('LIMIT_EXCEEDED'));
  });

  test('is told where nothing fits what is wanted', async () => {
    for (const [catalogue, text] of [
      [registry([], []), 'r.test/**'],
      [registry(['b/c'], ['1']), 'r.test/a/**'],
      [registry([], ['1']), 'r.test/a:2.*'],
    ] as const) {
      const { items, unresolved } = await list(catalogue, text);
      expect(items).toEqual([]);
      expect(unresolved).toMatchObject([{ fault: { code: 'NOT_FOUND' } }]);
    }
  });
});
