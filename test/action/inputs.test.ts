import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { policyPlace } from '../../src/action/event.ts';
import { readInputs } from '../../src/action/inputs.ts';
import { stepOptions } from '../../src/action/step-options.ts';
import { readFormats } from '../../src/action/written-views.ts';

describe('the inputs of a step', () => {
  test('that there are not are refused: the runner would only warn', () => {
    expect(() => readInputs({ INPUT_POLCY: 'x' })).toThrow('there is no input "polcy"');
    expect(() => readInputs({ 'INPUT_POLICY-REF': 'x', OTHER: 'y' })).not.toThrow();
  });

  test('are lines, texts, and true or false', () => {
    const inputs = readInputs({
      INPUT_IMAGE: ' a \r\n\n  b\n',
      'INPUT_REPORT-ONLY': 'True',
      INPUT_REFS: 'yes',
      INPUT_SIGN: ' ',
    });
    expect(inputs.lines('image')).toEqual(['a', 'b']);
    expect(inputs.flag('report-only')).toBe(true);
    expect(inputs.flag('push-attestation')).toBe(false);
    expect(() => inputs.flag('refs')).toThrow('the input refs is "yes"');
    expect(inputs.one('sign')).toBeUndefined();
  });

  const optionsOf = (given: Record<string, string>) =>
    stepOptions(
      readInputs(
        Object.fromEntries(
          Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
        ),
      ),
      '/t',
    );

  test('become the options of the command line', () => {
    expect(optionsOf({})).toEqual({});
    expect(optionsOf({ sign: 'none', platform: 'linux/amd64, linux/arm64\nlinux/s390x' })).toEqual({
      platform: ['linux/amd64', 'linux/arm64', 'linux/s390x'],
    });
    const attestation = join('/t', 'attestations.jsonl');
    expect(optionsOf({ sign: 'keyless' })).toEqual({ keyless: true, attestation });
    expect(optionsOf({ sign: 'key', key: 'k.pem', 'push-attestation': 'true', 'valid-for': '1d' })).toEqual({
      key: 'k.pem',
      validFor: '1d',
      attest: true,
      attestation,
    });
    expect(optionsOf({ 'push-attestation': 'true' })).toEqual({ attest: true, attestation });
    expect(optionsOf({ 'registry-config': 'c.json' })).toEqual({ authFile: 'c.json' });
  });

  test('that contradict each other are refused', () => {
    expect(() => optionsOf({ sign: 'yes' })).toThrow('the input sign is "yes"');
    expect(() => optionsOf({ sign: 'none', 'push-attestation': 'true' })).toThrow('sign is none');
    expect(() => optionsOf({ sign: 'keyless', key: 'k' })).toThrow('goes with sign: key');
    expect(() => optionsOf({ key: 'k' })).toThrow('goes with sign: key');
  });

  test('name formats, each once', () => {
    expect(readFormats([]).map(({ format }) => format)).toEqual(['json', 'sarif', 'html']);
    expect(readFormats(['sarif=out/a=b.sarif', 'junit'])).toEqual([
      { format: 'sarif', file: 'out/a=b.sarif' },
      { format: 'junit' },
    ]);
    expect(() => readFormats(['pdf'])).toThrow('"pdf" is not a format');
    expect(() => readFormats(['json='])).toThrow('no file');
    expect(() => readFormats(['json', 'json=x'])).toThrow('twice');
  });
});

describe('which policy decides', () => {
  const [base, head] = ['b'.repeat(40), 'c'.repeat(40)];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const place = async (name: string, event: unknown, ref?: string) => {
    const file = join(folder, 'event.json');
    await writeFile(file, typeof event === 'string' ? event : JSON.stringify(event));
    return policyPlace(ref, { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: file, GITHUB_SHA: head });
  };
  const ofPull = { pull_request: { title: '::error::x', base: { sha: base }, head: { sha: head } } };

  test.each(['pull_request', 'pull_request_target', 'pull_request_review', 'pull_request_review_comment'])(
    'on %s that of the base',
    async (name) => {
      expect(await place(name, ofPull)).toMatchObject({ kind: 'commit', commit: base });
      expect(await place(name, ofPull, 'head')).toEqual({ kind: 'checkout' });
      expect(await place(name, ofPull, head)).toMatchObject({ kind: 'commit', commit: head });
    },
  );

  test('in a merge group that of the base, and what others set off that of the default branch', async () => {
    expect(await place('merge_group', { merge_group: { base_sha: base } })).toMatchObject({ commit: base });
    for (const name of [
      'workflow_run',
      'issue_comment',
      'issues',
      'discussion',
      'discussion_comment',
      'repository_dispatch',
      'check_run',
      'check_suite',
      'status',
    ])
      expect(await place(name, ofPull)).toMatchObject({ commit: head, whose: 'the default branch' });
  });

  test.each(['push', 'schedule', 'workflow_dispatch', 'release', ''])(
    'on %s that of the checkout',
    async (name) => {
      expect(await place(name, {})).toEqual({ kind: 'checkout' });
      await expect(place(name, {}, 'base')).rejects.toThrow('has no base');
    },
  );

  test('is never that of the checkout because the event cannot be read', async () => {
    for (const event of [
      '',
      '{',
      '[]',
      '{}',
      'null',
      { pull_request: { base: { sha: 'main' } } },
      { pull_request: null },
    ])
      await expect(place('pull_request', event)).rejects.toThrow(/no base|cannot be read/);
    await expect(policyPlace(undefined, { GITHUB_EVENT_NAME: 'pull_request' })).rejects.toThrow('not set');
    await expect(policyPlace(undefined, { GITHUB_EVENT_NAME: 'workflow_run' })).rejects.toThrow('no base');
  });

  test('is not named by what can be moved', async () => {
    for (const ref of ['main', 'refs/heads/main', 'abc1234', '-x', `${base}^`, 'oci://ghcr.io/acme/policy'])
      await expect(place('push', {}, ref)).rejects.toThrow('whole id of a commit');
  });
});
