import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatReference, parseReference } from '../../src/model/reference.ts';
import { addAllowEntry, addAllowLine } from '../../src/policy/add-allow-entry.ts';
import { allowsImage } from '../../src/policy/allow-entry.ts';
import { readAllowListText } from '../../src/policy/allow-list.ts';
import { lintAllowList } from '../../src/policy/lint-allow-list.ts';

const DAY = '2026-11-21';
const linesOf = (...lines: readonly string[]) => readAllowListText(lines.join('\n'), 'a.txt');
const faults = (...lines: readonly string[]) =>
  lintAllowList(linesOf(...lines), DAY).map(({ kind, entry }) => `${entry.origin} ${kind}`);

describe('a line of an allow-list', () => {
  test.each([
    [
      'that is late',
      ['ghcr.io/acme/a until=2026-11-20', 'ghcr.io/acme/b until=2026-11-21'],
      ['a.txt:1 expired'],
    ],
    [
      'that stands twice',
      ['nginx', 'docker.io/library/nginx', 'nginx:1'],
      ['a.txt:2 duplicate', 'a.txt:3 shadowed'],
    ],
    ['that another allows', ['ghcr.io/acme/*', 'ghcr.io/acme/a:1', 'ghcr.io/other/a'], ['a.txt:2 shadowed']],
    ['that another allows for a shorter time', ['ghcr.io/acme/* until=2027-01-01', 'ghcr.io/acme/a'], []],
    [
      'for a whole registry',
      ['ghcr.io/**', '**', '*.example.com/acme/a', 'quay.io/*'],
      ['a.txt:1 shadowed', 'a.txt:2 whole-registry', 'a.txt:3 shadowed', 'a.txt:4 shadowed'],
    ],
    ['for a whole registry alone', ['ghcr.io/**'], ['a.txt:1 whole-registry']],
    [
      'of a deeper name',
      ['ghcr.io/acme/*', 'ghcr.io/acme/**', 'ghcr.io/acme/a/b'],
      ['a.txt:1 shadowed', 'a.txt:3 shadowed'],
    ],
    [
      'with a tag that the other has not',
      ['ghcr.io/acme/a:1.*', 'ghcr.io/acme/a:1.2', 'ghcr.io/acme/a:2'],
      ['a.txt:2 shadowed'],
    ],
  ])('%s is told', (_what, lines, expected) => {
    expect(faults(...lines)).toEqual(expected);
  });

  test('that no file needs is told', () => {
    const used = [parseReference('ghcr.io/acme/a:1')];
    const found = lintAllowList(linesOf('ghcr.io/acme/a', 'ghcr.io/acme/b'), DAY, used);
    expect(found.map(({ kind, entry }) => [kind, entry.origin])).toEqual([['unused', 'a.txt:2']]);
  });

  test('is only called shadowed where the other allows all that it does', () => {
    const part = fc.constantFrom('a', 'b', 'a*', '*', '**', '*b');
    const tag = fc.constantFrom('', ':1', ':1*', ':*');
    const pattern = fc
      .tuple(fc.constantFrom('ghcr.io', 'quay.io'), fc.array(part, { minLength: 1, maxLength: 3 }), tag)
      .map(([host, parts, end]) => `${host}/${parts.join('/')}${end}`);
    const name = fc
      .tuple(
        fc.constantFrom('ghcr.io', 'quay.io'),
        fc.array(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', ':1', ':12', ':2'),
      )
      .map(([host, parts, end]) => parseReference(`${host}/${parts.join('/')}${end}`));
    fc.assert(
      fc.property(
        pattern,
        pattern,
        fc.array(name, { minLength: 20, maxLength: 60 }),
        (wide, narrow, names) => {
          const entries = linesOf(wide, narrow);
          const [first, second] = entries;
          const isShadowed = lintAllowList(entries, DAY).some(
            ({ kind, entry }) => kind === 'shadowed' && entry === second,
          );
          if (!isShadowed || !first || !second) return;
          for (const one of names)
            if (allowsImage(second, one))
              expect(allowsImage(first, one), `${wide} ${narrow} ${formatReference(one)}`).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('an entry with a range of tags', () => {
  const entries = (tags: string) =>
    readAllowListText(`owner: a\nentries:\n  - image: nginx\n    tags: ${tags}\n    reason: b\n`, 'a.yaml');

  test.each([
    ['nginx:1.27.1', true],
    ['nginx:1.27', true],
    ['nginx:1', false],
    ['nginx', false],
    ['nginx:latest', false],
    ['nginx:2.0.0', false],
    [`nginx:1.27.1@sha256:${'0'.repeat(64)}`, false],
    ['ghcr.io/library/nginx:1.27.1', false],
  ])('allows %s: %s', (name, expected) => {
    const list = entries('">=1.25 <2"');
    expect(list.some((entry) => allowsImage(entry, parseReference(name)))).toBe(expected);
  });

  test('stands beside tags with stars', () => {
    const list = entries('[">=1.25 <2", 3.*]');
    expect(list.map(({ pattern, tagRange }) => [pattern.tag, tagRange])).toEqual([
      ['3.*', undefined],
      [undefined, '>=1.25.0 <2.0.0-0'],
    ]);
  });

  test('that is none is told with its place', () => {
    expect(() => entries('">=one"')).toThrow(/a\.yaml:4:11 entries\.0\.tags: .*no range of versions/);
  });
});

describe('adding a line', () => {
  const entry = { image: 'quay.io/prometheus/*', tags: '>=3 <4', reason: 'metrics: #1', until: '2027-06-30' };

  test.each([
    [
      'with a remark at the end',
      'owner: a # who\nentries:\n  # first\n  - image: nginx\n    reason: b # why\n',
    ],
    [
      'that stands in further, and ends without a newline',
      'owner: a\nentries:\n    - image: nginx\n      reason: b',
    ],
    ['that stands in not at all', 'entries:\n- image: nginx\n  reason: b\nowner: a\n'],
    ['with Windows line ends', 'owner: a\r\nentries:\r\n  - image: nginx\r\n    reason: b\r\n'],
  ])('to a list %s keeps every other character', (_what, text) => {
    const made = addAllowEntry('a.yaml', text, entry, undefined);
    const list = readAllowListText(made, 'a.yaml');
    expect(list).toHaveLength(2);
    expect(list[1]).toMatchObject({
      reason: 'metrics: #1',
      until: '2027-06-30',
      tagRange: '>=3.0.0 <4.0.0-0',
    });
    let kept = 0;
    for (const character of made) if (character === text[kept]) kept += 1;
    expect(kept).toBe(text.length);
  });

  test('to a list that is none yet makes one', () => {
    expect(readAllowListText(addAllowEntry('a.yaml', undefined, entry, 'me'), 'a.yaml')).toHaveLength(1);
    expect(() => addAllowEntry('a.yaml', undefined, entry, undefined)).toThrow(/needs an owner/);
  });

  test.each([
    'owner: a\nentries: []\n',
    'owner: a\nentries: [{image: a, reason: b}]\n',
    'owner: a\n',
    'entries: [\n',
    '',
  ])('to %j is refused', (text) => {
    expect(() => addAllowEntry('a.yaml', text, entry, 'me')).toThrow(/nothing can be added/);
  });

  test('to a list of plain text is a line', () => {
    const { tags: _none, ...line } = entry;
    const made = addAllowLine('nginx # kept', { ...line, reason: 'two\nlines' });
    expect(made).toBe('nginx # kept\nquay.io/prometheus/* until=2027-06-30 # two lines\n');
    expect(() => addAllowLine('', entry)).toThrow(/has no tags/);
  });
});
