import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderSarif } from '../../../src/report/sarif/sarif.ts';
import { hostileText, hostileVerdict } from '../../support/arbitrary-verdicts.ts';
import { failed, sampleFinding, sampleVerdict, sampleVerdicts } from '../../support/sample-verdicts.ts';
import { complaintsOf, ownSchema, publishedSchema } from '../../support/schemas.ts';

const own = ownSchema('sarif-2.1.0.json');
const published = publishedSchema('sarif-schema-2.1.0.json');
const schemas = published === undefined ? [own] : [own, published];

function complaints(verdicts: Parameters<typeof renderSarif>[0], uri = 'pratique.yaml'): readonly string[] {
  const document = JSON.parse(renderSarif(verdicts, { anchor: { uri, line: 1 } }));
  return schemas.flatMap((schema) => complaintsOf(schema, document));
}

describe('the SARIF view', () => {
  test('is valid against the schema, and within what GitHub takes, whatever the verdicts', () => {
    expect(complaints(sampleVerdicts())).toEqual([]);
    expect(complaints([])).toEqual([]);
    fc.assert(
      fc.property(fc.array(hostileVerdict, { maxLength: 3 }), hostileText, (verdicts, uri) => {
        expect(complaints(verdicts, uri)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('has a time only where RFC 3339 can write it', () => {
    const timesIn = (at: string) => {
      const verdicts = [sampleVerdict({ at, startedAt: at })];
      expect(complaints(verdicts)).toEqual([]);
      const { startTimeUtc, endTimeUtc } = JSON.parse(renderSarif(verdicts)).runs[0].invocations[0];
      return [startTimeUtc, endTimeUtc];
    };
    for (const at of ['2026-11-21T00:00:00.000Z', '2026-11-21', 'Sat, 21 Nov 2026 00:00:00 GMT'])
      expect(timesIn(at), at).toEqual(['2026-11-21T00:00:00.000Z', '2026-11-21T00:00:00.000Z']);
    for (const at of ['', 'soon', '+012026-11-21T00:00:00Z', '-000001-11-21T00:00:00Z'])
      expect(timesIn(at), at).toEqual([undefined, undefined]);
  });

  test.skipIf(published === undefined)(
    "is held against OASIS's own schema, too (skipped where it does not lie beside the repository)",
    () => {
      if (published === undefined) return;
      expect(complaintsOf(published, { version: '2.1.0', runs: [{}] })).not.toEqual([]);
    },
  );

  test('keeps texts within what GitHub takes of a rule, however long they are', () => {
    const long = sampleFinding({
      rule: `secrets.${'x'.repeat(5000)}`,
      message: 'm'.repeat(9000),
      remedy: 'r'.repeat(9000),
    });
    expect(
      complaints([
        sampleVerdict({ result: 'refused', images: [{ ruled: [failed('s'.repeat(3000), [long])] }] }),
      ]),
    ).toEqual([]);
  });

  test.each([
    ['an address with a scheme', 'https://example.com/x'],
    ['an address with a colon', 'a:b'],
    ['an absolute path', '/etc/x'],
  ])('our account of it refuses %s', (_, uri) => {
    const document = JSON.parse(renderSarif(sampleVerdicts()));
    document.runs[1].results[0].locations[0].physicalLocation.artifactLocation.uri = uri;
    expect(complaintsOf(own, document)).not.toEqual([]);
  });
});
