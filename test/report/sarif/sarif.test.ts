import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { renderSarif, supersedes } from '../../../src/report/sarif/sarif.ts';
import { relativeUri, sarifText } from '../../../src/report/sarif/sarif-text.ts';
import { hostileText, hostileVerdict } from '../../support/arbitrary-verdicts.ts';
import {
  admittedVerdict,
  digestOf,
  failed,
  passed,
  refusedVerdict,
  sampleFinding,
  sampleVerdict,
  sampleVerdicts,
  undecidedVerdict,
  unknown,
} from '../../support/sample-verdicts.ts';

interface Sarif {
  $schema: string;
  version: string;
  runs: Run[];
}

interface Run {
  tool: { driver: { name: string; rules: Rule[]; notifications: { id: string }[] } };
  automationDetails: { id: string };
  invocations: { executionSuccessful: boolean; toolExecutionNotifications: Notification[] }[];
  results: Result[];
}

interface Rule {
  id: string;
  shortDescription: { text: string };
  help: { text: string; markdown: string };
  defaultConfiguration: { level: string };
  properties: Record<string, unknown>;
}

interface Notification {
  descriptor: { id: string };
  level: string;
  message: { text: string };
}

interface Result {
  ruleId: string;
  ruleIndex: number;
  level: string;
  message: { text: string };
  locations: {
    physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } };
    logicalLocations: { name: string; fullyQualifiedName: string; kind: string }[];
  }[];
  partialFingerprints: Record<string, string>;
  suppressions: { kind: string; status: string; justification: string }[];
}

function sarifOf(verdicts: readonly Verdict[], options?: Parameters<typeof renderSarif>[1]): Sarif {
  return JSON.parse(renderSarif(verdicts, options));
}

function runOf(verdict: Verdict): Run {
  const [run] = sarifOf([verdict]).runs;
  if (run === undefined) throw new Error('there is always a run');
  return run;
}

/** What the SARIF 2.1.0 schema and GitHub's code scanning ask of every run. */
function expectWellFormed({ $schema, version, runs }: Sarif): void {
  expect($schema).toMatch(/^https:\/\/.*sarif-2\.1\.0\.json$/);
  expect(version).toBe('2.1.0');
  expect(runs.length).toBeGreaterThan(0);
  expect(new Set(runs.map((run) => run.automationDetails.id)).size).toBe(runs.length);
  for (const { tool, automationDetails, invocations, results } of runs) {
    expect(automationDetails.id).toMatch(/^pratique\/.*\/$|^pratique\/$/s);
    expect(tool.driver.name).toBe('pratique');
    const ids = tool.driver.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const rule of tool.driver.rules) expectRule(rule);
    const notices = invocations.flatMap((one) => one.toolExecutionNotifications);
    for (const { descriptor, message } of notices) {
      expect(tool.driver.notifications).toContainEqual({ id: descriptor.id });
      expect(typeof message.text).toBe('string');
    }
    for (const result of results) {
      expect(ids[result.ruleIndex]).toBe(result.ruleId);
      expectResult(result);
    }
  }
}

