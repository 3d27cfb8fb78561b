import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type BuiltImage, buildImage, buildLayer, type Compression } from '../src/demo/image-builder.ts';
import { CANARIES, type Stage, setStage } from './support/stage.ts';
import { strictSchema } from './support/strict-schema.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => {
  stage.registry.script = () => undefined;
});
afterAll(() => stage.close());

const VERDICTS = strictSchema(new URL('../schema/verdict-v1.json', import.meta.url));
const INSPECTION = strictSchema(new URL('../schema/inspect-v1.json', import.meta.url));
const CONFIG = { User: '1000' };
const DAY = 86_400_000; // milliseconds
const leak = (path: string) => [{ path, content: `GITHUB_TOKEN=${CANARIES.file}\n` }];
const plain = (path: string) => [{ path, content: 'harmless\n' }];

/** An image with one layer of a base and one of its own. */
async function imageOn(
  base: Parameters<typeof buildLayer>[0],
  own: Parameters<typeof buildLayer>[0],
  compression: Compression = 'gzip',
): Promise<BuiltImage> {
  const layers = [await buildLayer(base, compression), await buildLayer(own, compression)];
  return buildImage({ layers, config: CONFIG });
}

async function baseWith(files: Parameters<typeof buildLayer>[0], created?: string): Promise<BuiltImage> {
  return buildImage({ layers: [await buildLayer(files)], config: CONFIG, ...(created && { created }) });
}

interface Judged {
  readonly base?: { readonly name: string; readonly layers: number };
  readonly checks: readonly {
    readonly check: string;
    readonly state: string;
    readonly note?: string;
    readonly fault?: { readonly code: string };
    readonly findings: readonly {
      readonly level: string;
      readonly where: { readonly layer?: { readonly from?: string } };
    }[];
  }[];
}

async function judge(name: string, policy: string) {
  await stage.write('bases.yaml', `version: 1\n${policy}`);
  const { code, out } = await stage.pratique(['check', name, '--policy', 'bases.yaml', '-o', 'json']);
  expect(VERDICTS.safeParse(JSON.parse(out)).error).toBeUndefined();
  const image: Judged = JSON.parse(out).verdicts[0].images[0];
  const check = (id: string) => image.checks.find((one) => one.check === id);
  const secrets = check('secrets')?.findings.map(({ level, where }) => [where.layer?.from, level]);
  return { code, base: image.base, check, secrets };
}

const approve = (...names: string[]) => `bases: [${names.map((name) => JSON.stringify(name)).join(', ')}]\n`;

