import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { PREDICATE } from '../../../src/model/statement.ts';
import { countVulnerabilities } from '../../../src/trust/predicates/vulnerabilities.ts';
import { readStatement } from '../../../src/trust/read-statement.ts';

function count(predicate: unknown, predicateType: string = PREDICATE.cosignVulnerabilities) {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: 'ab'.repeat(32) } }],
    predicateType,
    predicate,
  };
  return countVulnerabilities(readStatement(Buffer.from(JSON.stringify(statement))));
}

const byScanner = (result: unknown) => count({ scanner: { uri: '', result }, metadata: {} });

function trivy(severities: readonly unknown[], change: Readonly<Record<string, unknown>> = {}) {
  const Vulnerabilities = severities.map((Severity, index) => ({
    VulnerabilityID: `CVE-${index}`,
    Severity,
  }));
  return {
    SchemaVersion: 2,
    ArtifactType: 'container_image',
    Metadata: { ImageConfig: { config: { Labels: { Version: '1', version: '2' } } } },
    Results: [
      { Target: 'alpine', Class: 'os-pkgs', Type: 'alpine', Vulnerabilities },
      { Target: 'app', Class: 'lang-pkgs', Type: 'npm' },
    ],
    ...change,
  };
}

function grype(severities: readonly unknown[]) {
  return {
    matches: severities.map((severity) => ({ vulnerability: { id: 'CVE-1', severity } })),
    ignoredMatches: [{ vulnerability: { id: 'CVE-2', severity: 'Critical' } }],
    descriptor: { name: 'grype', version: '0.100.0' },
  };
}

function sarif(scores: Readonly<Record<string, unknown>>, results: readonly unknown[]) {
  const rules = Object.entries(scores).map(([id, score]) => ({
    id,
    properties: { 'security-severity': score },
    defaultConfiguration: { level: 'error' },
  }));
  return { version: '2.1.0', runs: [{ tool: { driver: { name: 'Trivy', rules } }, results }] };
}

function sarifOf(change: Readonly<Record<string, unknown>>) {
  const { runs, ...rest } = sarif({}, []);
  return { ...rest, runs: runs.map((run) => ({ ...run, ...change })) };
}

const listed = (severity: unknown, type: string = PREDICATE.vulnerabilitiesV02) =>
  count({ scanner: { result: [{ id: 'CVE-1', severity }] } }, type);

