import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileExample } from '../../../src/scan/rule.ts';
import { makeRuleSet, RULE_SET } from '../../../src/scan/rule-set.ts';
import { createFileScanner, HELD_BYTES } from '../../../src/scan/whole-file/file-scanner.ts';
import { readStore } from '../../../src/scan/whole-file/keystore-kinds.ts';
import { sampleBytes, sampleDerKey, sampleJks, samplePkcs12 } from '../../../src/scan/whole-file/samples.ts';
import { scanPieces } from '../scan-text.ts';

const { files, secrets } = RULE_SET;
const scanner = createFileScanner(files);

function hitsIn({ path, bytes }: FileExample, size = bytes.length) {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return scanPieces(scanner, pieces, { path });
}

function rulesOf(example: FileExample, size?: number): readonly string[] {
  return hitsIn(example, size).map(({ rule }) => rule);
}

describe.each(files.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it('is shaped as a rule: an id of its own, texts, examples on both sides', () => {
    expect(id).toMatch(/^secrets\.[a-z0-9]+(-[a-z0-9]+)*$/);
    expect([...files, ...secrets].filter((one) => one.id === id)).toHaveLength(1);
    for (const text of [rule.what, rule.remedy, rule.source, rule.provider])
      expect(text).not.toMatch(/\.$|\n/);
    expect(rule.path ?? rule.magic).toBeDefined();
    for (const magic of rule.magic ?? []) expect(magic).toMatch(/^(?:[0-9a-f?]{2})+$/);
    expect(rule.judge.name).not.toBe('');
    expect(Math.min(rule.examples.length, rule.counterExamples.length)).toBeGreaterThan(0);
  });

  it('is hit by each of its examples, and no other rule is, however the file is cut', () => {
    for (const make of rule.examples) {
      const example = make();
      for (const size of [1, 7, 31, 32, 1000, example.bytes.length])
        expect(rulesOf(example, size), `${example.path} by ${size}`).toEqual([id]);
    }
  });

  it('is hit in an archive as well', () => {
    for (const make of rule.examples) {
      const { path, bytes } = make();
      expect(rulesOf({ path: `srv/app.jar!/${path}`, bytes })).toEqual([id]);
    }
  });

  it('is hit by none of its counter-examples', () => {
    for (const make of rule.counterExamples) expect(rulesOf(make())).not.toContain(id);
  });

  it('tells the same of a file each time, and nothing of its bytes', () => {
    const example = (rule.examples[0] as () => FileExample)();
    const [hit] = hitsIn(example);
    expect(hitsIn(example)).toEqual([hit]);
    const { fingerprint, ...told } = JSON.parse(JSON.stringify(hit));
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    const text = JSON.stringify(told);
    for (const form of ['latin1', 'hex', 'base64'] as const)
      expect(text).not.toContain(example.bytes.subarray(-24).toString(form));
  });
});

describe('what judges whole files', () => {
  it('is part of the digest of the rule set and counted with its kinds', () => {
    const [first, ...rest] = files;
    if (first === undefined) throw new Error('there are no rules');
    const without = makeRuleSet(secrets, RULE_SET.minerSigns, rest);
    expect(without.digest).not.toBe(RULE_SET.digest);
    expect(without.counts.secrets).toBe(RULE_SET.counts.secrets - 1);
    const changes = [
      { path: /x/ },
      { magic: ['00'] },
      { severity: 'info' },
      { judge: () => undefined },
    ] as const;
    for (const change of changes)
      expect(makeRuleSet(secrets, RULE_SET.minerSigns, [{ ...first, ...change }, ...rest]).digest).not.toBe(
        RULE_SET.digest,
      );
  });

  it('goes by structure: no file of chance makes it throw or find', () => {
    const starts = files
      .flatMap(({ magic = [] }) => magic)
      .map((hex) => Buffer.from(hex.replaceAll('?', '1'), 'hex'));
    const start = fc.constantFrom(Buffer.alloc(0), ...starts);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 400 }), fc.string(), (head, rest, path) => {
        const found = rulesOf({ path, bytes: Buffer.concat([head, rest]) });
        const sealed = ['secrets.password-database', 'secrets.ansible-vault'];
        return found.every((rule) => sealed.includes(rule));
      }),
      { numRuns: 500 },
    );
  });

  it('finds a key that is damaged in any byte, or nothing, and never throws', () => {
    const whole = [sampleJks(['certificate', 'key'], 'changeit'), samplePkcs12(2, 'x'), sampleDerKey('sec1')];
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.nat(), fc.nat(255), (bytes, at, value) => {
        const damaged = Buffer.from(bytes);
        damaged[at % bytes.length] = value;
        expect(rulesOf({ path: 'x', bytes: damaged }).length).toBeLessThanOrEqual(1);
        rulesOf({ path: 'x', bytes: bytes.subarray(0, at % bytes.length) });
      }),
      { numRuns: 200 },
    );
  });

  it('finds the key of a keystore that is larger than what is held', () => {
    const store = sampleJks(['key'], 'changeit');
    const bytes = Buffer.concat([store, sampleBytes(HELD_BYTES, 'more')]);
    expect(rulesOf({ path: 'x', bytes }, 64 * 1024)).toEqual(['secrets.keystore']);
  });

  it('passes over holes and fields, and files with holes are no keys', () => {
    scanner.begin({ path: 'config/master.key' });
    scanner.hole?.(1e12);
    expect(scanner.end()).toEqual([]);
    const bytes = sampleDerKey('sec1');
    expect(scanPieces(scanner, [bytes], { field: 'x' })).toEqual([]);
    expect(scanPieces(scanner, [bytes], { path: 'x' })).toHaveLength(1);
  });
});

describe('a keystore', () => {
  it('is opened once, however many rules ask for it: each password takes milliseconds to try', () => {
    const file = samplePkcs12(2, 'Harbour-Night-7');
    expect(readStore(file, true)).toBe(readStore(file, true));
    const none = Buffer.from('308002010300', 'hex');
    expect([readStore(none, true), readStore(none, true)]).toEqual([undefined, undefined]);
  });
});
