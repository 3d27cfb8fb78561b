import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { acmeToken } from '../scan/custom/rules.ts';
import { CANARIES, leakyImage, policyFor, type Stage, setStage } from '../support/stage.ts';

const RULES = `version: 1
rules:
  - id: acme-token
    what: Acme token
    keywords: [acme_]
    pattern: 'acme_[a-z]{2}_([0-9a-f]{16})'
    examples: ['acme_eu_0123456789abcdef']
`;
const DAY = 86_400_000;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  await mkdir(join(stage.folder, 'rules'));
  await stage.write('rules/acme.yaml', RULES);
});
afterAll(() => stage.close());

/** A policy file beside the stage's own, with these lines more. */
function policy(name: string, more: string): Promise<string> {
  return stage.write(name, `${policyFor(stage.registry.host)}${more}\n`);
}

async function check(
  image: string,
  file: string,
  change: Parameters<Stage['pratique']>[1] = {},
  ...more: string[]
) {
  const told = await stage.pratique(['check', image, '--policy', file, '-o', 'json', ...more], change);
  return { ...told, json: told.out === '' ? undefined : JSON.parse(told.out) };
}

function findingsIn(json: { verdicts?: unknown }): readonly Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  JSON.stringify(json, (key, value) => {
    if (key === 'findings' && Array.isArray(value)) found.push(...value);
    return value;
  });
  return found.filter(({ rule }) => String(rule).startsWith('secrets.'));
}

