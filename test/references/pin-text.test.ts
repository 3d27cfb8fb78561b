import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/model/digest.ts';
import { pinText } from '../../src/references/pin-text.ts';
import { readReferences } from '../../src/references/read-references.ts';

const DIGEST = parseDigest(`sha256:${'ab'.repeat(32)}`);

describe('pinning', () => {
  test('changes the ranges and nothing else', () => {
    const piece = fc.tuple(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z/:.]{1,20}$/));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.string({ unit: 'binary' }), (pieces, rest) => {
        let text = '';
        let expected = '';
        const pins = pieces.map(([before, name]) => {
          const start = text.length + before.length;
          text += before + name;
          expected += `${before}${name}@${DIGEST}`;
          return { start, end: text.length, text: name, digest: DIGEST };
        });
        expect(pinText('a', text + rest, pins.reverse())).toBe(expected + rest);
      }),
    );
  });

  test.each([
    [
      'Dockerfile',
      '\ufeff# syntax=docker/dockerfile:1\r\nFROM  --platform=linux/amd64 alpine:3 AS a # not a comment\r\n',
    ],
    ['compose.yaml', 'services:\n    a:   { image: "alpine:3" }   # kept\n\n    b: {image: \'busybox:1\'}\n'],
    ['pod.json', '{ "apiVersion":"v1",\t"kind":"Pod", "spec": {"containers":[{"image":"alpine:3"}]}}'],
    ['docker-bake.hcl', 'target "a" { contexts = { b = "docker-image://alpine:3" } } # kept\n'],
  ])('leaves a %s that names the same images, now by digest', (file, text) => {
    const pinsOf = (source: string) => readReferences(file, source).references;
    const before = pinsOf(text);
    const pins = before.flatMap(({ range, text: name }) =>
      range ? [{ ...range, text: name, digest: DIGEST }] : [],
    );
    expect(pins.length).toBeGreaterThan(0);
    const pinned = pinText(file, text, pins);
    expect(pinned.replaceAll(`@${DIGEST}`, '')).toBe(text);
    expect(pinsOf(pinned).map(({ reference }) => reference)).toEqual(
      before.map(({ reference }) => ({ ...reference, digest: DIGEST })),
    );
  });

  test('refuses a text that is not the one that was read', () => {
    const pin = { start: 5, end: 9, text: 'a:12', digest: DIGEST };
    expect(() => pinText('Dockerfile', 'FROM b:12\n', [pin])).toThrow(/not as it was/);
    expect(() => pinText('Dockerfile', 'FROM a:12\n', [pin, pin])).toThrow(/not as it was/);
    expect(() => pinText('Dockerfile', '', [pin])).toThrow(/not as it was/);
  });
});
