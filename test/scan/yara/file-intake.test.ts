import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isProgramOrScript } from '../../../src/scan/yara/file-choice.ts';
import { FileIntake, type TakenFile } from '../../../src/scan/yara/file-intake.ts';

/** A piece of a file: bytes, or so many zeros. */
type Piece = Uint8Array | number;

function takeIn(pieces: readonly Piece[], path: string, wanted: boolean | undefined, most = 1000) {
  const taken: TakenFile[] = [];
  const intake = new FileIntake(path, wanted, most, (one) => taken.push(one));
  for (const piece of pieces) {
    if (typeof piece === 'number') {
      intake.hole(piece);
      continue;
    }
    const lent = Uint8Array.from(piece);
    intake.write(lent);
    lent.fill(0xee); // its owner uses it again
  }
  intake.end();
  return taken;
}

const whole = (pieces: readonly Piece[]) =>
  Buffer.concat(pieces.map((piece) => (typeof piece === 'number' ? Buffer.alloc(piece) : piece)));

describe('a file that is taken in', () => {
  const head = fc.constantFrom('\x7fELF', '#!', 'MZ', '\0asm', '\xca\xfe\xba\xbe', '#', '\x7fEL', '', 'PK');
  const first = head.map((text) => Buffer.from(text, 'latin1'));
  const piece = fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.nat({ max: 400 }));

  test('is chosen by what it is, and is whole, however it comes', () => {
    fc.assert(
      fc.property(first, fc.nat({ max: 4 }), fc.array(piece, { maxLength: 5 }), (start, cut, rest) => {
        const pieces = [start.subarray(0, cut), start.subarray(cut), ...rest];
        const bytes = whole(pieces);
        const [taken, ...more] = takeIn(pieces, 'a/b', undefined);
        expect(more).toEqual([]);
        expect(taken !== undefined).toBe(isProgramOrScript(bytes.subarray(0, 4), 'a/b'));
        if (taken === undefined) return;
        expect(taken.size).toBe(bytes.length);
        expect(taken.parts === undefined).toBe(bytes.length > 1000);
        if (taken.parts !== undefined) expect(Buffer.concat(taken.parts)).toEqual(bytes);
      }),
    );
  });

  test('is taken whatever it is where that is wanted, and never where it is not', () => {
    expect(takeIn([], 'a', true)).toEqual([{ size: 0, parts: [] }]);
    expect(takeIn([Buffer.from('text')], 'a', true)).toMatchObject([{ size: 4 }]);
    expect(takeIn([Buffer.from('#!/bin/sh')], 'a', false)).toEqual([]);
  });

  test('costs nothing where it is a hole of a terabyte', () => {
    expect(takeIn([Buffer.from('#!'), 1024 ** 4], 'a', undefined)).toEqual([{ size: 1024 ** 4 + 2 }]);
  });
});

describe('programs and scripts', () => {
  test.each(['#!/bin/sh', '\x7fELF', 'MZ', '\xce\xfa\xed\xfe', '\xcf\xfa\xed\xfe', '\0asm', 'dex\n'])(
    'are known by their first bytes: %j',
    (text) => {
      expect(isProgramOrScript(Buffer.from(text, 'latin1').subarray(0, 4), 'opt/x')).toBe(true);
    },
  );

  test.each(['x.py', 'a/b.JS', 'x.mjs', 'x.sh', 'x.php', 'x.ps1', 'app.jar!/x.jsp', 'x.pyc'])(
    'are known by their names: %s',
    (path) => {
      expect(isProgramOrScript(Buffer.from('text'), path)).toBe(true);
    },
  );

  test.each(['x.json', 'readme', 'js', 'x.html', 'x.txt', 'x.so.conf'])('are not %s', (path) => {
    expect(isProgramOrScript(Buffer.from('text'), path)).toBe(false);
  });
});