describe('a rule of the policy', () => {
  let image: string;
  beforeAll(async () => {
    const layer = await buildLayer([{ path: 'srv/app.conf', content: `token ${acmeToken()}\n` }]);
    image = stage.push(
      'acme/shop:own',
      buildImage({ layers: [layer], config: { User: '1000', Env: [`A=${acmeToken('b')}`] } }),
    );
    await policy('own.yaml', 'rules: [rules/acme.yaml]');
    await policy('none.yaml', '');
  });

  test('refuses an image in whose files and configuration it finds something, and its value stands nowhere', async () => {
    expect((await check(image, 'none.yaml')).code).toBe(0);
    const { code, json, out } = await check(image, 'own.yaml');
    expect(code).toBe(1);
    expect(findingsIn(json).map(({ rule, where }) => [rule, where])).toEqual([
      ['secrets.custom-acme-token', expect.objectContaining({ field: 'config.Env[0]' })],
      ['secrets.custom-acme-token', expect.objectContaining({ path: 'srv/app.conf', offset: 14 })],
    ]);
    for (const digit of ['a', 'b']) expect(out).not.toContain(acmeToken(digit).slice(8));
  });

  test('makes another rule set, and another policy', async () => {
    const [own, none] = [(await check(image, 'own.yaml')).out, (await check(image, 'none.yaml')).out];
    for (const field of [/"ruleSet": "?[^,]*/, /"policy": \{[^}]*/])
      expect(field.exec(own)?.[0]).not.toBe(field.exec(none)?.[0]);
  });

  test('has a level like any other', async () => {
    const text = `${policyFor(stage.registry.host)}  secrets.custom-acme-token: warn\nrules: [rules/acme.yaml]\n`;
    await stage.write('warned.yaml', text);
    expect((await check(image, 'warned.yaml')).code).toBe(0);
    await stage.write('mistyped.yaml', text.replace('acme-token: warn', 'acme-tokens: warn'));
    const { code, err } = await check(image, 'mistyped.yaml');
    expect([code, err]).toEqual([2, expect.stringContaining('secrets.custom-acme-tokens')]);
  });

  test('that does not find its own example is a usage fault with file and line, before anything is sent', async () => {
    await stage.write('rules/broken.yaml', RULES.replace("examples: ['acme_eu", "examples: ['acme-eu"));
    await policy('broken.yaml', 'rules: [rules/broken.yaml]');
    const before = stage.registry.requests.length;
    const { code, err } = await check(image, 'broken.yaml');
    expect(code).toBe(2);
    expect(err).toMatch(
      /rules\/broken\.yaml:7:16 acme-token\.examples\.0: the rule does not find its own example/,
    );
    expect(stage.registry.requests).toHaveLength(before);
  });

  test('of gitleaks is taken, and what was not carried over is in the notes', async () => {
    const toml =
      '[extend]\nuseDefault = true\n[[rules]]\nid = "acme"\nregex = "acme_eu_[0-9a-f]+"\nkeywords = ["acme"]\n';
    await stage.write('g.toml', toml);
    await policy('gitleaks.yaml', 'rules: [g.toml]');
    const { code, out } = await check(image, 'gitleaks.yaml');
    expect(code).toBe(1);
    expect(out).toContain('secrets.custom-acme"');
    expect(out).toContain('g.toml: useDefault: the rules of gitleaks are not here');
  });
});

describe('a baseline', () => {
  let image: string;
  beforeAll(async () => {
    image = stage.push('acme/shop:leaky', await leakyImage());
    await policy('strict.yaml', '');
    await policy('known.yaml', 'baseline: baseline.yaml');
  });

  test('accepts what it was written from for 90 days, then fails; a new finding fails at once', async () => {
    const wrote = await check(
      image,
      'strict.yaml',
      {},
      '--write-baseline',
      'baseline.yaml',
      '--owner',
      'team-shop',
    );
    expect(wrote.code).toBe(1);
    expect(wrote.err).toMatch(
      /baseline written to baseline\.yaml: [23] new; it counts where a policy names it/,
    );
    const text = await stage.read('baseline.yaml');
    for (const canary of Object.values(CANARIES)) expect(text).not.toContain(canary);

    const accepted = await check(image, 'known.yaml');
    expect(accepted.code).toBe(0);
    const findings = findingsIn(accepted.json);
    expect(findings.length).toBeGreaterThanOrEqual(2);
    for (const finding of findings) expect(finding['excepted']).toMatchObject({ owner: 'team-shop' });
    expect(accepted.out).toMatch(/"excepted": [2-9]/);

    const later = { now: () => new Date(Date.now() + 91 * DAY) };
    const late = await check(image, 'known.yaml', later);
    expect(late.code).toBe(1);
    expect(late.out).toMatch(/the baseline baseline\.yaml: \d of its entries have run out/);
    const renewed = await check(
      image,
      'strict.yaml',
      later,
      '--write-baseline',
      'baseline.yaml',
      '--owner',
      'o',
    );
    expect(renewed.err).toMatch(/0 new, \d named there already and not renewed/);

    const layer = await buildLayer([
      { path: 'srv/.env', content: `A=${CANARIES.file}\nB=${CANARIES.env}\nC=${acmeToken()}` },
    ]);
    const more = stage.push('acme/shop:more', buildImage({ layers: [layer], config: { User: '1000' } }));
    await policy('known-own.yaml', 'baseline: baseline.yaml\nrules: [rules/acme.yaml]');
    const fresh = await check(more, 'known-own.yaml');
    expect(fresh.code).toBe(1);
    const open = findingsIn(fresh.json).filter(({ excepted }) => excepted === undefined);
    expect(open.map(({ rule }) => rule)).toEqual(['secrets.custom-acme-token']);
  });

  test('covers nothing of another repository', async () => {
    const other = stage.push('acme/other:1', await leakyImage());
    expect((await check(other, 'known.yaml')).code).toBe(1);
  });

  test('that names no known setting, or is missing, is a usage fault with its place', async () => {
    await stage.write('bad.yaml', 'version: 1\nentries:\n  - fingerprint: 1\n');
    await policy('bad-baseline.yaml', 'baseline: bad.yaml');
    expect(await check(image, 'bad-baseline.yaml')).toMatchObject({
      code: 2,
      err: expect.stringContaining('bad.yaml:3:18 entries.0.fingerprint'),
    });
    await policy('no-baseline.yaml', 'baseline: nowhere-at-all.yaml');
    expect((await check(image, 'no-baseline.yaml')).code).toBe(2);
  });

  test('that nothing can be added to is told before an image is asked for', async () => {
    await stage.write('other.yaml', 'version: 1\nentries: none\n');
    const wish = ['--write-baseline', 'other.yaml', '--owner', 'o'];
    const gone = stage.name('acme/shop:gone');
    expect(await check(gone, 'strict.yaml', {}, ...wish)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('other.yaml:2:10 entries: a list was expected, not a text'),
    });
    const blank = await check(gone, 'strict.yaml', {}, '--write-baseline', 'new.yaml', '--owner', ' ');
    expect([blank.code, blank.err]).toEqual([2, expect.stringContaining('--owner is blank')]);
  });

  test('is not written from what is undecided, nor without an owner', async () => {
    const gone = stage.name('acme/shop:gone');
    const { code, err } = await check(
      gone,
      'strict.yaml',
      {},
      '--write-baseline',
      'new.yaml',
      '--owner',
      'o',
    );
    expect(code).toBe(3);
    expect(err).toContain('no baseline written');
    await expect(stage.read('new.yaml')).rejects.toThrow('ENOENT');
    const usage = await check(image, 'strict.yaml', {}, '--write-baseline', 'new.yaml');
    expect([usage.code, usage.err]).toEqual([2, expect.stringContaining('--owner')]);
  });
});

describe('a fingerprint key', () => {
  const fingerprints = async (image: string, env: Record<string, string>) =>
    findingsIn((await check(image, 'strict.yaml', { env })).json).map(({ fingerprint }) => fingerprint);

  test('makes other fingerprints, the same in every run, and stands nowhere', async () => {
    const image = stage.push('acme/shop:leaky', await leakyImage());
    const key = 'a key that is long enough';
    const plain = await fingerprints(image, {});
    const keyed = await fingerprints(image, { PRATIQUE_FINGERPRINT_KEY: key });
    expect(keyed).toHaveLength(plain.length);
    expect(keyed.filter((one) => plain.includes(one))).toEqual([]);
    expect(await fingerprints(image, { PRATIQUE_FINGERPRINT_KEY: key })).toEqual(keyed);
    expect(await fingerprints(image, { PRATIQUE_FINGERPRINT_KEY: `${key}!` })).not.toEqual(keyed);
  });

  test('that is empty or short is a usage fault', async () => {
    for (const key of ['', 'short']) {
      const { code, err } = await check(stage.name('acme/shop:leaky'), 'strict.yaml', {
        env: { PRATIQUE_FINGERPRINT_KEY: key },
      });
      expect([code, err]).toEqual([2, expect.stringContaining('PRATIQUE_FINGERPRINT_KEY')]);
    }
  });
});
