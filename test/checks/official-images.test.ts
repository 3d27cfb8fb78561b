import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/checks/list.ts';
import { parseReference } from '../../src/model/reference.ts';
import type { Outcome } from '../../src/model/verdict.ts';
import { decide } from '../../src/policy/decide.ts';
import { OFFICIAL_IMAGES } from './official-images.ts';
import { contextOf, DEFAULT_POLICY, descriptorOf, imageOf, NOW } from './samples.ts';

/** What the checks that read names and configurations come to under the built-in policy. */
function judge(name: string, config: Parameters<typeof imageOf>[0]) {
  const reference = parseReference(name);
  const outcomes = CHECKS.flatMap((check): Outcome[] => {
    if (check.reads !== 'name' && check.reads !== 'config') return [];
    const findings =
      check.reads === 'name' ? check.run(reference, contextOf()) : check.run(imageOf(config), contextOf());
    return [
      findings.length === 0
        ? { check: check.id, state: 'passed' }
        : { check: check.id, state: 'failed', findings },
    ];
  });
  const verdict = decide({
    name,
    reference,
    images: [{ manifest: descriptorOf('m'), outcomes }],
    expected: outcomes.map(({ check }) => check),
    leftOut: [],
    policy: DEFAULT_POLICY,
    ruleSet: descriptorOf('rules').digest,
    version: '0.1.0',
    startedAt: NOW.toISOString(),
    at: NOW.toISOString(),
    notes: [],
  });
  const findings = verdict.images.flatMap(({ ruled }) => ruled.flatMap((one) => one.findings));
  return { result: verdict.result, findings };
}

/** Of other publishers the name is not that of an official image. */
function pathOf(name: string): string {
  return name.includes('/') ? `pratique-samples/${name.replace('/', '-')}` : `library/${name}`;
}

test('there are fifteen of them, and nearly all say how they were built', () => {
  expect(OFFICIAL_IMAGES).toHaveLength(15);
  expect(OFFICIAL_IMAGES.filter(({ config }) => (config.history?.length ?? 0) > 1)).toHaveLength(14);
});

describe.each(OFFICIAL_IMAGES)('the official image $name', ({ name, config }) => {
  test('is admitted by default, with no finding that fails', () => {
    const { result, findings } = judge(`docker.io/${pathOf(name)}:1`, config);
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(result).toBe('admitted');
  });

  test('has warnings only for its user, its ports and its tag', () => {
    const rules = judge(`docker.io/${pathOf(name)}:1`, config).findings.map(({ finding }) => finding.rule);
    const known = ['hygiene.root-user', 'hygiene.admin-ports', 'hygiene.pinned-reference'];
    expect(rules.filter((rule) => !known.includes(rule))).toEqual([]);
  });

  test('is refused as soon as it names a folder of the host', () => {
    const { result } = judge(`docker.io/${pathOf(name)}:1`, { ...config, workingDir: '/proc/self/fd/8' });
    expect(result).toBe('refused');
  });
});
