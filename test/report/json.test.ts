import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderJson, VERDICT_SCHEMA } from '../../src/report/json.ts';
import { hostileVerdict } from '../support/arbitrary-verdicts.ts';
import {
  failed,
  refusedByNameVerdict,
  refusedVerdict,
  sampleFinding,
  sampleVerdict,
  sampleVerdicts,
} from '../support/sample-verdicts.ts';
import { compileSchema, complaintsOf } from '../support/schemas.ts';
import { strictSchema } from '../support/strict-schema.ts';

const published = compileSchema(new URL('../../schema/verdict-v1.json', import.meta.url));
const schema = strictSchema(new URL('../../schema/verdict-v1.json', import.meta.url));

describe('the JSON view', () => {
  test('is valid by a reader of JSON Schema that is not ours, whatever the verdicts', () => {
    expect(complaintsOf(published, JSON.parse(renderJson(sampleVerdicts())))).toEqual([]);
    fc.assert(
      fc.property(fc.array(hostileVerdict, { maxLength: 2 }), (verdicts) => {
        expect(complaintsOf(published, JSON.parse(renderJson(verdicts)))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('is as its published schema says, and has no field that the schema does not name', () => {
    expect(schema.safeParse(JSON.parse(renderJson(sampleVerdicts()))).error).toBeUndefined();
    expect(schema.safeParse(JSON.parse(renderJson([]))).error).toBeUndefined();
    fc.assert(
      fc.property(fc.array(hostileVerdict, { maxLength: 2 }), (verdicts) => {
        expect(schema.safeParse(JSON.parse(renderJson(verdicts))).error).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  test('repeats no annotations of an index: nobody has looked at them', () => {
    const annotations = new Map([['note', 'a word of somebody']]);
    const { subject, images, ...rest } = sampleVerdict();
    const spoken = {
      ...rest,
      ...(subject && { subject: { ...subject, annotations } }),
      images: images.map(({ manifest, ...image }) => ({
        ...image,
        ...(manifest && { manifest: { ...manifest, annotations } }),
      })),
    };
    expect(renderJson([spoken])).not.toContain('a word of somebody');
    expect(JSON.parse(renderJson([spoken]))).toEqual(JSON.parse(renderJson([sampleVerdict()])));
  });

  test.each([
    ['a result that there is not', (doc: Doc) => Object.assign(doc.verdicts[0] ?? {}, { result: 'passed' })],
    ['a verdict without a result', (doc: Doc) => delete doc.verdicts[0]?.['result']],
    ['a digest that is none', (doc: Doc) => Object.assign(doc.verdicts[0] ?? {}, { ruleSet: 'sha256:12' })],
    ['a field that is not in the schema', (doc: Doc) => Object.assign(doc.verdicts[0] ?? {}, { more: 1 })],
  ])('would be refused by the schema with %s', (_, spoil) => {
    const doc = JSON.parse(renderJson(sampleVerdicts()));
    spoil(doc);
    expect(schema.safeParse(doc).success).toBe(false);
  });

  test('names its schema under the address that the schema has', () => {
    const file = JSON.parse(readFileSync(new URL('../../schema/verdict-v1.json', import.meta.url), 'utf8'));
    expect(file.$id).toBe(VERDICT_SCHEMA);
    expect(JSON.parse(renderJson([])).schema).toBe(VERDICT_SCHEMA);
  });

  test('keeps foreign text exactly', () => {
    fc.assert(
      fc.property(hostileVerdict, (verdict) => {
        const [said] = JSON.parse(renderJson([verdict])).verdicts;
        expect(said.name).toBe(verdict.name);
        expect(said.leftOut).toEqual(verdict.leftOut);
        const args = verdict.images.flatMap((i) =>
          i.ruled.flatMap((r) => r.findings.map((f) => f.finding.args)),
        );
        const saidArgs = said.images.flatMap((i: Image) =>
          i.checks.flatMap((c) => c.findings.map((f) => f.args)),
        );
        expect(saidArgs.map((a: object) => Object.entries(a).sort())).toEqual(
          args.map((a) => Object.entries(a).sort()),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('has its keys in the same order whatever the order inside', () => {
    const make = (args: Record<string, string>) =>
      renderJson([sampleVerdict({ images: [{ ruled: [failed('secrets', [sampleFinding({ args })])] }] })]);
    expect(make({ b: '1', a: '2' })).toBe(make({ a: '2', b: '1' }));
  });

  test('leaves out the subject where the name was never resolved', () => {
    const [verdict] = JSON.parse(renderJson([refusedByNameVerdict()])).verdicts;
    expect(verdict).not.toHaveProperty('subject');
    expect(verdict.images[0]).not.toHaveProperty('scanned');
  });

  test('lists ten thousand findings of a check, counts all, and says how many are left out', () => {
    const many = Array.from({ length: 10_003 }, (_, i) => sampleFinding({ fingerprint: `f${i}` }));
    const doc = JSON.parse(renderJson([sampleVerdict({ images: [{ ruled: [failed('secrets', many)] }] })]));
    const [verdict] = doc.verdicts;
    expect(verdict.images[0].checks[0].findings).toHaveLength(10_000);
    expect(verdict.images[0].checks[0].omitted).toBe(3);
    expect(verdict.counts.findings).toBe(10_003);
    expect(schema.safeParse(doc).error).toBeUndefined();
  });

  test('says of a finding that it tells of something unread', () => {
    const ruled = [failed('secrets', [sampleFinding({ unread: true })], 'warn')];
    const doc = JSON.parse(renderJson([sampleVerdict({ images: [{ ruled }] })]));
    expect(doc.verdicts[0].images[0].checks[0].findings[0]).toMatchObject({ unread: true });
    expect(schema.safeParse(doc).error).toBeUndefined();
  });

  test('names the package of a demoted finding, and counts it', () => {
    const owner = { manager: 'deb', name: 'libharbour', version: '1.2', by: 'digest' } as const;
    const finding = sampleFinding({ package: owner, demoted: true });
    const doc = JSON.parse(
      renderJson([sampleVerdict({ images: [{ ruled: [failed('secrets', [finding], 'warn')] }] })]),
    );
    expect(doc.verdicts[0].counts).toMatchObject({ findings: 1, enforced: 0, warned: 0, demoted: 1 });
    expect(doc.verdicts[0].images[0].checks[0].findings[0]).toMatchObject({ demoted: true, package: owner });
    expect(schema.safeParse(doc).error).toBeUndefined();
  });

  test('tells the exception beside the finding that it covers', () => {
    const [verdict] = JSON.parse(renderJson([refusedVerdict()])).verdicts;
    const findings = verdict.images[0].checks.find(
      (one: { check: string }) => one.check === 'secrets',
    ).findings;
    expect(findings.map((one: { excepted?: unknown }) => one.excepted)).toEqual([
      undefined,
      { reason: "Debian's shipped test key, never used", owner: 'team-platform', until: '2027-01-31' },
    ]);
  });
});

interface Doc {
  verdicts: Record<string, unknown>[];
}

interface Image {
  checks: { findings: { args: object }[] }[];
}
