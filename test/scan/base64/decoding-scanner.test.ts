import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { type Base64Run, Base64Runs } from '../../../src/scan/base64/base64-runs.ts';
import { decodeBase64 } from '../../../src/scan/base64/decode.ts';
import { createDecodingScanner } from '../../../src/scan/base64/decoding-scanner.ts';
import { WideText } from '../../../src/scan/base64/wide-text.ts';
import { redactSecrets } from '../../../src/scan/redact.ts';
import type { Hit } from '../../../src/scan/rule.ts';
import { fakeToken, validToken } from '../images.ts';
import { makeScanner, scanPieces } from '../scan-text.ts';

const TOKEN = validToken('in base64');
const scanner = createDecodingScanner(makeScanner(), DEFAULT_LIMITS);

function base64(text: string | Uint8Array): string {
  return Buffer.from(text as string).toString('base64');
}

function scan(text: string): readonly Hit[] {
  return scanPieces(scanner, [Buffer.from(text)]);
}

/** The runs in a text, and where they begin. */
function runsIn(text: string, size: number): readonly string[] {
  const found: string[] = [];
  const runs = new Base64Runs(({ letters, count, isFirst, lines }: Base64Run) => {
    const more = Buffer.from(letters.subarray(0, count)).toString('latin1');
    if (isFirst) found.push(`${lines[1]} ${more}`);
    else found[found.length - 1] += more;
  });
  runs.begin();
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) runs.write(bytes.subarray(at, at + size));
  runs.end();
  return found;
}

describe('Base64Runs', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 40, unit: fc.constantFrom(...'abzAZ09+/-_') }),
    fc.constantFrom('\n', '\r\n', '\\n', '\\\n', ' ', '    ', '=', '\\', 'n', ':', '\0'),
    fc.constant('QUJDREVGR0hJSktMTU5PUFFSU1RVVldY'),
    fc.constant('QUJD'.repeat(5000)),
  );

  it('finds the same, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 70 }), (pieces, size) => {
        const text = pieces.join('');
        expect(runsIn(text, size)).toEqual(runsIn(text, 1e9));
      }),
    );
  });

  it('finds every run that a plain search finds', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('').replaceAll('\\', '|').replaceAll('\n', '|').replaceAll('\r', '|');
        const plain = [...text.matchAll(/[A-Za-z0-9+/_-]{24,}/g)].map(
          ({ index, 0: run }) => `${index} ${run}`,
        );
        expect(runsIn(text, 1e9)).toEqual(plain);
      }),
    );
  });

  it('joins lines of whole groups, and no others', () => {
    const whole = 'QUJj'.repeat(6);
    expect(runsIn(`${whole}\n  ${whole}\r\nQQ==`, 1e9)).toEqual([`0 ${whole}${whole}QQ`]);
    expect(runsIn(`${whole}Q\n${whole}`, 1e9)).toEqual([`0 ${whole}Q`, `26 ${whole}`]);
  });

  it('tells nothing of words and digests, whose letters are of one case', () => {
    const [small, large] = ['0a1b/'.repeat(8), 'OA1B'.repeat(8)];
    expect(runsIn(`${small} ${large}`, 1e9)).toEqual([]);
    expect(runsIn(`${small}${large}`, 1e9)).toEqual([`0 ${small}${large}`]);
  });
});

