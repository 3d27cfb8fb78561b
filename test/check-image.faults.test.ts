import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attachVerdict } from '../src/attest/attach.ts';
import { signStatement } from '../src/attest/bundle.ts';
import { publicPemOf, readSigningKey } from '../src/attest/signing-key.ts';
import { makeStatement } from '../src/attest/statement.ts';
import { checkImage } from '../src/check-image.ts';
import { buildImage, buildIndex, buildLayer } from '../src/demo/image-builder.ts';
import { type RegistryServer, startRegistry } from '../src/demo/registry-server.ts';
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import type { ImageSource } from '../src/model/image-source.ts';
import { PREDICATE } from '../src/model/statement.ts';
import { parseTarget } from '../src/model/target.ts';
import type { Verdict } from '../src/model/verdict.ts';
import { loadPolicy } from '../src/policy/load.ts';
import type { Policy } from '../src/policy/policy.ts';
import { beginRun } from '../src/run.ts';
import { openSource } from '../src/sources/open.ts';
import { makeKey } from './support/cosign.ts';
import { FAULTS, type Fault, FaultySource } from './support/faulty-source.ts';
import { pushBuilt } from './support/push-built.ts';

let registry: RegistryServer;
let folder: string;
let policy: Policy;
let name: string;

beforeAll(async () => {
  registry = await startRegistry();
  folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  name = `${registry.host}/acme/shop:1`;
  const key = readSigningKey(makeKey().privatePem);
  await writeFile(join(folder, 'release.pub'), publicPemOf(key));
  await writeFile(
    join(folder, 'pratique.yaml'),
    `version: 1
sources: { allow: ["${registry.host}/acme/*"] }
signers: { release: { key: release.pub } }
images: [{ match: "**", signed-by: [release] }]
limits: { image-seconds: 1 }
`,
  );
  policy = await loadPolicy({ file: join(folder, 'pratique.yaml'), cwd: folder, env: {}, now: new Date() });
  const layers = [
    await buildLayer([{ path: 'srv/a.txt', content: 'harmless' }]),
    await buildLayer([{ path: 'srv/b.txt', content: 'harmless too' }], 'zstd'),
  ];
  const image = buildImage({ layers, config: { User: '1000' } });
  const index = buildIndex([{ built: image, platform: image.platform }]);
  await pushBuilt(registry.host, 'acme/shop', '1', index);
  const source = open();
  const target = parseTarget(name);
  const statement = makeStatement([index.root.descriptor], target.reference!, PREDICATE.cosignSignature, {});
  const about = index.root.descriptor;
  await attachVerdict(
    source,
    about,
    signStatement(statement, key, { about, createdAt: new Date().toISOString() }),
  );
  await source.close();
});

afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

function open(): ImageSource {
  return openSource(parseTarget(name), { env: {}, limits: DEFAULT_LIMITS, now: Date.now, warn: () => {} });
}

/** Where nothing hangs, a busy machine has time to come to the end. */
function check(source: ImageSource, fault?: Fault): Promise<Verdict> {
  const target = parseTarget(name);
  const imageSeconds = fault === 'never settles' ? policy.limits.imageSeconds : 60;
  const patient = { ...policy, limits: { ...policy.limits, imageSeconds } };
  return checkImage(
    target,
    beginRun({ target, policy: patient, source, platforms: [], now: () => new Date() }),
  );
}

describe('a fault at any await of the pipeline', () => {
  test('the image is admitted where nothing goes wrong', async () => {
    const source = new FaultySource(open(), 0, 'throws an error');
    const verdict = await check(source);
    expect(verdict.faults.map((fault) => fault.message)).toEqual([]);
    expect(verdict.result).toBe('admitted');
    expect(source.closed).toBe(1);
  });

  test.each(FAULTS)('that %s is never a pass', { timeout: 60_000 }, async (fault: Fault) => {
    const whole = new FaultySource(open(), 0, fault);
    await check(whole);
    expect(new Set(whole.awaits)).toEqual(
      new Set(['resolve', 'companion', 'referrers', 'referrers end', 'manifest', 'blob', 'blob end']),
    );
    for (const [index, what] of whole.awaits.entries()) {
      const source = new FaultySource(open(), index + 1, fault);
      const verdict = await check(source, fault);
      const told = `${what} (await ${index + 1}) ${fault}: ${verdict.result}`;
      // "There is no such tag" is an answer, and a stream that has ended has nothing left to give.
      const harmless = what === 'companion' || what.endsWith(' end');
      if (fault.startsWith('throws') || fault === 'never settles') expect(told).toMatch(/: undecided$/);
      else if (!harmless) expect(told).toMatch(/: (?:undecided|refused)$/);
      expect(source.closed, told).toBe(1);
    }
  });
});
