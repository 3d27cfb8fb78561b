import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { Allowance, CustomRule } from '../../../src/model/custom-rule.ts';
import { parsePathPattern } from '../../../src/model/path-pattern.ts';
import { createContentScanner } from '../../../src/scan/content-scanner.ts';
import { prepareCustomRules } from '../../../src/scan/custom/custom-rules.ts';
import { createCustomScanner, REACH_BYTES } from '../../../src/scan/custom/custom-scanner.ts';
import { joinScanners } from '../../../src/scan/custom/join-scanners.ts';
import type { ContentScanner, Hit } from '../../../src/scan/rule.ts';
import { scanPieces, scanText } from '../scan-text.ts';
import { acmeToken, customRule } from './rules.ts';

const BLOCK = 64 * 1024;

/** One rule for each change; the plain one where there is none. */
function scannerOf(first: Partial<CustomRule> = {}, ...more: readonly Partial<CustomRule>[]): ContentScanner {
  const rules = [first, ...more].map((change, index) =>
    customRule({ id: `secrets.custom-acme${index === 0 ? '' : index}`, ...change }),
  );
  return createCustomScanner(prepareCustomRules(rules), DEFAULT_LIMITS);
}

function offsets(hits: readonly Hit[]): readonly number[] {
  return hits.map(({ offset }) => offset);
}

const filler = (length: number) => 'the sea is wide and '.repeat(Math.ceil(length / 20)).slice(0, length);