describe('WideText', () => {
  /** What a piece of UTF-16 in the bytes says, and where it begins. */
  function textsIn(bytes: Buffer, size: number): readonly string[] {
    const found: string[] = [];
    const wide = new WideText({
      begin: () => found.push(`${wide.start} `),
      write: (part) => {
        found[found.length - 1] += Buffer.from(part).toString('latin1');
      },
      end: () => {},
    });
    wide.begin();
    for (let at = 0; at < bytes.length; at += size) wide.write(bytes.subarray(at, at + size));
    wide.end();
    return found;
  }

  const letters = fc.string({ minLength: 1, maxLength: 60, unit: fc.constantFrom(...'azAZ09+/-_') });
  const piece = fc.oneof(
    fc.tuple(letters, fc.boolean()).map(([text, swap]) => {
      const bytes = Buffer.from(text, 'utf16le');
      return swap ? bytes.swap16() : bytes;
    }),
    letters.map((text) => Buffer.from(text)),
    fc.constantFrom('', '\0', '\0\0', '\n\0', ' \0', 'é\0').map((text) => Buffer.from(text, 'latin1')),
  );

  it('finds what a plain search finds, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 130 }), (pieces, size) => {
        const bytes = Buffer.concat(pieces);
        const plain = /(?:[A-Za-z0-9+/_-]\0){23}[A-Za-z0-9+/_-](?:(?:\0[^\0])*)/g;
        const wanted = [...bytes.toString('latin1').matchAll(plain)].map(
          ({ index, 0: text }) => `${index} ${text.replaceAll('\0', '')}`,
        );
        expect(textsIn(bytes, size)).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
  });
});

describe('decodeBase64', () => {
  it('decodes as Node does, in either alphabet', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.constantFrom('base64', 'base64url'),
        (bytes, kind) => {
          const letters = Buffer.from(
            Buffer.from(bytes)
              .toString(kind as 'base64')
              .replaceAll('=', ''),
          );
          const into = new Uint8Array(200);
          const around = Buffer.concat([Buffer.from('?'), letters, Buffer.from('?')]);
          const end = decodeBase64(around, 1, around.length - 1, into, 2);
          expect(into.subarray(2, end)).toEqual(bytes);
        },
      ),
    );
  });
});