function expectRule({ shortDescription, help, defaultConfiguration, properties }: Rule): void {
  expect(shortDescription.text).not.toBe('');
  expect(help.text).not.toBe('');
  expect(help.markdown.replaceAll(/`[^`]*`/g, '')).toMatch(/^[A-Za-z0-9 \n.,;:!?()'-]+$/); // the rest is code
  expect(['error', 'warning', 'note']).toContain(defaultConfiguration.level);
  expect(properties['security-severity']).toMatch(/^\d\.\d$/);
}

function expectResult({ level, message, locations, partialFingerprints, suppressions }: Result): void {
  expect(['error', 'warning', 'note']).toContain(level);
  expect(message.text).not.toBe('');
  expect(locations.length).toBeGreaterThan(0);
  for (const { physicalLocation, logicalLocations } of locations) {
    expectRelativeUri(physicalLocation.artifactLocation.uri);
    expect(physicalLocation.region.startLine).toBeGreaterThanOrEqual(1);
    expect(logicalLocations.length).toBeGreaterThan(0);
  }
  expect(partialFingerprints['primaryLocationLineHash']).toMatch(/^[0-9a-f]{16}:[1-9]\d*$/);
  for (const one of suppressions) expect(one).toMatchObject({ kind: 'external', status: 'accepted' });
}

/** RFC 3986: a path without a scheme, of unreserved characters and escapes, that stays in its folder. */
function expectRelativeUri(uri: string): void {
  expect(uri).toMatch(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+(?:\/(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+)*$/);
  expect(uri.split('/')).not.toContain('..');
}

describe('the SARIF view', () => {
  test('is well formed for the samples, and for whatever verdicts there may be', () => {
    expectWellFormed(sarifOf(sampleVerdicts()));
    fc.assert(
      fc.property(
        fc.array(hostileVerdict, { maxLength: 3 }),
        hostileText,
        fc.integer(),
        (verdicts, uri, line) => {
          expectWellFormed(sarifOf(verdicts, { anchor: { uri, line } }));
        },
      ),
      { numRuns: 80 },
    );
  });

  test('puts enforced findings as errors, warnings as warnings, and excepted ones as suppressed notes', () => {
    const said = runOf(refusedVerdict()).results.map(({ ruleId, level, suppressions }) => [
      ruleId,
      level,
      suppressions.length,
    ]);
    expect(said).toEqual([
      ['secrets.github-token', 'error', 0],
      ['secrets.private-key', 'note', 1],
      ['miners.xmrig', 'error', 0],
      ['hygiene.root-user', 'warning', 0],
    ]);
  });

  test('says why a finding is suppressed, by whom and until when', () => {
    const [suppression] = runOf(refusedVerdict()).results.flatMap((result) => result.suppressions);
    expect(suppression?.justification).toBe(
      "Debian's shipped test key, never used (team-platform, until 2027-01-31)",
    );
  });

  test('names image, layer, build step and path in the message and in the logical locations', () => {
    const [result] = runOf(refusedVerdict()).results;
    expect(result?.message.text).toBe(
      'ghcr.io/acme/shop:1.4.2 (linux/amd64): A GitHub personal access token, its checksum correct; in srv/app/.env; ' +
        'layer 3, made by RUN npm ci && npm run build; deleted by layer 5, yet still in layer 3: whoever pulls the image has it. ' +
        'Revoke the token at GitHub, then rebuild without it.',
    );
    expect(result?.locations[0]?.logicalLocations.map(({ name }) => name)).toEqual([
      'ghcr.io/acme/shop:1.4.2',
      'layer 3',
      '.env',
    ]);
  });

  test('stands at the policy file where no place is given, and else at that place', () => {
    const at = (options?: Parameters<typeof renderSarif>[1]) =>
      sarifOf([refusedVerdict()], options).runs[0]?.results[0]?.locations[0]?.physicalLocation;
    expect(at()).toMatchObject({ artifactLocation: { uri: 'pratique.yaml' }, region: { startLine: 1 } });
    expect(at({ anchor: { uri: 'deploy/Docker file', line: 3 } })).toMatchObject({
      artifactLocation: { uri: 'deploy/Docker%20file' },
      region: { startLine: 3 },
    });
  });

  test('keeps the fingerprint of a finding when tag, digest and layers change, as every build does', () => {
    const print = (change: Partial<Verdict>, layer: number) => {
      const base = sampleFinding();
      const where = { ...base.where, layer: { index: layer, digest: digestOf('9') } };
      const images = [{ platform: 'linux/amd64', ruled: [failed('secrets', [sampleFinding({ where })])] }];
      return runOf(sampleVerdict({ result: 'refused', images, ...change })).results[0]?.partialFingerprints;
    };
    expect(print({}, 2)).toEqual(print({ name: 'ghcr.io/acme/shop:2.0.0' }, 5));
    expect(print({}, 2)).not.toEqual(print({ name: 'ghcr.io/acme/other:1.4.2' }, 2));
  });

  test('gives two findings of one rule different fingerprints, though they stand at the same line', () => {
    const paths = ['a/.env', 'b/.env', 'b/.env'].map((path, offset) =>
      sampleFinding({ where: { path, offset } }),
    );
    const verdict = sampleVerdict({ result: 'refused', images: [{ ruled: [failed('secrets', paths)] }] });
    const prints = runOf(verdict).results.map(
      (result) => result.partialFingerprints['primaryLocationLineHash'],
    );
    expect(new Set(prints).size).toBe(3);
  });

  test('has a category for each image that stays the same from tag to tag', () => {
    const ids = (...names: string[]) =>
      sarifOf(names.map((name) => ({ ...admittedVerdict(), name }))).runs.map(
        (run) => run.automationDetails.id,
      );
    expect(ids('ghcr.io/acme/shop:1')).toEqual(ids('ghcr.io/acme/shop:2'));
    expect(ids('nginx:1', 'ghcr.io/acme/shop:1')).toEqual([
      'pratique/docker.io/library/nginx/',
      'pratique/ghcr.io/acme/shop/',
    ]);
    expect(ids('nginx:1', 'nginx:2', 'nginx:2')).toEqual([
      'pratique/nginx:1/',
      'pratique/nginx:2/',
      'pratique/nginx:2#2/',
    ]);
  });
});

describe('an unfinished run', () => {
  test('is not successful, says why, and has a result, so that it closes no alert', () => {
    const run = runOf(undecidedVerdict());
    expect(run.invocations[0]?.executionSuccessful).toBe(false);
    expect(run.invocations[0]?.toolExecutionNotifications).toMatchObject([
      { descriptor: { id: 'DIGEST_MISMATCH' }, level: 'error' },
    ]);
    expect(run.results).toMatchObject([{ ruleId: 'pratique.unfinished', level: 'error' }]);
  });

  test('never looks clean, even where no fault was told', () => {
    const run = runOf(sampleVerdict({ result: 'undecided', images: [] }));
    expect(run.invocations[0]?.executionSuccessful).toBe(false);
    expect(run.results).toHaveLength(1);
  });

  test('is also one in which a check that only warns could not find out', () => {
    const error = new PratiqueError('NETWORK', { what: 'the registry did not answer' });
    const run = runOf(
      sampleVerdict({ images: [{ ruled: [passed('secrets'), unknown('signature', error, 'warn')] }] }),
    );
    expect(run.invocations[0]?.executionSuccessful).toBe(false);
    expect(run.results).toMatchObject([{ ruleId: 'pratique.unfinished', level: 'warning' }]);
  });

  test('is what a finished one is not', () => {
    expect(runOf(admittedVerdict()).invocations[0]?.executionSuccessful).toBe(true);
    expect(runOf(refusedVerdict()).invocations[0]?.executionSuccessful).toBe(true);
    expect(runOf(admittedVerdict()).results).toEqual([]);
  });

  test('is one with more findings than GitHub keeps: the gravest are listed, and that there are more is said', () => {
    const many = Array.from({ length: 5_001 }, (_, i) =>
      sampleFinding({ fingerprint: `f${i}`, severity: i === 5_000 ? 'critical' : 'low' }),
    );
    const run = runOf(sampleVerdict({ result: 'refused', images: [{ ruled: [failed('secrets', many)] }] }));
    expect(run.results).toHaveLength(4_900);
    expect(run.results[0]).toMatchObject({ properties: { severity: 'critical' } });
    expect(run.invocations[0]?.executionSuccessful).toBe(false);
    expect(run.invocations[0]?.toolExecutionNotifications[0]?.message.text).toContain('101 more findings');
  });

  test('stands for no image at all', () => {
    const { runs } = sarifOf([]);
    expect(runs).toHaveLength(1);
    expect(runs[0]?.invocations[0]?.executionSuccessful).toBe(false);
  });
});

describe('a place in the repository', () => {
  test.each([
    ['./deploy/pratique.yaml', 'deploy/pratique.yaml'],
    ['a b/ü.yaml', 'a%20b/%C3%BC.yaml'],
    ['nginx:1.23', 'nginx%3A1.23'],
    ['deploy\\Dockerfile', 'deploy/Dockerfile'],
    ['/etc/../../x', 'etc/x'],
    ['https://evil.example/x', 'https%3A/evil.example/x'],
    ['\ud800', '%EF%BF%BD'],
    ['..', 'pratique.yaml'],
    ['', 'pratique.yaml'],
  ])('%j is the relative URI %s', (path, uri) => {
    expect(relativeUri(path)).toBe(uri);
  });
});

test('text of a message can be neither a link nor a placeholder', () => {
  expect(sarifText('[click](http://evil.example) {0}')).toBe('[click]\\(http://evil.example) { 0}');
});

test('only a run that looked at everything may take the place of the one before', () => {
  const fault = new PratiqueError('TAR_INVALID', { what: 'a layer could not be read' });
  expect([admittedVerdict(), refusedVerdict()].map(supersedes)).toEqual([true, true]);
  const partial = { ...refusedVerdict(), faults: [fault] };
  expect([undecidedVerdict(), partial].map(supersedes)).toEqual([false, false]);
  const { runs } = JSON.parse(renderSarif([partial, admittedVerdict()], { onlySuperseding: true }));
  expect(runs).toHaveLength(1);
});