describe('the base of an image', () => {
  test('is known by its layers, however these are compressed, and is told', async () => {
    const base = stage.push('acme/base:1', await baseWith(plain('etc/base')));
    const name = stage.push('acme/zstd:1', await imageOn(plain('etc/base'), plain('srv/own'), 'zstd'));
    const judged = await judge(name, approve(base));
    expect([judged.code, judged.base]).toMatchObject([0, { name: base, layers: 1 }]);
    expect(judged.check('base.approved')?.note).toBe(`on ${base}: 1 of 2 layers`);
    await stage.write('bases.yaml', `version: 1\n${approve(base)}`);
    const { out } = await stage.pratique(['check', name, '--policy', 'bases.yaml']);
    expect(out).toContain(`on ${base} · 1 of 2 layers`);
  });

  test('is looked up by manifest and configuration alone, and no layer of it is read', async () => {
    const built = await baseWith(plain('etc/base'));
    const base = stage.push('acme/apart:1', built);
    const name = stage.push('acme/user:1', await imageOn(plain('etc/base'), plain('srv/own')));
    stage.registry.seen();
    await judge(name, approve(base));
    const seen = stage.registry.seen().filter((line) => line.includes('/acme/apart/'));
    expect(seen.some((line) => line.endsWith('/manifests/1'))).toBe(true);
    expect(seen.filter((line) => line.includes('/blobs/')).map((line) => line.split('/blobs/')[1])).toEqual([
      built.config.descriptor.digest,
    ]);
  });

  test('has its findings told as its own, and they refuse the image; base-findings: warn lets them pass', async () => {
    const base = stage.push('acme/leaky-base:1', await baseWith(leak('etc/base.env')));
    const onLeak = stage.push('acme/on-leak:1', await imageOn(leak('etc/base.env'), plain('srv/own')));
    const both = stage.push('acme/both:1', await imageOn(leak('etc/base.env'), leak('srv/own.env')));
    const strict = await judge(both, approve(base));
    expect([strict.code, strict.secrets]).toEqual([
      1,
      [
        ['base', 'fail'],
        ['own', 'fail'],
      ],
    ]);
    expect((await judge(onLeak, approve(base))).code).toBe(1);
    const { out } = await stage.pratique(['check', onLeak, '--policy', 'bases.yaml']);
    expect(out).toContain('of the base');
    const lax = `${approve(base)}base-findings: warn\n`;
    expect((await judge(onLeak, lax)).secrets).toEqual([['base', 'warn']]);
    expect((await judge(onLeak, lax)).code).toBe(0);
    expect((await judge(both, lax)).code).toBe(1);
    expect((await judge(onLeak, `${lax}checks: {secrets.github-token: fail}\n`)).code).toBe(1);
  });

  test('is nobody else where the image stands on none: it is refused, and its findings are nobody’s', async () => {
    const base = stage.push('acme/base:1', await baseWith(plain('etc/base')));
    const name = stage.push('acme/stranger:1', await imageOn(leak('etc/other'), plain('srv/own')));
    const judged = await judge(name, `${approve(base)}base-findings: warn\n`);
    expect([judged.code, judged.base, judged.secrets]).toEqual([1, undefined, [[undefined, 'fail']]]);
    expect(judged.check('base.approved')?.state).toBe('failed');
  });

  test('is not found out where the only one that could fit cannot be read: undecided, not refused', async () => {
    const name = stage.push('acme/user:1', await imageOn(plain('etc/base'), plain('srv/own')));
    const there = stage.push('acme/base:1', await baseWith(plain('etc/base')));
    stage.registry.script = ({ path }) => (path.includes('/acme/denied/') ? { status: 403 } : undefined);
    for (const gone of [stage.name('acme/gone:1'), stage.name('acme/denied:1')]) {
      const judged = await judge(name, approve(gone));
      expect([judged.code, judged.check('base.approved')?.state]).toEqual([3, 'unknown']);
      expect(judged.check('secrets')?.state).toBe('passed');
      expect((await judge(name, approve(gone, there))).code).toBe(0);
    }
  });

  test('is not found out where its registry sends something else, and a claim changes nothing', async () => {
    const base = stage.push('acme/base:1', await baseWith(plain('etc/base')));
    const name = stage.push('acme/user:1', await imageOn(plain('etc/base'), plain('srv/own')));
    stage.registry.script = ({ path }) =>
      path.includes('/acme/base/blobs/') ? { status: 200, body: '{"rootfs":{}}' } : undefined;
    const judged = await judge(name, approve(base));
    expect([judged.code, judged.check('base.approved')?.state]).toEqual([3, 'unknown']);
  });

  test('is waited for no longer than the image may take', async () => {
    const base = stage.push('acme/hangs:1', await baseWith(plain('etc/base')));
    const name = stage.push('acme/user:1', await imageOn(plain('etc/base'), plain('srv/own')));
    stage.registry.script = ({ path }) => (path.includes('/acme/hangs/') ? new Promise(() => {}) : undefined);
    const judged = await judge(name, `${approve(base)}limits: {image-seconds: 1}\n`);
    expect([judged.code, judged.check('base.approved')?.fault?.code]).toEqual([3, 'TIMEOUT']);
  });

  test('has the age that its own configuration says', async () => {
    const daysAgo = (days: number) => new Date(Date.now() - days * DAY).toISOString();
    const name = stage.push('acme/user:1', await imageOn(plain('etc/base'), plain('srv/own')));
    const most = 'images: [{match: "**", base-max-age: 30d}]\n';
    const states: unknown[] = [];
    for (const created of [daysAgo(3), daysAgo(60), '1970-01-01T00:00:00Z']) {
      const base = stage.push('acme/aged:1', await baseWith(plain('etc/base'), created));
      const { code, check } = await judge(name, approve(base) + most);
      states.push([code, check('base.age')?.state, check('base.age')?.fault?.code]);
    }
    expect(states).toEqual([
      [0, 'passed', undefined],
      [1, 'failed', undefined],
      [3, 'unknown', 'AGE_UNKNOWN'],
    ]);
    expect((await judge(name, most)).check('base.age')?.fault?.code).toBe('AGE_UNKNOWN');
  });

  test('is shown by inspect, beside what the image claims', async () => {
    const base = stage.push('acme/base:1', await baseWith(plain('etc/base')));
    const layers = [await buildLayer(plain('etc/base')), await buildLayer(plain('srv/own'))];
    const annotations = { 'org.opencontainers.image.base.name': 'docker.io/library/debian:12' };
    const name = stage.push('acme/claims:1', buildImage({ layers, config: CONFIG, annotations }));
    await stage.write('bases.yaml', `version: 1\n${approve(base, stage.name('acme/gone:1'))}`);
    const inspect = (...more: string[]) =>
      stage.pratique(['inspect', name, '--policy', 'bases.yaml', ...more]);
    const { out } = await inspect();
    expect(out).toContain(`${base} · 1 layer`);
    expect(out).toContain('claims to be on docker.io/library/debian:12');
    expect(out).toContain('not found out');
    expect(out.match(/of the base/g)).toHaveLength(1);
    const shown = JSON.parse((await inspect('-o', 'json')).out);
    const [image] = shown.images;
    expect(INSPECTION.safeParse(shown).error).toBeUndefined();
    expect(image).toMatchObject({
      base: { name: base, layers: 1 },
      claimedBase: { name: 'docker.io/library/debian:12' },
      unreadBases: [expect.stringContaining('acme/gone:1')],
      layers: [{ from: 'base' }, { from: 'own' }],
    });
  });
});
