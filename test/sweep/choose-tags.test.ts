import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseTags, readTagPatterns } from '../../src/sweep/choose-tags.ts';

const all = { patterns: [] };
const COSIGN = `sha256-${'a'.repeat(64)}`;

describe('the tags of a repository that a sweep looks at', () => {
  test('are all but those that belong to another image', () => {
    expect(chooseTags(['1.0', COSIGN, `${COSIGN}.sig`, `${COSIGN}.att`, 'latest'], all)).toEqual([
      '1.0',
      'latest',
    ]);
  });

  test('are those that fit one of the patterns, with stars or as a range', () => {
    const tags = ['1.24.9', '1.25.0', '1.26.1', '2.0.0', 'edge', 'nightly-3'];
    expect(chooseTags(tags, { patterns: readTagPatterns(['>=1.25 <2']) })).toEqual(['1.25.0', '1.26.1']);
    expect(chooseTags(tags, { patterns: readTagPatterns(['nightly-*', '2.*']) })).toEqual([
      '2.0.0',
      'nightly-3',
    ]);
  });

  test('are the newest of each line, where that is asked; numbers are compared as numbers', () => {
    const tags = [
      '1.25.9',
      '1.25.10',
      '1.25.2',
      '1.26.0',
      '1.26.0-alpine',
      '1.26.1-alpine',
      'v2.0',
      'v2.1',
      'latest',
    ];
    expect(chooseTags(tags, { patterns: [], newest: 1 })).toEqual([
      '1.25.10',
      '1.26.0',
      '1.26.1-alpine',
      'v2.1',
    ]);
    expect(chooseTags(tags, { patterns: [], newest: 2 })).toEqual(
      tags.filter((tag) => !['1.25.2', 'latest'].includes(tag)),
    );
  });

  test('a range that is none is refused', () => {
    expect(() => readTagPatterns(['>=banana'])).toThrow(/no range of versions/);
  });

  test('are always some of the given, each once, in their order', () => {
    const tag = fc.stringMatching(/^v?\d{1,2}(\.\d{1,2}){0,2}(-(alpine|rc1))?$|^[a-z]{1,5}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(tag),
        fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
        (tags, newest) => {
          const chosen = chooseTags(tags, { patterns: [], ...(newest !== undefined && { newest }) });
          expect(chosen).toEqual(tags.filter((one) => chosen.includes(one)));
        },
      ),
    );
  });
});
