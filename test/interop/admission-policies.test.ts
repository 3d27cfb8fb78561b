import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  type AdmissionTool,
  findKyverno,
  findPolicyTester,
  openAdmissionTool,
} from '../support/admission-tools.ts';
import { findCosign } from '../support/cosign-binary.ts';
import { startScriptedServer } from '../support/scripted-server.ts';
import { type SigningServer, startSigningServer } from '../support/signing-server.ts';
import { cleanImage, leakyImage, type Stage, setStage } from '../support/stage.ts';
import { tufRepository } from '../support/tuf-repository.ts';

const kyverno = findKyverno();
const tester = findPolicyTester();
/** gives policy-controller's library its trust root */
const cosign = tester && (findCosign(3) ?? findCosign(2));
const MAIL = 'gate@acme.test';
const ISSUER = 'https://login.acme.test';
const KEYLESS = ['--keyless', '--signing-config=rekor-v1.json', '--trusted-root=private-root.json'];
const EXPORT = ['export', 'cluster-image-policy', '--images'];
const HOUR = 3_600_000;
const yesterday = new Date(Date.now() - 24 * HOUR).toISOString().slice(0, 10);
const ago = (hours: number) => ({ now: () => new Date(Date.now() - hours * HOUR) });

/** The policy of a stage with what `admit` needs. */
async function believe(stage: Stage, signers: string): Promise<void> {
  const policy = await stage.read('pratique.yaml');
  await stage.write(
    'pratique.yaml',
    `${policy.replace('signers:', `signers:\n${signers}`)}verdict: { attest: { valid-for: 2d } }
admit: [{ signer: gate }]
exceptions:
  - { rule: secrets, image: "${stage.name('acme/lapsed')}", reason: r, owner: o, until: ${yesterday} }
`,
  );
  await stage.write('other.yaml', `${await stage.read('pratique.yaml')}limits: { layers: 99 }\n`);
}

const LET_IN = 'let in';
const NOT_COMPLIANT = 'policy is not compliant';

/** What happened to an image before it comes to the cluster, and what policy-controller says then. */
type Case = readonly [string, (push: Push, attest: Attest) => Promise<string>, string];
type Push = (leaky?: boolean) => Promise<string>;
type Attest = (name: string, hours: number, ...more: readonly string[]) => Promise<string>;

const CASES: readonly Case[] = [
  ['that passed', async (push, attest) => attest(await push(), 1), LET_IN],
  ['that nobody attested', async (push) => push(), 'no valid bundles exist in registry'],
  ['that failed', async (push, attest) => attest(await push(true), 1), NOT_COMPLIANT],
  [
    'that passed by another policy',
    async (push, attest) => attest(await push(), 1, '--policy', 'other.yaml'),
    NOT_COMPLIANT,
  ],
  ['whose verdict is too old', async (push, attest) => attest(await push(), 49), NOT_COMPLIANT],
];

/** Puts images under names of their own. */
function pusher(stage: () => Stage): Push {
  let images = 0;
  return async (leaky = false) => {
    images += 1;
    const built = leaky ? await leakyImage() : await cleanImage();
    stage().push(`acme/app${images}:1`, built);
    return `${stage().name(`acme/app${images}`)}@${built.root.descriptor.digest}`;
  };
}

/** The same content and all that lies beside it, in another repository. */
function copyOf({ name, registry }: Stage, image: string): string {
  const [place = '', digest = ''] = image.slice(name('').length).split('@');
  const [from, to] = [place, 'acme/copied'].map((one) => registry.store.repository(one));
  for (const [key, manifest] of from?.manifests ?? []) to?.manifests.set(key, manifest);
  for (const [key, blob] of from?.blobs ?? []) to?.blobs.set(key, blob);
  return `${name('acme/copied')}@${digest}`;
}

const REFUSED = expect.stringMatching(/an image has no verdict by the gate that lets it in(?:.|\n)*fail: 1/);

