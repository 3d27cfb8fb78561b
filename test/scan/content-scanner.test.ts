import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hit, SecretRule } from '../../src/scan/rule.ts';
import { makeRuleSet, RULE_SET } from '../../src/scan/rule-set.ts';
import { BASE62, sample } from '../../src/scan/rules/sample.ts';
import { base62Checksum } from '../../src/scan/validators/checksum.ts';
import { makeScanner, scanPieces, scanText } from './scan-text.ts';

/** A GitHub token that was never issued; its checksum is right. */
function githubToken(seed: string): string {
  const entropy = Array.from({ length: 30 }, (_, i) => seed.charAt((i * 7 + (i >> 2)) % seed.length)).join(
    '',
  );
  return ['gh', 'p_', entropy, base62Checksum(entropy, 6)].join('');
}

const TOKEN = githubToken('aZ3kQ9mT1xW5vB7');
const OTHER = githubToken('Pq2Lr8Ns4Yu6Hd0');

/** Everything that says where and what, without the words. */
function gist(hits: readonly Hit[]): unknown[] {
  return hits.map(({ rule, offset, confidence, args, fingerprint }) => ({
    rule,
    offset,
    confidence,
    args,
    fingerprint,
  }));
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

const EXAMPLES = RULE_SET.secrets.flatMap((rule) => rule.examples.slice(0, 1).map((example) => example()));

describe('createContentScanner', () => {
  const scanner = makeScanner();

  it('finds a token and tells what it is, where it is and that its form is verified, but never the token', () => {
    const [hit, ...rest] = scanText(scanner, `a\nGITHUB_TOKEN=${TOKEN}\n`);
    expect(rest).toEqual([]);
    expect(hit).toMatchObject({
      check: 'secrets',
      rule: 'secrets.github-token',
      confidence: 'verified',
      offset: 15,
      args: { provider: 'GitHub', length: TOKEN.length },
    });
    expect(hit?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify(hit)).not.toContain(TOKEN.slice(4, 20));
  });

  it('misses none where the bytes that it holds come to their end', () => {
    const times = 4000;
    const text = Buffer.from(`key ${TOKEN} and more\n`.repeat(times));
    for (const blockBytes of [1, 63, 4096]) {
      const [hit] = scanPieces(makeScanner({ blockBytes }), [text]);
      expect(hit?.args['count']).toBe(times);
    }
  });

  it('finds the same, wherever a file is cut into chunks and however many bytes are gathered', () => {
    const file = fc
      .array(
        fc.oneof(fc.constantFrom(...EXAMPLES), fc.string({ maxLength: 40 }), fc.constant('\0'.repeat(50))),
        { maxLength: 12 },
      )
      .map((parts) => Buffer.from(parts.join('\n')));
    const small = makeScanner({ blockBytes: 61 });
    fc.assert(
      fc.property(file, fc.array(fc.nat(), { maxLength: 10 }), (bytes, cuts) => {
        const whole = gist(scanPieces(scanner, [bytes]));
        expect(gist(scanPieces(scanner, cut(bytes, cuts)))).toEqual(whole);
        expect(gist(scanPieces(small, cut(bytes, cuts)))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('finds a token across a border of chunks at every one of its letters', () => {
    const text = Buffer.from(`key: ${TOKEN}\n`);
    for (let at = 0; at <= text.length; at++) {
      const hits = scanPieces(makeScanner({ blockBytes: 7 }), [text.subarray(0, at), text.subarray(at)]);
      expect(
        hits.map(({ offset }) => offset),
        `cut at ${at}`,
      ).toEqual([5]);
    }
  });

  it('finds a token across every border of its own blocks', () => {
    for (let before = 0; before < 90; before++) {
      const hits = scanText(makeScanner({ blockBytes: 64 }), `${' '.repeat(before)}${TOKEN}`);
      expect(hits.map(({ offset }) => offset)).toEqual([before]);
    }
  });

  it('reads UTF-16 of either byte order at any alignment', () => {
    const little = Buffer.from(`\ufefftoken=${TOKEN}\r\n`, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const bytes of [little, big]) {
      for (const shift of [0, 1, 2, 3]) {
        const file = Buffer.concat([Buffer.alloc(shift, 0x7e), bytes]);
        const [hit] = scanPieces(makeScanner({ blockBytes: 33 }), cut(file, [5, 31, 77]));
        expect(hit).toMatchObject({ rule: 'secrets.github-token', args: { encoding: 'utf-16' } });
        expect(hit?.offset).toBe(shift + 14 + (bytes === big ? 1 : 0));
      }
    }
  });

  it('looks into binary files, behind NULs and at the very end', () => {
    const file = Buffer.concat([
      Buffer.from([0x7f, 0x45, 0x4c, 0x46]),
      Buffer.alloc(9000),
      Buffer.from(TOKEN),
    ]);
    expect(scanPieces(scanner, [file])).toHaveLength(1);
  });

  it('tells two values as two hits, and one value twice as one with its count and first place', () => {
    const hits = scanText(scanner, `${TOKEN}\n${OTHER}\n${TOKEN}\n`);
    expect(hits.map(({ offset, args }) => [offset, args['count']])).toEqual([
      [0, 2],
      [41, undefined],
    ]);
    expect(new Set(hits.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });

  it('gives the same value the same fingerprint in every file', () => {
    const [first] = scanText(scanner, TOKEN);
    const [second] = scanText(makeScanner(), `elsewhere: ${TOKEN}`);
    expect(second?.fingerprint).toBe(first?.fingerprint);
  });

  it('keeps so many hits of a rule in a file, and says how many more there were', () => {
    const tokens = Array.from({ length: 9 }, (_, i) => githubToken(`aZ3kQ9mT1xW5vB7${i}`));
    const hits = scanText(makeScanner({ limits: { hitsPerRule: 4 } }), tokens.join('\n'));
    expect(hits.map(({ args }) => args['more'])).toEqual([undefined, undefined, undefined, 5]);
  });

  it('keeps what is surer beside any number of hints of the same rule', () => {
    const login = (word: string) => `postgres://app:${word}@db.harbour.internal/x\n`;
    const hints = Array.from({ length: 9 }, (_, at) => login(`abcdefghijklmnopqrst${at}`)).join('');
    const real = login(sample(BASE62, 20, 'crowded out'));
    for (const text of [hints + real, real + hints]) {
      const hits = scanText(makeScanner({ limits: { hitsPerRule: 3 } }), text);
      expect(hits.map(({ confidence }) => confidence).sort()).toEqual(['low', 'low', 'low', 'medium']);
      expect(hits.filter(({ args }) => args['more'] === 6).map((hit) => hit.confidence)).toEqual(['low']);
    }
  });

  it('holds no more of a file in memory than a window: a token after a long hole is found where it is', () => {
    scanner.begin({ path: 'sparse' });
    scanner.write(Buffer.from(`${TOKEN} `));
    scanner.hole?.(5_000_000_000);
    scanner.write(Buffer.from(` ${OTHER}`));
    expect(scanner.end().map(({ offset }) => offset)).toEqual([0, 5_000_000_042]);
  });

  it('takes a hole for the zeros it stands for', () => {
    const zeros = fc.integer({ min: 0, max: 200_000 });
    fc.assert(
      fc.property(zeros, fc.constantFrom(...EXAMPLES), (length, example) => {
        const ends = [Buffer.from(example.slice(0, 20)), Buffer.from(`${example}\n`)] as const;
        scanner.begin({ path: 'f' });
        scanner.write(ends[0]);
        scanner.hole?.(length);
        scanner.write(ends[1]);
        const withHole = gist(scanner.end());
        expect(withHole).toEqual(gist(scanPieces(scanner, [ends[0], Buffer.alloc(length), ends[1]])));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['an example', ['AK', 'IAIOSFODNN7EXAMPLE'].join('')],
    ['a template', `DB_PASSWORD=$\{DB_PASSWORD}`],
    ['a mustache', 'api_key: "{{ .Values.apiKey }}"'],
    ['angle brackets', 'token=<your-token-here>'],
    ['crosses', ['gh', 'p_', 'x'.repeat(36)].join('')],
    ['one letter', `aws_secret_access_key=${'A'.repeat(40)}`],
    ['words', 'password=changeme123'],
  ])('does not report a placeholder: %s', (_, text) => {
    expect(scanText(scanner, text, { field: 'config.Env[0]' })).toEqual([]);
  });

  it('keeps to the files and fields that a rule looks in', () => {
    const text = 'app.password=hQ7vN2xK9pLs\n';
    expect(scanText(scanner, text, { path: 'usr/share/doc/manual.txt' })).toMatchObject([
      { confidence: 'low' },
    ]);
    expect(scanText(scanner, text, { path: 'srv/app/application.properties' })).toHaveLength(1);
    expect(scanText(scanner, text, { field: 'config.Env[4]' })).toHaveLength(1);
  });

  it('begins each file anew', () => {
    scanText(scanner, TOKEN.slice(0, 20));
    expect(scanText(scanner, TOKEN.slice(20))).toEqual([]);
    expect(scanText(scanner, TOKEN)).toHaveLength(1);
  });

  it('does not let a file begin before the last one has ended', () => {
    const other = makeScanner();
    other.begin({ path: 'a' });
    expect(() => other.begin({ path: 'b' })).toThrow(RangeError);
  });

  it('forks into a scanner that shares nothing but the rules', () => {
    const fork = scanner.fork?.() ?? scanner;
    scanner.begin({ path: 'a' });
    fork.begin({ path: 'b' });
    scanner.write(Buffer.from(TOKEN.slice(0, 30)));
    fork.write(Buffer.from(OTHER));
    scanner.write(Buffer.from(TOKEN.slice(30)));
    expect([scanner.end().length, fork.end().length]).toEqual([1, 1]);
  });

  it('names the rule set by a digest that changes with any rule', () => {
    const [first] = RULE_SET.secrets as readonly [SecretRule];
    const { secrets, minerSigns, files, digest } = RULE_SET;
    expect(makeRuleSet(secrets, minerSigns, files).digest).toBe(digest);
    expect(makeRuleSet([...secrets].reverse(), minerSigns, files).digest).toBe(digest);
    for (const change of [
      { severity: 'info' as const },
      { keywords: ['other'] },
      { pattern: /(?<secret>x)/ },
      { breadth: 2 as const },
      { places: /x/ },
    ]) {
      const changed = makeRuleSet([{ ...first, ...change }, ...secrets.slice(1)], minerSigns, files);
      expect(changed.digest).not.toBe(digest);
    }
    expect(makeRuleSet(secrets, minerSigns.slice(1), files).digest).not.toBe(digest);
  });

  it('refuses a rule whose pattern is not linear by construction', () => {
    const [first] = RULE_SET.secrets as readonly [SecretRule];
    const rules = makeRuleSet([{ ...first, pattern: /(?<secret>(?:a+)+)/ }], []);
    expect(() => makeScanner({ rules })).toThrow(RangeError);
  });
});
