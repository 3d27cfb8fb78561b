import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CHECK_WORDS } from '../../src/checks/check-words.ts';
import { knownIds } from '../../src/cli/known-ids.ts';
import { run } from '../../src/cli/main.ts';
import { nearestOf } from '../../src/cli/nearest.ts';
import { CHECK_NAMES } from '../../src/policy/check-names.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  await writeFile(join(folder, '.git'), '');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const told = async (...argv: string[]) => {
  const terminal = fakeTerminal(argv, { cwd: folder });
  return { code: await run(terminal), ...terminal.text() };
};
/** The words of an answer, without the columns that it is set in. */
const words = (text: string) => text.replaceAll(/\s+/g, ' ');

describe('pratique explain RULE', () => {
  test.each(CHECK_NAMES)('says of $id what docs/checks.md says, word for word', async ({ id, level }) => {
    const { code, out } = await told('explain', id);
    const plain = (text = '') => words(text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', ''));
    for (const key of ['what', 'why', 'evidence', 'remedy', 'settings'] as const)
      expect(words(out).replaceAll(' ', '')).toContain(plain(CHECK_WORDS[id]?.[key]).replaceAll(' ', ''));
    expect(out).toContain(`${level}: as it is where no policy says anything else`);
    expect(code).toBe(0);
  });

  test('says of a rule for secrets what it finds, how to mend it and where the form is documented', async () => {
    const { out } = await told('explain', 'secrets.github-token');
    expect(out).toContain('a rule of secrets');
    expect(words(out)).toContain('remedy Revoke the token');
    expect(words(out)).toContain('source GitHub blog');
  });

  test('says of every rule that there is something', async () => {
    const ids = await knownIds();
    expect(ids.length).toBeGreaterThan(900);
    for (const id of [
      'miners.program',
      'secrets.keystore',
      'secrets.unscanned',
      'provenance.missing',
      'yara.own',
    ])
      expect((await told('explain', id)).code, id).toBe(0);
  });

  test('says which line of the policy sets its level', async () => {
    await write('pratique.yaml', 'version: 1\nchecks:\n  miners: warn\n  secrets.github-token: "off"\n');
    expect((await told('explain', 'miners.program')).out).toContain('warn: pratique.yaml:3 checks.miners');
    expect((await told('explain', 'secrets.github-token')).out).toContain('off: pratique.yaml:4');
  });

  test.each([
    ['hygiene.rot-user', 'try pratique explain hygiene.root-user'],
    ['secrets.githb-token', 'try pratique explain secrets.github-token'],
    ['minres', 'try pratique explain miners'],
    ['secrets.there-is-no-such-thing', 'see docs/checks.md'],
  ])('%s is no rule: 2, and %s', async (id, next) => {
    const { code, err } = await told('explain', id);
    expect(err).toContain(next);
    expect(code).toBe(2);
  });
});

describe('pratique explain IMAGE', () => {
  const POLICY = `version: 1
extends: base.yaml
images:
  - match: ghcr.io/acme/**
    max-age: 90d
    checks: { hygiene.root-user: fail }
checks:
  miners: fail
`;
  const BASE = `version: 1
open: [images, checks]
sources:
  allow-lists: [lists/]
  allow:
    - ghcr.io/acme/**
lookalikes: { action: warn }
images:
  - match: quay.io/**
    base-max-age: 30d
checks:
  secrets.github-token: warn
`;
  beforeEach(async () => {
    await write('pratique.yaml', POLICY);
    await write('base.yaml', BASE);
    await mkdir(join(folder, 'lists'));
    await write(
      'lists/metrics.yaml',
      'owner: m\nentries:\n  - image: quay.io/prometheus/prometheus\n    reason: metrics\n',
    );
  });

  test('says which line decides each check, in whichever file it stands', async () => {
    const { code, out } = await told('explain', 'ghcr.io/acme/shop:1');
    const text = words(out);
    expect(text).toContain('image rule pratique.yaml:4 images.0 (ghcr.io/acme/**)');
    expect(text).toContain('name.allowed passes: allowed by base.yaml:6');
    expect(text).toContain('fail hygiene.root-user pratique.yaml:6 images.0.checks.hygiene.root-user');
    expect(text).toContain('fail miners pratique.yaml:8 checks.miners');
    expect(text).toContain('warn secrets.github-token base.yaml:12 checks.secrets.github-token');
    expect(text).toContain('warn name.lookalike base.yaml:7 lookalikes.action');
    expect(text).toContain('freshness.max-age default level; demanded by pratique.yaml:5 images.0.max-age');
    expect(text).toContain('signature default level; nothing is demanded: no images[].signed-by');
    expect(code).toBe(0);
  });

  test('says which line of which allow-list admits it, and which rule of the extended file fits', async () => {
    const text = words((await told('explain', 'quay.io/prometheus/prometheus:v3')).out);
    expect(text).toContain('passes: allowed by lists/metrics.yaml:3');
    expect(text).toContain('image rule base.yaml:9 images.0 (quay.io/**)');
    expect(text).toContain('demanded by base.yaml:10 images.0.base-max-age');
  });

  test('says that no line allows it, and still ends with 0: nothing was judged', async () => {
    const { code, out } = await told('explain', 'docker.io/library/nginx:1');
    expect(words(out)).toContain('fails: no line of the policy allows "docker.io/library/nginx:1"');
    expect(words(out)).toContain('image rule none fits');
    expect(code).toBe(0);
  });

  test('knows each check once, in the order in which they run', async () => {
    const { out } = await told('explain', 'nginx');
    const ids = CHECK_NAMES.map(({ id }) => id);
    const shown = out.split('\n').flatMap((line) => /^ {2}(?:off|warn|fail) +(\S+)/.exec(line)?.[1] ?? []);
    expect(shown.filter((id) => ids.includes(id))).toEqual(ids);
  });

  test('takes a station of the gate for no image of that name: 2', async () => {
    for (const [station, check] of [
      ['hygiene', 'hygiene.root-user'],
      ['freshness', 'freshness.max-age'],
    ] as const) {
      const { code, err, out } = await told('explain', station);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(check);
    }
    expect((await told('explain', 'docker.io/library/hygiene')).code).toBe(0);
  });

  test('has nothing to say of a folder: 2', async () => {
    const { code, err } = await told('explain', 'oci:build');
    expect(err).toContain('no name in a registry');
    expect(code).toBe(2);
  });
});

test('the nearest word is the one with the fewest errors, and none that is far', () => {
  expect(nearestOf('chekc', ['check', 'admit'])).toBe('check');
  expect(nearestOf('inspcet', ['inspect', 'init'])).toBe('inspect');
  expect(nearestOf('banana', ['check', 'admit'])).toBeUndefined();
  expect(nearestOf('', ['check'])).toBeUndefined();
});
