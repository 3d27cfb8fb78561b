import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { type Base64Run, Base64Runs } from '../../../src/scan/base64/base64-runs.ts';
import { decodeBase64 } from '../../../src/scan/base64/decode.ts';
import { createDecodingScanner } from '../../../src/scan/base64/decoding-scanner.ts';
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
  const runs = new Base64Runs(({ letters, isFirst, lines }: Base64Run) => {
    const more = Buffer.from(letters).toString('latin1');
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
    const whole = 'QUJD'.repeat(6);
    expect(runsIn(`${whole}\n  ${whole}\r\nQQ==`, 1e9)).toEqual([`0 ${whole}${whole}QQ`]);
    expect(runsIn(`${whole}Q\n${whole}`, 1e9)).toEqual([`0 ${whole}Q`, `26 ${whole}`]);
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
          expect(into.subarray(0, decodeBase64(letters, into))).toEqual(bytes);
        },
      ),
    );
  });
});

describe('createDecodingScanner', () => {
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
  });
});