/** What Kyverno makes of a pod. */
async function judgedPod(tool: AdmissionTool, spec: object, policy: string): Promise<string> {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec };
  tool.write('pod.yaml', JSON.stringify(pod));
  const { ok, said } = await tool.run(
    ...['apply', policy, '--resource=pod.yaml', '--registry', '--remove-color'],
  );
  return ok && said.includes('pass: 1, fail: 0, warn: 0, error: 0') ? LET_IN : said;
}

describe.skipIf(kyverno === undefined)('Kyverno, by the policy that pratique exports,', () => {
  let stage: Stage;
  let tool: AdmissionTool;
  beforeAll(async () => {
    stage = await setStage();
    tool = openAdmissionTool(kyverno ?? '');
    await believe(stage, '  gate: { key: gate.pub }');
    const { out, code, err } = await stage.pratique(['export', 'kyverno', '--images', stage.name('acme/*')]);
    if (code !== 0) throw new Error(err);
    tool.write('policy.yaml', out);
  });
  afterAll(async () => {
    tool.close();
    await stage.close();
  });

  const push = pusher(() => stage);
  const attest: Attest = async (name, hours, ...more) => {
    const argv = ['check', name, '--key', 'gate.key', '--attest', ...more];
    const { err } = await stage.pratique(argv, ago(hours));
    if (!err.includes('attached')) throw new Error(err);
    return name;
  };
  const apply = (spec: object, policy = 'policy.yaml') => judgedPod(tool, spec, policy);
  const withOne = (image: string, policy?: string) => apply({ containers: [{ name: 'a', image }] }, policy);

  test.each(CASES)('judges a pod with an image %s', async (_what, prepare, says) => {
    expect(await withOne(await prepare(push, attest))).toEqual(says === LET_IN ? LET_IN : REFUSED);
  });

  test('refuses one that another key attested', async () => {
    const image = await push();
    await stage.pratique(['check', image, '--key', 'stranger.key', '--attest']);
    expect(await withOne(image)).toEqual(REFUSED);
  });

  test('refuses one whose verdict was copied from another repository', async () => {
    const image = await attest(await push(), 1);
    expect(await withOne(image)).toBe(LET_IN);
    expect(await withOne(copyOf(stage, image))).toEqual(REFUSED);
  });

  test.each(['initContainers', 'ephemeralContainers', 'volumes'])('looks at %s as well', async (place) => {
    const [good, bad] = [await attest(await push(), 1), await push()];
    const specOf = (image: string) => ({
      containers: [{ name: 'a', image: good }],
      [place]: [place === 'volumes' ? { name: 'v', image: { reference: image } } : { name: 'b', image }],
    });
    expect(await apply(specOf(good))).toBe(LET_IN);
    expect(await apply(specOf(bad))).toEqual(REFUSED);
  });

  test('is told of one repository by its name', async () => {
    const { out } = await stage.pratique(['export', 'kyverno', '--images', stage.name('acme/one')]);
    tool.write('one.yaml', out);
    const built = await cleanImage();
    stage.push('acme/one:1', built);
    const image = `${stage.name('acme/one')}@${built.root.descriptor.digest}`;
    expect(await withOne(image, 'one.yaml')).toEqual(REFUSED);
    expect(await withOne(await attest(image, 1), 'one.yaml')).toBe(LET_IN);
  });

  test('is not misled by what a stranger attests beside it', async () => {
    const image = await attest(await push(), 1);
    await stage.pratique(['check', image, '--key', 'stranger.key', '--attest']);
    expect(await withOne(image)).toBe(LET_IN);
  });

  test.each<[string, string]>([
    ['ghcr.io/acme/shop', 'ghcr.io/acme/shop'],
    ['ghcr.io/acme/shop', 'GHCR.IO/acme/shop:1'],
    ['ghcr.io/acme/shop', 'ghcr.io:443/acme/shop:1'],
    ['ghcr.io/**/shop', 'ghcr.io/shop:1'],
    ['docker.io/acme/*', 'acme/shop:1'],
    ['docker.io/acme/*', 'registry-1.docker.io/acme/shop'],
    ['nginx', 'nginx'],
    ['nginx', 'index.docker.io/library/nginx:1'],
  ])('of %s is asked about %s, however it is written', async (images, image) => {
    const { out } = await stage.pratique(['export', 'kyverno', '--images', images]);
    tool.write('written.yaml', out);
    expect(await withOne(image, 'written.yaml')).toContain('does not have a digest');
    expect(await withOne('ghcr.io/acme/shop-2:1', 'written.yaml')).toBe(LET_IN);
  });

  test('refuses an image by its tag alone, and leaves those of others alone', async () => {
    const image = await attest(await push(), 1);
    expect(await withOne(image.replace(/@.*/, ':1'))).toContain('does not have a digest');
    expect(await withOne(`${stage.name('other/app')}@sha256:${'1'.repeat(64)}`)).toBe(LET_IN);
  });
});