describe('a rule of the user', () => {
  test('is found with its place in bytes, its length, and a fingerprint instead of the value', () => {
    const [hit, ...more] = scanText(scannerOf({ tags: ['acme', 'deploy'] }), `x=${acmeToken()}\n`);
    expect(more).toEqual([]);
    expect(hit).toMatchObject({
      check: 'secrets',
      rule: 'secrets.custom-acme',
      severity: 'high',
      confidence: 'high',
      offset: 10,
      message: 'Acme token',
      args: { provider: 'custom', length: 16, tags: 'acme, deploy' },
    });
    expect(hit?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify(hit)).not.toContain(acmeToken().slice(-16));
  });

  test('is found at every place around the borders of blocks, once, however the file is cut', () => {
    const scanner = scannerOf();
    const token = acmeToken();
    for (const border of [BLOCK, BLOCK + REACH_BYTES, 2 * BLOCK]) {
      for (let at = border - token.length - 1; at <= border + 1; at++) {
        const bytes = Buffer.from(filler(at) + token + filler(3 * BLOCK - at));
        expect(offsets(scanPieces(scanner, [bytes])), String(at)).toEqual([at + 8]);
        const pieces = [bytes.subarray(0, at + 5), bytes.subarray(at + 5, at + 6), bytes.subarray(at + 6)];
        expect(offsets(scanPieces(scanner, pieces)), String(at)).toEqual([at + 8]);
      }
    }
  });

  test('gives the same for every way to cut a file into chunks', () => {
    const scanner = scannerOf(
      {},
      { keywords: [], pattern: 'key=(\\w+)' },
      { keywords: ['near'], pattern: 'z+' },
    );
    const parts = fc.array(
      fc.oneof(
        fc.constantFrom(acmeToken(), acmeToken('b'), 'key=abc ', 'near', 'zzz', 'acme_'),
        fc.nat({ max: 40_000 }).map(filler),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(parts, fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 8 }), (texts, cuts) => {
        const whole = Buffer.from(texts.join(''));
        const pieces: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          pieces.push(whole.subarray(at, at + cut));
          at += cut;
        }
        pieces.push(whole.subarray(at));
        expect(scanPieces(scanner, pieces)).toEqual(scanPieces(scanner, [whole]));
      }),
      { numRuns: 60 },
    );
  });

  test('runs where one of its keywords is within reach, in any case, and nowhere else', () => {
    const scanner = scannerOf({ keywords: ['Harbour'.toLowerCase()], pattern: 'pier-[0-9]{4}' });
    expect(scanText(scanner, 'pier-1234')).toEqual([]);
    expect(offsets(scanText(scanner, 'HARBOUR pier-1234'))).toEqual([8]);
    for (const gap of [100, REACH_BYTES - 20])
      expect(scanText(scanner, `${filler(BLOCK)}pier-1234${filler(gap)}harbour`), String(gap)).toHaveLength(
        1,
      );
    expect(scanText(scanner, `pier-1234${filler(3 * BLOCK)}harbour`)).toEqual([]);
  });

  test('without keywords runs over every byte', () => {
    expect(scanText(scannerOf({ keywords: [] }), filler(3 * BLOCK) + acmeToken())).toHaveLength(1);
  });

  test('reads UTF-16 at any alignment, and a rule without keywords where a block is full of NULs', () => {
    for (const keywords of [['acme_'], []]) {
      for (const order of ['le', 'be']) {
        for (const shift of [0, 1]) {
          const wide = Buffer.from(`x = ${acmeToken()} ${'.'.repeat(200)}`, 'utf16le');
          if (order === 'be') wide.swap16();
          const bytes = Buffer.concat([Buffer.alloc(shift), wide]);
          const hits = scanPieces(scannerOf({ keywords }), [bytes]);
          expect(hits.map(({ args, offset }) => [args['encoding'], offset])).toEqual([
            ['utf-16', shift + 24 + (order === 'be' ? 1 : 0)],
          ]);
        }
      }
    }
  });

  test('tells two values as two findings and the same twice as one', () => {
    const text = [acmeToken('a'), acmeToken('b'), acmeToken('a')].join('\n');
    expect(scanText(scannerOf(), text).map(({ args }) => args['count'])).toEqual([2, undefined]);
  });

  test('takes the named group, the numbered one, the first that took part, or the whole match', () => {
    const length = (change: Partial<CustomRule>) =>
      scanText(scannerOf({ keywords: [], ...change }), 'id:abc key:wxyz')[0]?.args['length'];
    expect(length({ pattern: 'id:(?P<id>\\w+) key:(?P<key>\\w+)', secret: 'key' })).toBe(4);
    expect(length({ pattern: 'id:(\\w+) key:(\\w+)', secret: 2 })).toBe(4);
    expect(length({ pattern: 'id:(\\w+)|key:(\\w+)' })).toBe(3);
    expect(length({ pattern: 'id:\\w+' })).toBe(6);
    expect(length({ pattern: 'id:(\\w+)', secret: 0 })).toBe(6);
  });

  test('demands more entropy than it says', () => {
    const scanner = scannerOf({ entropy: 3 });
    expect(scanText(scanner, `acme_eu_${'a'.repeat(16)}`)).toEqual([]);
    expect(scanText(scanner, acmeToken())).toHaveLength(1);
  });

  test('looks only at the paths that it names, and then at no field', () => {
    const at = (path: string, change: Partial<CustomRule>) =>
      scanText(scannerOf(change), acmeToken(), { path }).length;
    const paths = [parsePathPattern('**/*.env')];
    expect(at('srv/a.env', { paths })).toBe(1);
    expect(at('srv/a.txt', { paths })).toBe(0);
    expect(at('srv/a.env', { exceptPaths: paths })).toBe(0);
    expect(at('srv/a.env', { pathPattern: String.raw`(?i)\.ENV$` })).toBe(1);
    expect(at('srv/a.txt', { pathPattern: String.raw`(?i)\.ENV$` })).toBe(0);
    expect(scanText(scannerOf({ paths }), acmeToken(), { field: 'config.Env[0]' })).toEqual([]);
    expect(scanText(scannerOf(), acmeToken(), { field: 'config.Env[0]' })).toHaveLength(1);
  });

  test('without a pattern finds the file by its path', () => {
    const { pattern: _, ...rest } = customRule({ pathPattern: String.raw`\.ovpn$`, keywords: [] });
    const scanner = createCustomScanner(prepareCustomRules([rest]), DEFAULT_LIMITS);
    expect(scanText(scanner, 'x', { path: 'etc/vpn/a.ovpn' })).toMatchObject([{ offset: 0 }]);
    expect(scanText(scanner, 'x', { path: 'etc/vpn/a.conf' })).toEqual([]);
    expect(scanText(scanner, 'x', { field: 'a.ovpn' })).toEqual([]);
  });

  const allowance: Allowance = { all: false, target: 'secret', patterns: [], words: [], paths: [] };
  const value = acmeToken().slice(-16);
  test.each<[string, Partial<Allowance>, boolean]>([
    ['a word in the secret', { words: ['cdef'] }, true],
    ['a word that is elsewhere', { words: ['acme'] }, false],
    ['a pattern in the secret', { patterns: ['^0123'] }, true],
    ['a pattern in the match', { target: 'match', patterns: ['^acme_eu'] }, true],
    ['a pattern in the match, that is only in the line', { target: 'match', patterns: ['# test'] }, false],
    ['a pattern in the line', { target: 'line', patterns: ['^token = .*# test$'] }, true],
    ['a pattern in the next line', { target: 'line', patterns: ['second'] }, false],
    ['the path', { paths: ['^srv/'] }, true],
    ['another path', { paths: ['^usr/'] }, false],
    ['all of two that hold', { all: true, paths: ['^srv/'], words: ['cdef'] }, true],
    ['all of two of which one holds', { all: true, paths: ['^usr/'], words: ['cdef'] }, false],
    ['any of two of which one holds', { paths: ['^usr/'], words: ['cdef'] }, true],
    ['nothing at all', { all: true }, false],
  ])('spares a value by %s', (_name, change, spared) => {
    const scanner = scannerOf({ allow: [{ ...allowance, ...change }] });
    const text = `first\ntoken = acme_eu_${value} # test\nsecond`;
    expect(scanText(scanner, text, { path: 'srv/a' })).toHaveLength(spared ? 0 : 1);
  });

  test('passes over a hole of a sparse file at no cost, and finds what is behind it', () => {
    const scanner = scannerOf({}, { keywords: [], pattern: 'pier-[0-9]{4}' });
    const length = 2 ** 40 + 12_345;
    scanner.begin({ path: 'sparse' });
    scanner.write(Buffer.from(acmeToken('a')));
    scanner.hole?.(length);
    scanner.write(Buffer.from(`${acmeToken('b')} pier-1234`));
    const behind = acmeToken().length + length;
    expect(offsets(scanner.end())).toEqual([8, behind + 8, behind + acmeToken().length + 1]);
  });

  test('does not remember the file before', () => {
    const scanner = scannerOf({ keywords: ['harbour'], pattern: 'pier-[0-9]{4}' });
    scanText(scanner, 'harbour');
    expect(scanText(scanner, 'pier-1234')).toEqual([]);
    scanText(scanner, 'harb');
    expect(scanText(scanner, 'our pier-1234')).toEqual([]);
  });

  test('is anchored at the file, not at a block', () => {
    const scanner = scannerOf({ keywords: [], pattern: '^acme_[a-z]{2}_[0-9a-f]{16}' });
    expect(scanText(scanner, acmeToken() + filler(3 * BLOCK))).toHaveLength(1);
    for (const at of [1, BLOCK - REACH_BYTES, BLOCK, 2 * BLOCK])
      expect(scanText(scanner, filler(at) + acmeToken() + filler(BLOCK)), String(at)).toEqual([]);
  });
});

