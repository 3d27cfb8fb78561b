import { createPrivateKey } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hexOf } from '../../src/model/digest.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { writeOciArchive, writeOciLayout } from '../support/image-files.ts';
import {
  CANARIES,
  cleanImage,
  cleanIndex,
  leakyImage,
  referrersIn,
  rootImage,
  type Stage,
  setStage,
  type Told,
} from '../support/stage.ts';

const NOW = new Date('2026-11-21T06:00:00Z');
const later = (hours: number) => ({ now: () => new Date(NOW.getTime() + hours * 3_600_000) });
const VSA = 'https://slsa.dev/verification_summary/v1';
const DETAIL = 'https://pratique.dev/verdict/v1';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => {
  stage.registry.script = () => undefined;
});
afterAll(() => stage.close());

/** `pratique check --key gate.key …`, at a fixed time. */
const attest = (name: string, ...more: string[]): Promise<Told> =>
  stage.pratique(['check', name, '--key', 'gate.key', ...more], later(0));
const admit = (name: string, ...more: string[]): Promise<Told> =>
  stage.pratique(['admit', name, '--key', 'gate.pub', ...more], later(1));

interface Bundle {
  readonly mediaType: string;
  readonly verificationMaterial: Record<string, unknown>;
  readonly dsseEnvelope: { payload: string; payloadType: string; signatures: readonly unknown[] };
}

async function bundlesIn(file: string): Promise<readonly Bundle[]> {
  const text = await stage.read(file);
  expect(text).toMatch(/\n$/);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const statementIn = ({ dsseEnvelope }: Bundle) =>
  JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString());