describe('createDecodingScanner', () => {
  it('says that something may be found wherever something is', () => {
    const wide = (text: string) => Buffer.from(text, 'utf16le').toString('latin1');
    const secret = `ab:${TOKEN}`;
    const piece = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('usr/share/', 'Main.class', '\n', '\0', 'stratum+tcp://', '\x7fELF'),
      fc.constantFrom(secret, base64(secret), wide(secret), wide(base64(secret))),
      fc.constant(base64(secret).replace(/.{24}/g, '$&\n')),
    );
    const subject = fc.constantFrom({ path: 'etc/ld.so.preload' }, { path: 'f' }, { field: 'file name' });
    let found = 0;
    fc.assert(
      fc.property(subject, fc.array(piece, { maxLength: 5 }), (where, pieces) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        const hits = scanPieces(scanner, [bytes], where);
        found += hits.length;
        if (hits.length > 0) expect(scanner.mayFind?.(where, bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(0);
  });

  it('says of most names at once that nothing can be found', () => {
    for (const name of ['usr/share/doc/libc6/copyright', 'java/util/Map.class', 'etc/ssl/certs/02265526.0'])
      expect(scanner.mayFind?.({ field: 'file name' }, Buffer.from(name))).toBe(false);
  });

  it('says so of names with a keyword behind which nothing like a secret comes', () => {
    for (const name of [
      'lib/promise.js',
      'lib/github/index.js',
      'doc/https://example.com/a',
      'lib/token = 1',
    ])
      expect(scanner.mayFind?.({ field: 'file name' }, Buffer.from(name)), name).toBe(false);
    const address = `doc/https://gate:${'quay7'.repeat(3)}@example.com/`;
    expect(scanner.mayFind?.({ field: 'file name' }, Buffer.from(address))).toBe(true);
  });

  it('tells where the letters stand, and that it is base64', () => {
    const [hit] = scan(`x: ${base64(`ab:${TOKEN}`)}`);
    expect(hit).toMatchObject({
      rule: 'secrets.github-token',
      confidence: 'verified',
      offset: 7,
      args: { encoding: 'base64', length: 40 },
    });
  });

  it('tells a value once that stands there plainly as well, and each of two', () => {
    expect(scan(`${TOKEN} ${base64(TOKEN)}`)).toMatchObject([{ offset: 0 }]);
    expect(scan(`${base64(TOKEN)} ${base64(TOKEN)}`)).toHaveLength(1);
    expect(scan(`${base64(TOKEN)} ${base64(fakeToken('other'))}`)).toHaveLength(2);
  });

  it('reads letters in UTF-16, over lines, at any alignment, and tells where they stand', () => {
    const lines = base64(`first: 1\nsecond: ${TOKEN}`).replace(/(.{24})/g, '$1\r\n  ');
    for (const before of ['', 'x', 'xy']) {
      for (const swap of [false, true]) {
        const wide = Buffer.from(`\ufeffkey = ${lines}\r\n`, 'utf16le');
        const bytes = Buffer.concat([Buffer.from(before), swap ? wide.swap16() : wide, Buffer.from([7])]);
        const hits = scanPieces(scanner, [bytes]);
        expect(hits).toMatchObject([
          { confidence: 'verified', args: { encoding: 'base64 in utf-16', length: 40 } },
        ]);
        const at = bytes.toString('latin1').indexOf(lines.slice(20, 24).split('').join('\0'));
        expect(hits[0]?.offset).toBe(at);
        for (let size = 1; size < 120; size += 7) {
          const pieces: Buffer[] = [];
          for (let from = 0; from < bytes.length; from += size)
            pieces.push(bytes.subarray(from, from + size));
          expect(scanPieces(scanner, pieces)).toEqual(hits);
        }
      }
    }
  });

  it('reads a gzip whose letters are UTF-16, beside one whose letters are not', () => {
    const other = fakeToken('beside');
    const wide = Buffer.from(`a: ${base64(gzipSync(`x ${TOKEN}`))} `, 'utf16le').toString('latin1');
    const hits = scanPieces(scanner, [
      Buffer.from(`${wide}\n${base64(gzipSync(other))}\n`, 'latin1'),
      Buffer.from(wide, 'latin1'),
    ]);
    expect(hits.map(({ args }) => args['encoding'])).toEqual(['gzip in base64 in utf-16', 'gzip in base64']);
  });

  it('reads one level', () => {
    expect(scan(base64(base64(TOKEN)))).toEqual([]);
  });

  it('finds nothing across two runs', () => {
    const [one, two] = [TOKEN.slice(0, 21), TOKEN.slice(21)];
    expect(scan(`${base64(one)} ${base64(two)}`)).toEqual([]);
  });

  it('places hits in a file of very many runs', () => {
    const noise = `${base64('Lorem ipsum dolor sit amet')}, `;
    const text = `${noise.repeat(20_000)}${base64(TOKEN)}`;
    expect(scan(text).map(({ offset }) => offset)).toEqual([noise.length * 20_000]);
  });

  it('ends at a gzip that unpacks to too much', () => {
    const tight = createDecodingScanner(makeScanner(), { ...DEFAULT_LIMITS, encodedBytes: 10_000 });
    const packed = base64(gzipSync(Buffer.alloc(20_000)));
    expect(() => scanPieces(tight, [Buffer.from(`x: ${packed}`)])).toThrow(/limits\.encoded-bytes/);
    expect(scanPieces(tight, [Buffer.from(base64(TOKEN))])).toHaveLength(1);
  });

  it('is cut out of what is shown, with the letters that follow', () => {
    const text = `RUN |1 T=${base64(`user:${TOKEN}`)} make it`;
    expect(redactSecrets(text, scanner)).toBe('RUN |1 T=dXNl[secret] make it');
    const lines = base64(`user: ${TOKEN}`).replace(/(.{24})/g, '$1\n');
    expect(redactSecrets(`T=${lines} make`, scanner)).toBe('T=dXNlcjog[secret] make');
    const wide = (plain: string) => plain.split('').join('\0');
    const shown = redactSecrets(`${wide(`T=${base64(`user: ${TOKEN}`)}`)}\0| make`, scanner);
    expect(shown).toBe(`${wide('T=dXNlcjog')}\0[secret]| make`);
  });
});