/** Attests without a key, in somebody's name. */
function attester(stage: () => Stage, server: () => SigningServer) {
  return (who: string): Attest =>
    async (name, hours, ...more) => {
      const argv = ['check', name, '--attest', ...KEYLESS, ...more];
      const env = { SIGSTORE_ID_TOKEN: server().token(who, ISSUER) };
      const { err } = await stage().pratique(argv, { ...ago(hours), env });
      if (!err.includes('attached')) throw new Error(err);
      return name;
    };
}

/** A Sigstore instance in the place of the public one: its trust root comes from a TUF repository, as that one's does. */
async function startInstance({ failsOnce = false } = {}) {
  const server = await startSigningServer();
  const { files, anchor } = tufRepository(server.root.text ?? '');
  // cosign keeps what policy-controller's older client reads only where its newer one fails, which asks first.
  let isAsked = false;
  const mirror = await startScriptedServer(({ path }) => {
    const body = files.get(path.slice(1));
    if (body === undefined) return { status: 404 };
    const isFirst = failsOnce && path.startsWith('/targets/') && !isAsked;
    isAsked ||= isFirst;
    return { body: isFirst ? Buffer.alloc(body.length) : body };
  });
  const close = async () => {
    await mirror.close();
    await server.close();
  };
  return { server, mirror: `http://${mirror.host}`, anchor, close };
}