describe('check --key --attest --attestation FILE', () => {
  test('writes two Sigstore bundles v0.3: the verification summary, and the verdict in detail', async () => {
    const image = await cleanImage();
    const name = stage.push('acme/shop:1', image);
    const { code, err } = await attest(name, '--attest', '--attestation', 'a.jsonl');
    const bundles = await bundlesIn('a.jsonl');
    expect(code).toBe(0);
    expect(err).toContain('attestation written to a.jsonl');
    expect(bundles).toHaveLength(2);
    for (const { mediaType, verificationMaterial, dsseEnvelope } of bundles) {
      expect(mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
      expect(verificationMaterial).toMatchObject({ publicKey: { hint: expect.any(String) } });
      expect(dsseEnvelope.payloadType).toBe('application/vnd.in-toto+json');
      expect(dsseEnvelope.signatures).toHaveLength(1);
    }
    const { digest } = image.root.descriptor;
    const policy = await loadPolicy({ cwd: stage.folder, env: {}, now: NOW });
    const [summary, detail] = bundles.map(statementIn);
    const subject = [{ name: stage.name('acme/shop'), digest: { sha256: hexOf(digest) } }];
    expect(summary).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject,
      predicateType: VSA,
      predicate: {
        verifier: { id: 'https://pratique.dev/gate/v1', version: { pratique: expect.any(String) } },
        timeVerified: NOW.toISOString(),
        resourceUri: `pkg:oci/shop@sha256%3A${hexOf(digest)}?repository_url=${stage.name('acme/shop')}`,
        policy: {
          uri: 'https://pratique.dev/policy/v1/stage',
          digest: { sha256: hexOf(policy.stamp.digest) },
        },
        verificationResult: 'PASSED',
        verifiedLevels: ['PRATIQUE_ADMITTED'],
        slsaVersion: '1.2',
      },
    });
    expect(detail).toMatchObject({ subject, predicateType: DETAIL, predicate: { result: 'admitted' } });
    expect(detail.predicate.images[0].scanned).toMatchObject({ layers: 1, files: 1 });
    expect(referrersIn(stage, 'acme/shop')).toBe(2);
  });

  test('attests a refusal too: FAILED, and the exit code stays 1', async () => {
    const name = stage.push('acme/failed:1', await leakyImage());
    expect((await attest(name, '--attest', '--attestation', 'f.jsonl')).code).toBe(1);
    const [summary] = (await bundlesIn('f.jsonl')).map(statementIn);
    expect(summary.predicate).toMatchObject({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] });
    expect(referrersIn(stage, 'acme/failed')).toBe(2);
  });

  test('attests each manifest by itself where a platform was left out, never the index', async () => {
    const index = await cleanIndex();
    const name = stage.push('acme/narrow:1', index);
    const told = await attest(name, '--attest', '--attestation', 'n.jsonl', '--platform', 'linux/arm64');
    expect(told.code).toBe(0);
    const subjects = (await bundlesIn('n.jsonl')).map((bundle) => statementIn(bundle).subject);
    const arm = (await cleanImage('arm64')).root.descriptor.digest;
    expect(subjects.flat().map(({ digest }) => digest.sha256)).toEqual([hexOf(arm), hexOf(arm)]);
    expect((await admit(name)).code).toBe(1);
    expect((await admit(name, '--platform', 'linux/arm64')).code).toBe(0);
    expect((await admit(`${stage.name('acme/narrow')}@${arm}`)).code).toBe(0);
    expect((await admit(name, '--platform', 'linux/amd64')).code).toBe(1);
  });

  test('writes one file for several images', async () => {
    const names = [
      stage.push('acme/shop:1', await cleanImage()),
      stage.push('acme/worker:1', await rootImage()),
    ];
    const { code } = await stage.pratique([
      ...['check', ...names, '--key', 'gate.key', '--attestation', 'both.jsonl'],
    ]);
    expect(code).toBe(1);
    const results = (await bundlesIn('both.jsonl')).map(statementIn).map(({ predicate }) => predicate);
    expect(results.map((one) => one.verificationResult ?? one.result)).toEqual([
      ...['PASSED', 'admitted', 'FAILED', 'refused'],
    ]);
  });

  test.each([
    ['signs with a key under a passphrase', 'hunter', 0],
    ['does nothing at all where the passphrase does not open the key', 'wrong', 2],
  ])('%s', async (_what, passphrase, expected) => {
    const name = stage.push('acme/shop:1', await cleanImage());
    const pem = createPrivateKey(stage.keys.gate.privatePem).export({
      ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter' },
    });
    await stage.write('sealed.key', pem.toString());
    stage.registry.seen();
    const env = { PRATIQUE_KEY: 'sealed.key', PRATIQUE_KEY_PASSPHRASE: passphrase };
    const argv = ['check', name, '--attestation', 'sealed.jsonl'];
    const { code, out, err } = await stage.pratique(argv, { env });
    expect(code).toBe(expected);
    expect(out + err).not.toContain(passphrase);
    if (expected !== 0) expect(stage.registry.seen()).toEqual([]);
  });

  describe('where the image is undecided', () => {
    test('attests and pushes nothing, and takes away the file of an earlier run', async () => {
      const image = await cleanImage('mips64le');
      const name = stage.push('acme/broken:1', image);
      await stage.write('u.jsonl', 'of an earlier run');
      const layer = `/v2/acme/broken/blobs/${image.layers[0]?.descriptor.digest}`;
      stage.registry.script = ({ path }) => (path === layer ? { status: 404 } : undefined);
      stage.registry.seen();
      const { code, err } = await attest(name, '--attest', '--attestation', 'u.jsonl', '--report-only');
      expect(code).toBe(3);
      expect(err).toContain(`not attested: "${name}" is undecided`);
      await expect(access(join(stage.folder, 'u.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' });
      expect(stage.registry.seen().filter((line) => !/^(?:GET|HEAD) /.test(line))).toEqual([]);
      expect(referrersIn(stage, 'acme/broken')).toBe(0);
    });
  });

  test('attests nothing of an image that was refused by its name', async () => {
    const name = stage.push('acrne/shop:1', await cleanImage());
    const { code, err } = await attest(name, '--attest', '--attestation', 'name.jsonl');
    expect(err).toContain('refused by its name');
    expect(code).toBe(1);
    expect(await readdir(stage.folder)).not.toContain('name.jsonl');
  });

  describe('where pushing is denied', () => {
    const denied = [
      ['a good image', cleanImage, [], 'ADMITTED', 4],
      ['a bad image', leakyImage, [], 'REFUSED', 1],
      ['a bad image that is only reported', leakyImage, ['--report-only'], 'REFUSED', 4],
    ] as const;
    test.each(denied)(
      'the verdict on %s stands, and is not attested',
      async (_what, make, more, word, code) => {
        const name = stage.push('acme/readonly:1', await make());
        const errors = [{ code: 'DENIED', message: 'read only' }];
        stage.registry.script = ({ method }) =>
          method === 'GET' || method === 'HEAD'
            ? undefined
            : { status: 403, body: JSON.stringify({ errors }) };
        const told = await attest(name, '--attest', '--attestation', 'denied.jsonl', ...more);
        expect(told.out).toContain(word);
        expect(told.err).toContain('answered 403 (denied)');
        expect(told.err).toContain('the verdict stands, but it is not attested');
        expect(await bundlesIn('denied.jsonl')).toHaveLength(2); // what was signed is not lost
        expect(told.code).toBe(code);
      },
    );
  });

  test.each([
    ['a good image', cleanImage, 4],
    ['a bad image', leakyImage, 1],
  ] as const)(
    'says that the file cannot be written, and lets the verdict on %s stand',
    async (_what, make, code) => {
      const name = stage.push('acme/file:1', await make());
      const told = await attest(name, '--attestation', 'missing/a.jsonl');
      expect(told.err).toContain('WRITE_FAILED');
      expect(told.err).toContain('it is not attested');
      expect(told.code).toBe(code);
    },
  );

  test('attaches to an OCI layout, which is then admitted like an image in a registry', async () => {
    await writeOciLayout(join(stage.folder, 'layout'), [{ built: await cleanImage() }]);
    const as = ['--as', stage.name('acme/shop:1')];
    expect((await attest('oci:layout', ...as, '--attest')).code).toBe(0);
    expect((await admit('oci:layout', ...as)).code).toBe(0);
    expect((await admit('oci:layout', '--as', stage.name('acme/other:1'))).code).toBe(1);
  });

  test('cannot attach to an archive: the verdict stands, 4', async () => {
    await writeOciArchive(join(stage.folder, 'image.tar'), [{ built: await cleanImage() }]);
    const told = await attest('oci-archive:image.tar', '--as', stage.name('acme/shop:1'), '--attest');
    expect(told.out).toContain('ADMITTED');
    expect(told.err).toContain('nothing can be attached here');
    expect(told.code).toBe(4);
  });
});