describe('a bad pattern', () => {
  test('that hangs a backtracking engine ends in time', () => {
    const evil = scannerOf({ keywords: [], pattern: '(a+)+$' }, { keywords: [], pattern: '(a|a)*b' });
    const began = performance.now();
    scanText(evil, `${'a'.repeat(BLOCK)}!`);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('that takes too long for one block is a fault, and no verdict without it', () => {
    let clock = 0;
    const real = performance.now;
    performance.now = () => (clock += 1000);
    try {
      const scan = () => scanText(scannerOf({ keywords: [], pattern: 'a' }), 'a'.repeat(100));
      expect(scan).toThrow(PratiqueError);
      expect(scan).toThrow(/secrets\.custom-acme took more than 10 seconds/);
    } finally {
      performance.now = real;
    }
  });

  test.each([
    [
      'is no RE2',
      { pattern: '(?=a)b' },
      /rules\/acme\.yaml:3:5 acme\.pattern: it is no pattern in RE2 syntax/,
    ],
    ['refers back', { pattern: String.raw`(a)\1` }, /RE2 syntax/],
    ['matches nothing at all', { pattern: 'a*' }, /matches where there is nothing/],
    ['is too long', { pattern: 'a'.repeat(9000) }, /longer than 8192 characters/],
    ['unfolds to too much', { pattern: '((?:[a-z]{10}[0-9]{10}){30}){30}' }, /unfolds to|RE2 syntax/],
    ['has letters beyond ASCII', { pattern: 'schlüssel' }, /beyond ASCII/],
    ['has no such group', { secret: 3 }, /has 1 groups/],
    ['has no group of that name', { secret: 'token' }, /no group of this name/],
    ['has a bad path', { pathPattern: '(' }, /acme\.path: it is no pattern/],
  ] as const)('is a fault where it %s', (_name, change, message) => {
    expect(() => prepareCustomRules([customRule(change)])).toThrow(message);
  });
});

describe('examples', () => {
  test('prove a rule, whatever paths it looks at', () => {
    const rule = customRule({
      examples: [acmeToken(), `x=${acmeToken('b')}`],
      counterExamples: ['acme_eu_x'],
      paths: [parsePathPattern('*.env')],
      pathPattern: 'env$',
    });
    expect(() => prepareCustomRules([rule])).not.toThrow();
  });

  test('that do not hold are told with their file and line, all at once', () => {
    const places = new Map([
      ['', '3:5'],
      ['examples.1', '9:7'],
      ['counter-examples.0', '11:7'],
    ]);
    const rule = customRule({ examples: [acmeToken(), 'acme_'], counterExamples: [acmeToken()], places });
    expect(() => prepareCustomRules([rule])).toThrow(
      /acme\.yaml:9:7 acme\.examples\.1: the rule does not find its own example\n.*:11:7 acme\.counter-examples\.0/,
    );
  });
});

describe('the digest of the rules', () => {
  const digest = (change: Partial<CustomRule> = {}) => prepareCustomRules([customRule(change)]).digest;

  test('differs with all that decides', () => {
    const changes: readonly Partial<CustomRule>[] = [
      {},
      { id: 'secrets.custom-other' },
      { pattern: 'acme_x' },
      { keywords: ['acme'] },
      { entropy: 2 },
      { secret: 0 },
      { paths: [parsePathPattern('a')] },
      { exceptPaths: [parsePathPattern('a')] },
      { pathPattern: 'a' },
      { severity: 'low' },
      { confidence: 'low' },
      { allow: [{ all: false, target: 'secret', patterns: [], words: ['x'], paths: [] }] },
    ];
    expect(new Set(changes.map(digest)).size).toBe(changes.length);
  });

  test('is the same for other examples, and another place of the file', () => {
    expect(digest({ examples: [acmeToken()], shown: 'x.yaml', places: new Map() })).toBe(digest());
  });
});

test('both scanners see every byte, holes included, and forks too', () => {
  const joined = joinScanners(createContentScanner(undefined, DEFAULT_LIMITS), scannerOf());
  for (const scanner of [joined, joined.fork?.() ?? joined]) {
    scanner.begin({ path: 'a' });
    scanner.write(Buffer.from(acmeToken()));
    scanner.hole?.(1_000_000);
    scanner.write(Buffer.from(`-----BEGIN ${'PRIVATE KEY-----'} ${acmeToken('b')}`));
    expect(scanner.end().filter(({ rule }) => rule === 'secrets.custom-acme')).toHaveLength(2);
  }
});
