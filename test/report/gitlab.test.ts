import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { renderGitlab } from '../../src/report/gitlab.ts';
import { hostileVerdict } from '../support/arbitrary-verdicts.ts';
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
} from '../support/sample-verdicts.ts';
import { complaintsOf, ownSchema, publishedSchema } from '../support/schemas.ts';

const own = ownSchema('gitlab-container-scanning-15.2.json');
const published = publishedSchema('container-scanning-report-format.json');

interface Report {
  scan: { status: string; messages: { level: string; value: string }[] };
  vulnerabilities: {
    id: string;
    name: string;
    severity: string;
    description: string;
    location: {
      image: string;
      operating_system: string;
      dependency: { package: { name: string }; version: string };
    };
  }[];
}

function reportOf(...verdicts: readonly Verdict[]): Report {
  return JSON.parse(renderGitlab(verdicts));
}

describe("the view of GitLab's container scanning", () => {
  test('is as GitLab asks, whatever the verdicts', () => {
    expect(complaintsOf(own, reportOf(...sampleVerdicts()))).toEqual([]);
    fc.assert(
      fc.property(fc.array(hostileVerdict, { maxLength: 3 }), (verdicts) => {
        const report = reportOf(...verdicts);
        expect(complaintsOf(own, report)).toEqual([]);
        const ids = report.vulnerabilities.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 80 },
    );
  });

  test.skipIf(published === undefined)(
    "is valid against GitLab's own schema (skipped where it is not there)",
    () => {
      if (published === undefined) return;
      expect(complaintsOf(published, reportOf(...sampleVerdicts()))).toEqual([]);
    },
  );

  test('would be refused by our account of it with a time of another form, or a name that is too long', () => {
    const report = JSON.parse(renderGitlab([refusedVerdict()]));
    expect(
      complaintsOf(own, { ...report, scan: { ...report.scan, end_time: '2026-11-21T06:33:06Z' } }),
    ).not.toEqual([]);
    const [first] = report.vulnerabilities;
    expect(
      complaintsOf(own, { ...report, vulnerabilities: [{ ...first, name: 'x'.repeat(256) }] }),
    ).not.toEqual([]);
  });

  test('lists what refuses or warns, gravest first, and neither what is excepted nor what packages ship', () => {
    const demoted = sampleFinding({ demoted: true });
    const verdict = sampleVerdict({
      result: 'refused',
      images: [{ ruled: [failed('secrets', [demoted], 'warn')] }],
    });
    expect(reportOf(verdict).vulnerabilities).toEqual([]);
    expect(
      reportOf(refusedVerdict()).vulnerabilities.map(({ name, severity }) => `${severity}: ${name}`),
    ).toEqual([
      'Critical: A GitHub personal access token, its checksum correct',
      'Critical: A coin miner: its name, a pool address and the stratum protocol in one file',
      'Medium: The process runs as root: the configuration names no user',
    ]);
  });

  test('names the package where the finding lies in one, and else the file or field, without a version', () => {
    const owner = { manager: 'deb', name: 'libharbour', version: '1.2', by: 'path' } as const;
    const verdict = sampleVerdict({
      result: 'refused',
      images: [
        {
          platform: 'linux/arm64',
          ruled: [failed('secrets', [sampleFinding({ package: owner }), sampleFinding()])],
        },
      ],
    });
    expect(reportOf(verdict).vulnerabilities.map(({ location }) => location)).toEqual([
      {
        image: 'ghcr.io/acme/shop:1.4.2',
        operating_system: 'linux/arm64',
        dependency: { package: { name: 'libharbour' }, version: '1.2' },
      },
      {
        image: 'ghcr.io/acme/shop:1.4.2',
        operating_system: 'linux/arm64',
        dependency: { package: { name: 'srv/app/.env' }, version: '' },
      },
    ]);
  });

  test('keeps the id of a finding from build to build, and gives two of them different ones', () => {
    const ids = (change: Partial<Verdict>, layer: number) => {
      const base = sampleFinding();
      const found = sampleFinding({
        where: { ...base.where, layer: { index: layer, digest: digestOf('9') } },
      });
      const images = [
        { platform: 'linux/amd64', ruled: [failed('secrets', [found, { ...found, args: {} }])] },
      ];
      return reportOf(sampleVerdict({ result: 'refused', images, ...change })).vulnerabilities.map(
        ({ id }) => id,
      );
    };
    expect(ids({}, 2)).toEqual(ids({ name: 'ghcr.io/acme/shop:2.0.0' }, 5));
    expect(ids({}, 2)).not.toEqual(ids({ name: 'ghcr.io/acme/other:1.4.2' }, 2));
    expect(new Set(ids({}, 2)).size).toBe(2);
  });

  test('is a failed scan where anything was not found out, where too much was found, and where there is no image', () => {
    const error = new PratiqueError('NETWORK', { what: 'the registry did not answer' });
    const warned = sampleVerdict({
      images: [{ ruled: [passed('secrets'), unknown('signature', error, 'warn')] }],
    });
    const many = Array.from({ length: 10_001 }, (_, i) => sampleFinding({ fingerprint: `f${i}` }));
    const full = sampleVerdict({ result: 'refused', images: [{ ruled: [failed('secrets', many)] }] });
    expect(reportOf(full).vulnerabilities).toHaveLength(10_000);
    for (const report of [reportOf(undecidedVerdict()), reportOf(warned), reportOf(full), reportOf()])
      expect(report.scan.status).toBe('failure');
    expect(reportOf(undecidedVerdict()).scan.messages.map(({ level }) => level)).toEqual(['info', 'fatal']);
    expect(reportOf(admittedVerdict()).scan.status).toBe('success');
    expect(reportOf(refusedVerdict()).scan.status).toBe('success');
  });

  test('says in which layer a file was deleted, and by which step it came in', () => {
    const [first] = reportOf(refusedVerdict()).vulnerabilities;
    expect(first?.description).toContain('layer 3 of 5, `RUN npm ci && npm run build`');
    expect(first?.description).toContain('deleted by layer 5, yet still in layer 3');
  });
});