describe('admit', () => {
  let name: string;
  beforeAll(async () => {
    name = stage.push('acme/passed:1', await cleanIndex());
    await attest(name, '--attest');
    await attest(stage.push('acme/failed:1', await leakyImage()), '--attest');
  });

  test('lets an image in on its attestation alone, without reading its layers: 0', async () => {
    stage.registry.seen();
    const { code, out } = await admit(name);
    const layers = (await cleanImage()).layers.map(({ descriptor }) => descriptor.digest);
    expect(out).toContain(`ADMITTED  ${name}`);
    expect(out).toContain('on the verdict of 2026-11-21T06:00:00.000Z, signed by gate.pub');
    expect(stage.registry.seen().filter((line) => layers.some((digest) => line.includes(digest)))).toEqual(
      [],
    );
    expect(code).toBe(0);
  });

  test('says it in JSON', async () => {
    const { code, out } = await admit(name, '-o', 'json');
    const { digest } = (await cleanIndex()).root.descriptor;
    expect(JSON.parse(out)).toMatchObject({
      name,
      result: 'admitted',
      digest,
      grants: [{ digest }],
      error: null,
    });
    expect(code).toBe(0);
  });

  test('takes any of several keys', async () => {
    expect((await admit(name, '--key', 'stranger.pub')).code).toBe(0);
  });

  const refusals: [string, string, () => Promise<Told>][] = [
    [
      'signed with another key',
      'not-verified',
      () => stage.pratique(['admit', name, '--key', 'stranger.pub'], later(1)),
    ],
    [
      'that rests on another policy',
      'other-policy',
      () => admit(name, '--policy-digest', `sha256:${'0'.repeat(64)}`),
    ],
    [
      'that is older than the policy allows',
      'too-old',
      () => stage.pratique(['admit', name, '--key', 'gate.pub'], later(24 * 8)),
    ],
    ['that is older than the command line allows', 'too-old', () => admit(name, '--max-age', '30m')],
    [
      'that has not been made yet',
      'from-the-future',
      () => stage.pratique(['admit', name, '--key', 'gate.pub'], later(-1)),
    ],
    ['of another verifier', 'other-verifier', () => admit(name, '--verifier', 'https://acme.test/gate')],
    ['that says FAILED', 'failed', () => admit(stage.name('acme/failed:1'))],
    ['that is not there', 'none-found', async () => admit(stage.push('acme/bare:1', await cleanImage()))],
  ];
  test.each(refusals)('refuses on an attestation %s: 1, %s', async (_what, reason, act) => {
    const { code, out } = await act();
    expect(out).toContain('REFUSED');
    expect(out).toContain(`${reason}: `);
    expect(code).toBe(1);
  });

  test('refuses where the policy has changed since, unless any policy will do', async () => {
    const changed = await stage.write('other.yaml', 'version: 1\nchecks: { miners: off }\n');
    expect((await admit(name, '--policy', changed)).code).toBe(1);
    expect((await admit(name, '--policy', changed, '--allow-any-policy')).code).toBe(0);
  });

  test('refuses under a tag that was moved since, and still admits the digest', async () => {
    const good = await cleanImage('ppc64le');
    const moved = stage.push('acme/moved:1', good);
    await attest(moved, '--attest');
    stage.push('acme/moved:1', await rootImage());
    expect((await admit(moved)).code).toBe(1);
    expect((await admit(`${stage.name('acme/moved')}@${good.root.descriptor.digest}`)).code).toBe(0);
  });

  test.each([
    [401, 'UNAUTHORIZED'],
    [403, 'DENIED'],
    [404, 'NOT_FOUND'],
    [429, 'RATE_LIMITED'],
    [500, 'REGISTRY_ERROR'],
  ])('is undecided where the registry answers %i: 3', async (status, fault) => {
    stage.registry.script = () => ({ status, headers: { 'retry-after': '3600' } });
    const { code, out, err } = await admit(name);
    expect(out).toContain('UNDECIDED');
    expect(err).toContain(fault);
    expect(code).toBe(3);
  });

  test('is undecided where only the attestations cannot be read: 3', async () => {
    stage.registry.script = ({ path }) =>
      path.includes('/referrers/') ? { status: 500, headers: { 'retry-after': '3600' } } : undefined;
    expect((await admit(name)).code).toBe(3);
  });

  test.each([
    [['--policy-digest', 'sha256:12'], 'is not a digest'],
    [['--max-age', 'soon'], 'is not a duration'],
    [['--max-age', '1d', '--max-age', '2d'], 'more than once'],
    [['--identity', 'gate@acme.test'], '--identity goes with --issuer'],
    [['--identity', 'gate@*', '--issuer', 'https://login.acme.test'], 'has no star'],
    [['--platform', 'amd64'], 'is not a platform'],
  ])('asks back on %j: 2', async (more, words) => {
    const { code, err } = await admit(name, ...more);
    expect(err).toContain(words);
    expect(code).toBe(2);
  });

  test('demands a digest in the name where the policy does', async () => {
    const policy = await stage.write(
      'digests.yaml',
      `version: 1\nsources: { allow: ["${stage.registry.host}/**"], require-digest: deploy }\n`,
    );
    const told = await admit(name, '--policy', policy);
    expect(told.err).toContain('names no digest');
    expect(told.code).toBe(2);
  });

  test('cannot tell anything of a folder without a name', async () => {
    expect((await admit('oci:layout')).code).toBe(3);
  });
});