describe.skipIf(tester === undefined || cosign === undefined)(
  'policy-controller, by the policy that pratique exports,',
  () => {
    let stage: Stage;
    let tool: AdmissionTool;
    let server: SigningServer;
    let instance: Awaited<ReturnType<typeof startInstance>>;
    beforeAll(async () => {
      stage = await setStage();
      tool = openAdmissionTool(tester ?? '');
      instance = await startInstance({ failsOnce: true });
      server = instance.server;
      server.introduce(stage.folder);
      await believe(stage, `  gate: { issuer: ${ISSUER}, identity: ${MAIL} }`);
      const { out, code, err } = await stage.pratique([
        ...['export', 'cluster-image-policy', '--images', stage.name('acme/*')],
      ]);
      if (code !== 0) throw new Error(err);
      tool.write('policy.yaml', out);
      tool.write('root.json', instance.anchor);
      const told = await tool.runWith(
        cosign ?? '',
        'initialize',
        `--mirror=${instance.mirror}`,
        '--root=root.json',
      );
      if (!told.ok) throw new Error(told.said);
    });
    afterAll(async () => {
      tool.close();
      await instance.close();
      await stage.close();
    });

    const push = pusher(() => stage);
    const attestAs = attester(
      () => stage,
      () => server,
    );
    const attest = attestAs(MAIL);
    const apply = async (image: string, policy = 'policy.yaml') => {
      const { ok, said } = await tool.run(`-policy=${policy}`, `-image=${image}`);
      return ok ? LET_IN : said;
    };

    test.each(CASES)('judges an image %s', async (_what, prepare, says) => {
      expect(await apply(await prepare(push, attest))).toContain(says);
    });

    test('refuses one that somebody else attested', async () => {
      const image = await attestAs('other@acme.test')(await push(), 1);
      expect(await apply(image)).toContain('no matching CertificateIdentity found');
    });

    test('refuses one whose verdict is of another repository', async () => {
      const image = await attest(await push(), 1);
      const exported = await stage.pratique([...EXPORT, stage.name('acme/copied')]);
      tool.write('copied.yaml', exported.out);
      expect(await apply(copyOf(stage, image), 'copied.yaml')).toContain(NOT_COMPLIANT);
    });

    // Said in docs/admission.md: it takes any summary that fits, and does not ask for the newest.
    test('lets in what passed and failed later', async () => {
      const built = await leakyImage();
      stage.push('acme/lapsed:1', built);
      const image = `${stage.name('acme/lapsed')}@${built.root.descriptor.digest}`;
      await attest(image, 30); // the exception was in force
      await attest(image, 0);
      const { out } = await stage.pratique([
        'admit',
        image,
        '--identity',
        MAIL,
        '--issuer',
        ISSUER,
        '--trusted-root',
        'private-root.json',
      ]);
      expect(out).toContain('failed: the image was refused');
      expect(await apply(image)).toBe(LET_IN);
    });

    test('takes no bundle that a key signed, which is why none is exported', async () => {
      await stage.write(
        'key.yaml',
        (await stage.read('pratique.yaml')).replace(/gate: \{.*/, 'gate: { key: gate.pub }'),
      );
      const { code, err } = await stage.pratique(['export', 'cluster-image-policy', '--policy', 'key.yaml']);
      expect([code, err]).toEqual([
        3,
        expect.stringContaining('verifies Sigstore bundles by certificates alone'),
      ]);
      const { out } = await stage.pratique([...EXPORT, stage.name('acme/*')]);
      const keyless = /keyless:\n(?: {8}.*\n)+/;
      expect(out).toMatch(keyless);
      const data = stage.keys.gate.publicPem.trimEnd().replaceAll('\n', '\n            ');
      tool.write('key.yaml', out.replace(keyless, `key:\n          data: |\n            ${data}\n`));
      expect(await apply(await push(), 'key.yaml')).toContain('the authority must be keyless');
    });
  },
);

describe.skipIf(kyverno === undefined)(
  'Kyverno, by the policy that is exported for a gate without a key,',
  () => {
    let stage: Stage;
    let tool: AdmissionTool;
    let instance: Awaited<ReturnType<typeof startInstance>>;
    beforeAll(async () => {
      stage = await setStage();
      tool = openAdmissionTool(kyverno ?? '');
      instance = await startInstance();
      instance.server.introduce(stage.folder);
      await believe(stage, `  gate: { issuer: ${ISSUER}, identity: ${MAIL}, root: private }`);
      for (const file of ['pratique.yaml', 'other.yaml'])
        await stage.write(
          file,
          `${await stage.read(file)}trust-roots: { private: { file: private-root.json } }\n`,
        );
      const { out } = await stage.pratique(['export', 'kyverno', '--images', stage.name('acme/*')]);
      const policy = parse(out);
      // It asks the public TUF repository before it reads the root that it is given; here one of this machine.
      const root = { data: Buffer.from(instance.anchor).toString('base64') };
      policy.spec.attestors[0].cosign.tuf = { mirror: instance.mirror, root };
      tool.write('policy.yaml', stringify(policy));
    });
    afterAll(async () => {
      tool.close();
      await instance.close();
      await stage.close();
    });

    const push = pusher(() => stage);
    const attestAs = attester(
      () => stage,
      () => instance.server,
    );
    const withOne = async (image: string) =>
      judgedPod(tool, { containers: [{ name: 'a', image }] }, 'policy.yaml');

    test.each(CASES)('judges a pod with an image %s', async (_what, prepare, says) => {
      expect(await withOne(await prepare(push, attestAs(MAIL)))).toEqual(says === LET_IN ? LET_IN : REFUSED);
    });

    test('refuses one that somebody else attested', async () => {
      expect(await withOne(await attestAs('other@acme.test')(await push(), 1))).toEqual(REFUSED);
    });
  },
);
