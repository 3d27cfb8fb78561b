import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import type { Finding } from '../../src/model/finding.ts';
import { parseReference } from '../../src/model/reference.ts';
import type { RuledFinding, Verdict } from '../../src/model/verdict.ts';
import { parseBaseline } from '../../src/policy/baseline.ts';
import { openExceptions } from '../../src/policy/exceptions.ts';
import { collectFaults } from '../../src/policy/faults.ts';
import type { Exception } from '../../src/policy/policy.ts';
import { addToBaseline, type BaselineWish } from '../../src/policy/write-baseline.ts';
import { UNSCANNED_RULE } from '../../src/scan/unpack/unscanned.ts';
import { sampleFinding, sampleVerdict } from '../support/sample-verdicts.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const SHOP = parseReference('ghcr.io/acme/shop:1.4');

function secret(fingerprint: string, change: Partial<Finding> = {}): Finding {
  return {
    ...sampleFinding({ rule: 'secrets.github-token', fingerprint }),
    where: { path: 'srv/.env' },
    args: {},
    ...change,
  };
}

function verdictOf(...findings: readonly RuledFinding[]): Verdict {
  const outcome = {
    check: 'secrets',
    state: 'failed',
    findings: findings.map(({ finding }) => finding),
  } as const;
  return {
    ...sampleVerdict(),
    result: 'refused',
    images: [{ ruled: [{ outcome, level: 'fail', findings }] }],
  };
}

function wish(...findings: readonly Finding[]): BaselineWish {
  const verdict = verdictOf(...findings.map((finding) => ({ finding, level: 'fail' }) as const));
  return { judged: [{ verdict, reference: SHOP }], owner: 'team-shop', now: NOW };
}

const ONE = '00000000000000aa';
const TWO = '00000000000000bb';