describe('a registry without a referrers API', () => {
  test('keeps attestations under the fallback tag, and admits on them', async () => {
    const here = await setStage({ referrers: false });
    try {
      const name = here.push('acme/shop:1', await cleanImage());
      const argv = ['check', name, '--key', 'gate.key', '--attest'];
      expect((await here.pratique(argv)).code).toBe(0);
      expect((await here.pratique(['admit', name, '--key', 'gate.pub'])).code).toBe(0);
      expect((await here.pratique(['admit', name, '--key', 'stranger.pub'])).code).toBe(1);
    } finally {
      await here.close();
    }
  });
});

describe('a secret', () => {
  test('of the image, the key, the environment or the login is in no output, file, referrer or attestation', async () => {
    const login = { user: 'robot', password: 'correct-horse-battery-staple' };
    const here = await setStage({ auth: { kind: 'token', ...login } });
    try {
      const basic = Buffer.from(`${login.user}:${login.password}`).toString('base64');
      const passphrase = 'a-passphrase-of-the-key';
      const sealed = createPrivateKey(here.keys.gate.privatePem)
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
        .toString();
      await here.write('sealed.key', sealed);
      await here.write('auth.json', JSON.stringify({ auths: { [here.registry.host]: { auth: basic } } }));
      const given = new Set(await readdir(here.folder));
      const name = here.push('acme/leaky:1', await leakyImage());
      const env = {
        PRATIQUE_KEY_PASSPHRASE: passphrase,
        PRATIQUE_AUTH_FILE: 'auth.json',
        PRATIQUE_DEBUG: '1',
        UNRELATED_TOKEN: 'an-unrelated-token-of-the-machine',
      };
      const said: string[] = [];
      const tell = async (expected: number, ...argv: string[]) => {
        const { code, out, err } = await here.pratique(argv, { env });
        expect(code, err).toBe(expected);
        said.push(out, err);
      };
      const sign = ['--key', 'sealed.key', '--attest', '--attestation', 'a.jsonl'];
      await tell(1, 'check', name, '-v', '-o', 'json=v.json', '-o', 'sarif=v.sarif', ...sign);
      await tell(1, 'admit', name, '--key', 'gate.pub', '-o', 'json');
      await tell(0, 'inspect', name, '--files');
      // The registry throws back at us what it was sent.
      here.registry.script = ({ headers: { authorization } }) => {
        if (authorization === undefined)
          return { status: 401, headers: { 'www-authenticate': 'Basic realm="here"' } };
        const message = `${authorization} is not ${login.user}:${login.password}`;
        return { status: 403, body: JSON.stringify({ errors: [{ code: 'DENIED', message }] }) };
      };
      await tell(3, 'check', name, '-v', ...sign);
      await tell(3, 'admit', name, '--key', 'gate.pub');
      const { manifests, blobs } = here.registry.store.repository('acme/leaky');
      const attached = [...manifests.values()].filter(({ subject }) => subject !== undefined);
      expect(attached).toHaveLength(2);
      const bundles = [...blobs.values()].map((bytes) => Buffer.from(bytes).toString()).filter(isBundle);
      expect(bundles).toHaveLength(2);
      const made = (await readdir(here.folder)).filter((file) => !given.has(file));
      expect(made).toEqual(['v.json', 'v.sarif']); // the attestation of the first run was taken away by the second
      const files = await Promise.all(made.map((file) => readFile(join(here.folder, file), 'utf8')));
      const payloads = bundles.map((text) => JSON.stringify(statementIn(JSON.parse(text))));
      const everything = [
        ...[...said, ...files, ...bundles, ...payloads],
        ...attached.map(({ bytes }) => Buffer.from(bytes).toString()),
      ].join('\n');
      expect(everything).toContain('secrets.github-token');
      expect(everything).toContain('answered 403');
      const secrets = [
        ...[CANARIES.file, CANARIES.env, passphrase, login.password, basic, env.UNRELATED_TOKEN],
        ...sealed.split('\n').filter((line) => line.length === 64),
      ];
      for (const secret of secrets) expect(everything.includes(secret), secret).toBe(false);
    } finally {
      await here.close();
    }
  });
});

function isBundle(text: string): boolean {
  return text.startsWith('{') && text.includes('dsseEnvelope');
}