describe('what a scan found is counted', () => {
  test('of Trivy, whose labels may differ by case alone', () => {
    expect(byScanner(trivy(['CRITICAL', 'HIGH', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN']))).toEqual({
      bySeverity: { critical: 1, high: 2, medium: 1, low: 1, info: 0 },
      unknown: 1,
    });
    expect(byScanner(trivy([])).bySeverity.critical).toBe(0);
  });

  test('of Grype, without what its own rules ignore', () => {
    expect(byScanner(grype(['Critical', 'Negligible', 'Unknown']))).toEqual({
      bySeverity: { critical: 1, high: 0, medium: 0, low: 0, info: 1 },
      unknown: 1,
    });
  });

  test('of SARIF, by the score of each rule, whatever its level and whether it is suppressed', () => {
    const scores = { a: '9.0', b: '8.9', c: 4, d: '0.1', e: '0.0' };
    const results = Object.keys(scores).map((ruleId) => ({ ruleId, level: 'none', suppressions: [{}] }));
    const more = [{ rule: { id: 'a' } }, { ruleId: 'a', kind: 'pass' }];
    expect(byScanner(sarif(scores, [...results, ...more])).bySeverity).toEqual({
      critical: 2,
      high: 1,
      medium: 1,
      low: 1,
      info: 1,
    });
  });

  test('of a run of SARIF that found nothing and ended well', () => {
    expect(byScanner(sarifOf({ invocations: [{ executionSuccessful: true }] })).bySeverity.critical).toBe(0);
  });

  test('of a rule that is there twice by the graver score', () => {
    const { runs, version } = sarif({ a: '2.0' }, [{ ruleId: 'a' }]);
    const [run] = runs;
    const rules = [
      ...(run?.tool.driver.rules ?? []),
      { id: 'a', properties: { 'security-severity': '9.9' } },
    ];
    const twice = [...rules, ...(run?.tool.driver.rules ?? [])];
    const changed = { version, runs: [{ tool: { driver: { rules: twice } }, results: [{ ruleId: 'a' }] }] };
    expect(byScanner(changed).bySeverity.critical).toBe(1);
  });

  test('of the list of in-toto, by the gravest method', () => {
    const severity = [
      { method: 'nvd', score: 'medium' },
      { method: 'cvss_score', score: '9.2' },
      { method: 'epss', score: '0.97' },
    ];
    expect(listed(severity).bySeverity.critical).toBe(1);
    expect(listed({ method: 'nvd', score: 'high' }).bySeverity.high).toBe(1);
    const wrapped = { scanner: { result: [{ vulnerability: { id: 'CVE-1', severity } }] } };
    expect(count(wrapped, PREDICATE.vulnerabilitiesV01).bySeverity.critical).toBe(1);
    expect(count({ scanner: { result: [] } }, PREDICATE.vulnerabilitiesV02).unknown).toBe(0);
  });

  test('of every scanner that is named', () => {
    const scanners = [{ result: trivy(['HIGH']) }, { result: grype(['High']) }];
    expect(count({ scanners, scanner: { result: trivy(['HIGH']) } }).bySeverity.high).toBe(3);
  });
});

describe('what cannot be counted is never none', () => {
  const withoutResults = (({ Results: _, ...rest }) => rest)(trivy([]));
  test.each<[string, () => unknown]>([
    ['no result', () => byScanner(undefined)],
    ['an empty result', () => byScanner({})],
    ['a text', () => byScanner('no vulnerabilities found')],
    ['a form of somebody else', () => byScanner({ vulnerabilities: [] })],
    ['Trivy of another version', () => byScanner(trivy([], { SchemaVersion: 3 }))],
    ['Trivy that looked at nothing', () => byScanner(withoutResults)],
    ['Trivy that found no package', () => byScanner(trivy([], { Results: [] }))],
    [
      'Trivy that looked for secrets alone',
      () => byScanner(trivy([], { Results: [{ Target: 'x', Class: 'secret' }] })),
    ],
    ['a severity of Trivy without an order', () => byScanner(trivy(['LOW', 'SEVERE']))],
    ['an empty severity', () => byScanner(trivy(['']))],
    ['a severity of Grype without an order', () => byScanner(grype(['Bad']))],
    ['SARIF without a run', () => byScanner({ version: '2.1.0', runs: [] })],
    [
      'SARIF without results',
      () => byScanner({ version: '2.1.0', runs: [{ tool: { driver: { rules: [] } } }] }),
    ],
    ['SARIF without a score', () => byScanner(sarif({ a: undefined }, [{ ruleId: 'a' }]))],
    ['SARIF with a score past ten', () => byScanner(sarif({ a: '11.0' }, [{ ruleId: 'a' }]))],
    ['SARIF with a rule that is not there', () => byScanner(sarif({ a: '1.0' }, [{ ruleId: 'b' }]))],
    ['SARIF with a result of no rule', () => byScanner(sarif({ a: '1.0' }, [{ level: 'error' }]))],
    [
      'SARIF of a scanner that broke down',
      () => byScanner(sarifOf({ invocations: [{ executionSuccessful: false }] })),
    ],
    [
      'SARIF whose results are in another file',
      () => byScanner(sarifOf({ externalPropertyFileReferences: { results: [{ location: { uri: 'x' } }] } })),
    ],
    ['a method without an order', () => listed([{ method: 'epss', score: '0.97' }])],
    ['no method', () => listed([])],
  ])('%s', (_what, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
  });

  test.each<[string, () => unknown]>([
    ['no scanner', () => count({ metadata: {} })],
    ['a severity of Trivy that is a number', () => byScanner(trivy([9]))],
    [
      'vulnerabilities of Trivy that are no list',
      () => byScanner(trivy([], { Results: [{ Class: 'os-pkgs', Vulnerabilities: {} }] })),
    ],
    ['matches of Grype that are null', () => byScanner({ ...grype([]), matches: null })],
    [
      'a result of in-toto that is no list',
      () => count({ scanner: { result: {} } }, PREDICATE.vulnerabilitiesV02),
    ],
    [
      'an entry of in-toto without an id',
      () => count({ scanner: { result: [{ severity: [] }] } }, PREDICATE.vulnerabilitiesV02),
    ],
  ])('%s is malformed', (_what, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'JSON_INVALID' }));
  });
});

test('any JSON is counted or refused, and never crashes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(trivy, grype), (value, form) => {
      for (const result of [value, { ...form(['HIGH']), matches: value, Results: value }])
        try {
          byScanner(result);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PratiqueError);
        }
    }),
  );
});

test('a scan with n vulnerabilities counts n, in every form', () => {
  const words = fc.array(fc.constantFrom('CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'));
  fc.assert(
    fc.property(words, (severities) => {
      for (const form of [trivy, grype]) {
        const { bySeverity, unknown } = byScanner(form(severities));
        const total = Object.values(bySeverity).reduce((sum, one) => sum + one, unknown);
        expect(total).toBe(severities.length);
        expect(bySeverity.critical).toBe(severities.filter((word) => word === 'CRITICAL').length);
      }
    }),
  );
});