describe('a new baseline', () => {
  test('names each finding with its place, owner and last day, and is one that is read', () => {
    const { text, ...counts } = addToBaseline(
      undefined,
      'b.yaml',
      wish(secret(ONE), secret(TWO), secret(ONE)),
    );
    expect(counts).toEqual({ added: 2, known: 0, unlisted: 0, unseen: 0, nameless: 0 });
    expect(parseBaseline(text, 'b.yaml', collectFaults())).toEqual(
      [ONE, TWO].map((fingerprint) => ({
        fingerprint,
        rule: 'secrets.github-token',
        image: 'ghcr.io/acme/shop',
        where: 'srv/.env',
        'first-seen': '2026-11-21',
        reason: 'known since the baseline of 2026-11-21',
        owner: 'team-shop',
        until: '2027-02-19',
      })),
    );
  });

  test('holds only what refuses: no warning, no exception, no other check', () => {
    const excepted = { reason: 'a', owner: 'b', until: '2027-01-01' };
    const verdict = verdictOf(
      { finding: secret(ONE), level: 'warn' },
      { finding: secret(TWO), level: 'fail', excepted },
    );
    const miners = {
      check: 'miners',
      state: 'failed',
      findings: [secret(ONE, { rule: 'miners.program' })],
    } as const;
    const [image] = verdict.images;
    const ruled = [
      ...(image?.ruled ?? []),
      {
        outcome: miners,
        level: 'fail',
        findings: miners.findings.map((finding) => ({ finding, level: 'fail' as const })),
      } as const,
    ];
    const judged = [{ verdict: { ...verdict, images: [{ ruled }] } }];
    expect(addToBaseline(undefined, 'b', { judged, owner: 'o', now: NOW })).toEqual({
      text: expect.stringMatching(/^#.*\nversion: 1\nentries: \[\]\n$/),
      added: 0,
      known: 0,
      unlisted: 0,
      unseen: 0,
      nameless: 0,
    });
  });

  test('leaves out what stands for values that nobody has seen', () => {
    const counts = addToBaseline(undefined, 'b', wish(secret(ONE, { args: { more: 3 } })));
    expect(counts).toMatchObject({ added: 0, unlisted: 1 });
  });

  test('leaves out what was not looked into: its fingerprint is of its path, and anything may lie there next', () => {
    const unread = secret(ONE, { rule: UNSCANNED_RULE });
    expect(addToBaseline(undefined, 'b', wish(unread))).toMatchObject({ added: 0, unseen: 1 });
    const text = `version: 1\nentries:\n  - {fingerprint: "${ONE}", rule: ${UNSCANNED_RULE}, reason: r, owner: o, until: 2027-01-01}\n`;
    expect(parseBaseline(text, 'b', collectFaults())).toBeUndefined();
  });

  test('counts what it accepts in every image, as none has a name', () => {
    const judged = wish(secret(ONE)).judged.map(({ verdict }) => ({ verdict }));
    expect(addToBaseline(undefined, 'b', { judged, owner: 'o', now: NOW })).toMatchObject({ nameless: 1 });
  });

  test('keeps foreign texts inside their quotes', () => {
    const path = 'a"\n  - fingerprint: "0000000000000000"\u001b[2J\u2028';
    const { text } = addToBaseline(undefined, 'b', wish(secret(ONE, { where: { path } })));
    expect(parseBaseline(text, 'b', collectFaults())).toHaveLength(1);
    expect(text).not.toContain('\u001b');
  });
});

describe('a baseline that is there', () => {
  const before = `version: 1
entries:
  # rotated in SEC-812
  - { fingerprint: "${ONE}", rule: secrets.github-token, image: ghcr.io/acme/shop, reason: r, owner: o, until: 2026-01-01 }
`;

  test('keeps every line, gets what is new, and renews nothing that has run out', () => {
    const { text, ...counts } = addToBaseline(before, 'b.yaml', wish(secret(ONE), secret(TWO)));
    expect(counts).toMatchObject({ added: 1, known: 1 });
    expect(text.startsWith(before)).toBe(true);
    const entries = parseBaseline(text, 'b.yaml', collectFaults());
    expect(entries?.map(({ fingerprint, until }) => [fingerprint, until])).toEqual([
      [ONE, '2026-01-01'],
      [TWO, '2027-02-19'],
    ]);
  });

  test.each([
    [
      'whose list is in one line',
      `version: 1\nentries: [{fingerprint: "${TWO}", rule: secrets.a, reason: r, owner: o, until: 2027-01-01}]\n`,
    ],
    [
      'whose list is not at the end',
      `entries:\n  - {fingerprint: "${TWO}", rule: secrets.a, reason: r, owner: o, until: 2027-01-01}\nversion: 1\n`,
    ],
    ['that is JSON', '{"version": 1, "entries": []}'],
    ['that is none', 'version: 2\n'],
  ])('%s is left alone, and that is a fault', (_name, text) => {
    expect(() => addToBaseline(text, 'b.yaml', wish(secret(ONE)))).toThrow(PratiqueError);
  });

  test('that nothing can be added to is told so, and not by lines that are not in it', () => {
    expect(() => addToBaseline('{"version": 1, "entries": []}', 'b.yaml', wish(secret(ONE)))).toThrow(
      'nothing can be added to this baseline',
    );
  });

  test.each([
    ['that is empty', 'version: 1\nentries: []\n'],
    ['that is empty, with a comment', 'entries: [ ] # none\r\n'.replace('entries', 'version: 1\r\nentries')],
    [
      'whose list stands at the margin',
      `version: 1\nentries:\n# old\n- fingerprint: "${TWO}"\n  rule: secrets.a\n  reason: |\n    - r\n  owner: o\n  until: 2027-01-01`,
    ],
    [
      'whose list stands far in',
      `version: 1\nentries:\n\n      - {fingerprint: "${TWO}", rule: secrets.a, reason: r, owner: o, until: 2027-01-01}\n`,
    ],
  ])('%s gets what is new', (_name, text) => {
    const old = parseBaseline(text, 'b.yaml', collectFaults()) ?? [];
    const once = addToBaseline(text, 'b.yaml', wish(secret(ONE))).text;
    const twice = addToBaseline(once, 'b.yaml', wish(secret(ONE), secret('00000000000000cc'))).text;
    expect(parseBaseline(twice, 'b.yaml', collectFaults())?.map(({ fingerprint }) => fingerprint)).toEqual([
      ...old.map(({ fingerprint }) => fingerprint),
      ONE,
      '00000000000000cc',
    ]);
    expect(addToBaseline(twice, 'b.yaml', wish(secret(ONE))).text).toBe(twice);
  });
});

describe('a baseline in a policy', () => {
  const entry = (fingerprint: string, until: string, image?: Exception['image']): Exception => ({
    rule: 'secrets.github-token',
    fingerprint,
    reason: 'r',
    owner: 'o',
    until,
    baseline: 'b.yaml',
    ...(image === undefined ? {} : { image }),
  });

  test('covers until its last day, then fails again and says so in one line', () => {
    const entries = [entry(ONE, '2026-11-21'), entry(TWO, '2026-11-20')];
    const book = openExceptions(entries, SHOP, '2026-11-21');
    expect(book.cover('secrets', secret(ONE))).toBe(entries[0]);
    expect(book.cover('secrets', secret(TWO))).toBeUndefined();
    expect(book.cover('secrets', secret('00000000000000cc'))).toBeUndefined();
    expect(book.cover('secrets', secret(ONE, { rule: 'secrets.other' }))).toBeUndefined();
    expect(book.expired()).toEqual([
      `the baseline b.yaml: 1 of its entries has run out, and their findings count again (${TWO})`,
    ]);
    expect(book.unused()).toEqual([]);
  });

  test('says in one line how many of its entries cover nothing', () => {
    const many = Array.from({ length: 7 }, (_, index) => entry(`000000000000000${index}`, '2027-01-01'));
    expect(openExceptions(many, SHOP, '2026-11-21').unused()).toEqual([
      'the baseline b.yaml: 7 of its entries cover nothing here (0000000000000000, 0000000000000001, 0000000000000002, 0000000000000003, 0000000000000004, …)',
    ]);
  });

  test.each([
    ['another fingerprint', 'fingerprint: abc', /entries\.0\.fingerprint: a fingerprint has 16 hex digits/],
    [
      'a rule of another check',
      `fingerprint: "${ONE}"\n    rule: miners.program`,
      /only findings of secrets/,
    ],
    ['no owner', `fingerprint: "${ONE}"`, /entries\.0\.owner: a text is missing/],
    [
      'an unknown key',
      `fingerprint: "${ONE}"\n    path: a`,
      /b\.yaml:4:5 entries\.0\.path: there is no such setting/,
    ],
  ])('is refused with file, line and column where it has %s', (_name, text, message) => {
    const faults = collectFaults();
    expect(parseBaseline(`version: 1\nentries:\n  - ${text}\n`, 'b.yaml', faults)).toBeUndefined();
    expect(() => faults.throwIfAny()).toThrow(message);
  });
});
