import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/main.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { type Built, buildImage, buildIndex, buildLayer, toContent } from '../../src/demo/image-builder.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { hexOf, referrersTagOf } from '../../src/model/digest.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { describe as contentOf } from '../../src/sources/documents/referrer-manifest.ts';
import { issueCertificate } from '../support/certificate.ts';
import { makeKey, simpleSigning, type TestKey } from '../support/cosign.ts';
import {
  type DockerRegistry,
  type DockerRegistryOptions,
  pushWithSkopeo,
  startDockerRegistry,
  whyNoDockerRegistry,
} from '../support/docker-registry.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';
import { writeOciLayout } from '../support/image-files.ts';
import { missingPrograms, runProgram } from '../support/programs.ts';
import { pushBuilt } from '../support/push-built.ts';
import { startRelay } from '../support/relay.ts';
import { CANARIES, cleanImage, cleanIndex, leakyImage, type Told } from '../support/stage.ts';
import { startTokenServer } from '../support/token-server.ts';
import { differences, readInspected, readUnpacked } from '../support/unpacked.ts';

const reason = whyNoDockerRegistry();
const noPasswords = missingPrograms('htpasswd').length > 0;
if (reason !== undefined) process.stderr.write(`skip: the gate before docker-registry: ${reason}\n`);
else if (noPasswords) process.stderr.write('skip: htpasswd: not installed (apt-get install apache2-utils)\n');

const PASSWORD = ['s3cret', 'enough'].join('-');
const FORMATS = [
  ['an OCI image', []],
  ['a Docker image', ['--format', 'v2s2']],
] as const;

describe.skipIf(reason !== undefined)("the gate before Debian's docker-registry, where skopeo pushes", () => {
  let folder = '';
  let registry: DockerRegistry;
  const running: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-gate-'));
    await writeFile(join(folder, '.git'), '');
    await writeOciLayout(join(folder, 'layout'), [
      { tag: 'clean', built: await cleanImage() },
      { tag: 'leaky', built: await leakyImage() },
      { tag: 'both', built: await cleanIndex() },
      { tag: 'mixed', built: await mixedIndex() },
      { tag: 'large', built: await largeImage() },
      { tag: 'tree', built: await treeImage() },
    ]);
    registry = await startDockerRegistry();
  });
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });
  afterAll(async () => {
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function pratique(argv: readonly string[], change: Partial<Terminal> = {}): Promise<Told> {
    const terminal = fakeTerminal(argv, { cwd: folder, ...change });
    const code = await run(terminal);
    return { code, ...terminal.text() };
  }

  async function start(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
    const started = await startDockerRegistry(options);
    running.push(() => started.stop());
    return started;
  }

  /** Pushes an image of the layout; returns its name there. */
  async function push(tag: string, to: string, more: readonly string[] = []): Promise<string> {
    await pushWithSkopeo(`oci:${join(folder, 'layout')}:${tag}`, to, more);
    return to;
  }

  async function verdictOf(name: string, ...more: string[]) {
    const { code, out, err } = await pratique(['check', name, '-o', 'json', ...more]);
    const [verdict] = (JSON.parse(out) as { verdicts: JsonVerdict[] }).verdicts;
    if (verdict === undefined) throw new Error('there is no verdict');
    return { code, err, verdict };
  }

  /** An environment whose Docker configuration knows one login. */
  async function loggedIn(host: string, password: string): Promise<Terminal['env']> {
    const DOCKER_CONFIG = await mkdtemp(join(folder, 'docker-'));
    const auth = Buffer.from(`alice:${password}`).toString('base64');
    await writeFile(join(DOCKER_CONFIG, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    return { DOCKER_CONFIG };
  }

  /** Keys in files, `NAME.key` and `NAME.pub`. */
  async function writeKey(name: string, { privatePem, publicPem }: Omit<TestKey, 'privateKey'>) {
    await writeFile(join(folder, `${name}.key`), privatePem);
    await writeFile(join(folder, `${name}.pub`), publicPem);
  }

  /** What the registry lists under the tag that stands in for a referrers API. */
  async function listed(repository: string, digest: Descriptor['digest'], login: readonly string[] = []) {
    const tag = `docker://${repository}:${referrersTagOf(digest)}`;
    const raw = await runProgram('skopeo', ['inspect', '--raw', '--tls-verify=false', ...login, tag]);
    return (JSON.parse(raw) as { manifests: { digest: string }[] }).manifests;
  }

  test.each(FORMATS)('%s that is clean is admitted: 0', async (what, format) => {
    const { code, verdict } = await verdictOf(await push('clean', `${registry.host}/acme/clean:1`, format));
    expect([code, verdict.result]).toEqual([0, 'admitted']);
    expect(verdict.subject.mediaType).toBe(
      what === 'a Docker image' ? MEDIA.dockerManifest : MEDIA.ociManifest,
    );
    expect(verdict.images[0]?.scanned).toMatchObject({ layers: 1, files: 1 });
  });

  test.each(FORMATS)(
    '%s with tokens in a file, its environment and a build step is refused: 1',
    async (_what, format) => {
      const name = await push('leaky', `${registry.host}/acme/leaky:1`, format);
      const { code, out } = await pratique(['check', name]);
      const { verdict } = await verdictOf(name);
      expect([code, verdict.result]).toEqual([1, 'refused']);
      expect(findingsOf(verdict)).toMatchObject([
        { rule: 'secrets.github-token', where: { field: 'config.Env[0]' } },
        { rule: 'secrets.github-token', where: { field: 'history[0]' } },
        { rule: 'secrets.github-token', where: { path: 'srv/.env', visibility: 'visible' } },
      ]);
      for (const secret of Object.values(CANARIES))
        expect(out + JSON.stringify(verdict)).not.toContain(secret);
    },
  );

  test.each(FORMATS)('%s for several platforms is judged on each of them', async (_what, format) => {
    const all = ['--all', ...format];
    const both = await verdictOf(await push('both', `${registry.host}/acme/both:1`, all));
    expect(both.verdict.images.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
    expect(both.code).toBe(0);
    const mixed = await push('mixed', `${registry.host}/acme/mixed:1`, all);
    expect((await verdictOf(mixed)).code).toBe(1);
    expect((await verdictOf(mixed, '--platform', 'linux/amd64')).code).toBe(0);
    expect((await verdictOf(mixed, '--platform', 'linux/arm64')).code).toBe(1);
  });

  test('an image that is not there is undecided: 3', async () => {
    const { code, verdict } = await verdictOf(`${registry.host}/acme/nothing:1`);
    expect([code, verdict.faults[0]?.code]).toEqual([3, 'NOT_FOUND']);
  });

  test.skipIf(noPasswords)(
    'htpasswd: the login of a Docker configuration opens it, a wrong one is undecided',
    async () => {
      const { host } = await start({ passwords: { alice: PASSWORD } });
      const name = await push('clean', `${host}/acme/app:1`, ['--dest-creds', `alice:${PASSWORD}`]);
      expect((await pratique(['check', name], { env: await loggedIn(host, PASSWORD) })).code).toBe(0);
      const wrong = ['wrong', PASSWORD].join('-');
      for (const env of [{}, await loggedIn(host, wrong), await loggedIn('registry.example', PASSWORD)]) {
        const { code, out, err } = await pratique(['check', name], { env });
        expect(code).toBe(3);
        expect(out).toContain('UNAUTHORIZED');
        expect(out + err).not.toContain(PASSWORD);
      }
    },
  );

  test('tokens: an image is judged, attested and admitted with the login, and undecided without', async () => {
    const signer = issueCertificate('tokens.test', { kind: 'rsa', authority: true });
    const tokens = await startTokenServer({ signer, passwords: { alice: PASSWORD } });
    running.push(() => tokens.close());
    const { host } = await start({ tokens: { realm: `${tokens.url}/token`, signer } });
    const name = await push('both', `${host}/acme/app:1`, ['--all', '--dest-creds', `alice:${PASSWORD}`]);
    await writeKey('tokens', makeKey());
    const env = await loggedIn(host, PASSWORD);
    const checked = await pratique(['check', name, '--key', 'tokens.key', '--attest'], { env });
    expect([checked.code, checked.err]).toEqual([0, expect.stringContaining('attached')]);
    expect((await pratique(['admit', name, '--key', 'tokens.pub'], { env })).code).toBe(0);
    for (const other of [{}, await loggedIn(host, 'wrong')]) {
      const { code, out } = await pratique(['check', name], { env: other });
      expect([code, out]).toEqual([3, expect.stringContaining('UNAUTHORIZED')]);
      expect((await pratique(['admit', name, '--key', 'tokens.pub'], { env: other })).code).toBe(3);
    }
  });

  test('a signed verdict is listed under the fallback tag, and lets the image in for its key alone', async () => {
    const name = await push('both', `${registry.host}/acme/attested:1`, ['--all']);
    await writeKey('gate', makeKey());
    await writeKey('stranger', makeKey());
    expect((await pratique(['admit', name, '--key', 'gate.pub'])).code).toBe(1);
    const { code } = await pratique(['check', name, '--key', 'gate.key', '--attest']);
    expect(code).toBe(0);
    const { verdict } = await verdictOf(name);
    expect(await listed(`${registry.host}/acme/attested`, verdict.subject.digest)).toHaveLength(2);
    const admitted = await pratique(['admit', name, '--key', 'gate.pub']);
    expect([admitted.code, admitted.out]).toEqual([0, expect.stringContaining(verdict.subject.digest)]);
    expect((await pratique(['admit', name, '--key', 'stranger.pub'])).code).toBe(1);
    await push('leaky', name);
    expect((await pratique(['admit', name, '--key', 'gate.pub'])).code).toBe(1);
  });

  test('a refusal that is attested lets nothing in', async () => {
    const name = await push('leaky', `${registry.host}/acme/refused:1`);
    await writeKey('refusing', makeKey());
    expect((await pratique(['check', name, '--key', 'refusing.key', '--attest'])).code).toBe(1);
    const { verdict } = await verdictOf(name);
    expect(await listed(`${registry.host}/acme/refused`, verdict.subject.digest)).toHaveLength(2);
    expect((await pratique(['admit', name, '--key', 'refusing.pub'])).code).toBe(1);
  });

  test('the same attestation attached twice is kept once', async () => {
    const name = await push('clean', `${registry.host}/acme/twice:1`);
    await writeKey('twice', ed25519Key()); // its signatures are the same each time
    const now = new Date();
    const attest = (...more: readonly string[]) =>
      pratique(['check', name, '--key', 'twice.key', '--attest', ...more], { now: () => now });
    const first = await attest();
    const { verdict } = await verdictOf(name);
    const before = await listed(`${registry.host}/acme/twice`, verdict.subject.digest);
    const [second, third] = [await attest(), await attest('--replace')];
    expect([first.code, second.code, third.code]).toEqual([0, 0, 0]);
    expect(second.err).toContain('attached already');
    expect(third.err).toBe(first.err);
    expect(before).toHaveLength(2);
    expect(await listed(`${registry.host}/acme/twice`, verdict.subject.digest)).toEqual(before);
  });

  test('a signature under the tag that cosign uses satisfies a policy that demands it', async () => {
    const name = await push('clean', `${registry.host}/acme/signed:1`);
    const [release, stranger] = [makeKey(), makeKey()];
    await writeKey('release', release);
    const policy = join(folder, 'signed.yaml');
    await writeFile(
      policy,
      `version: 1\nsigners:\n  release: { key: release.pub }\nimages:\n  - match: "${registry.host}/acme/signed"\n    signed-by: [release]\n`,
    );
    const rules = async () => {
      const { code, verdict } = await verdictOf(name, '--policy', policy);
      return [code, ...findingsOf(verdict).map(({ rule }) => rule)];
    };
    expect(await rules()).toEqual([1, 'signature.missing']);
    const { verdict } = await verdictOf(name);
    const { digest } = verdict.subject;
    const tag = `sha256-${hexOf(digest)}.sig`;
    await pushBuilt(registry.host, 'acme/signed', tag, cosignSignature(digest, stranger));
    expect(await rules()).toEqual([1, 'signature.other-signer']);
    await pushBuilt(registry.host, 'acme/signed', tag, cosignSignature(digest, release));
    expect(await rules()).toEqual([0]);
  });

  test('an image whose registry is killed in the middle of a layer is undecided, and not attested', async () => {
    const killed = await start();
    await push('large', `${killed.host}/acme/large:1`);
    const relay = await startRelay(killed.host, LARGE / 2, () => killed.stop());
    running.push(() => relay.close());
    await writeKey('broken', makeKey());
    const more = ['--key', 'broken.key', '--attestation', 'broken.jsonl'];
    const { code, err, verdict } = await verdictOf(`${relay.host}/acme/large:1`, ...more);
    expect([code, verdict.result]).toEqual([3, 'undecided']);
    const states = verdict.images[0]?.checks.map(({ check, state, fault }) => [check, state, fault?.code]);
    expect(states).toContainEqual(['secrets', 'unknown', 'NETWORK']);
    expect(states).toContainEqual(['miners', 'unknown', 'NETWORK']);
    expect(err).toContain('not attested');
  });

  test('inspect --files says what umoci unpacks, of deleted, linked and replaced files too', async () => {
    const name = await push('tree', `${registry.host}/acme/tree:1`);
    const bundle = join(folder, 'bundle');
    const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
    await runProgram('umoci', ['unpack', ...rootless, '--image', `${join(folder, 'layout')}:tree`, bundle]);
    const { code, out, err } = await pratique(['inspect', name, '--files', '-o', 'json']);
    expect([code, err]).toEqual([0, '']);
    const [ours, theirs] = [readInspected(out), await readUnpacked(join(bundle, 'rootfs'))];
    expect(differences(ours, theirs)).toEqual([]);
    expect([...ours.keys()].sort()).toEqual(TREE_LEFT);
    expect(ours.get('bin/alias')).toEqual(ours.get('bin/tool'));
  });

  test.each(['docker-archive', 'oci-archive'] as const)(
    'a %s that skopeo writes is judged as the image is',
    async (kind) => {
      const name = await push('leaky', `${registry.host}/acme/leaky:archived`);
      const file = join(folder, `${kind}.tar`);
      const source = ['--src-tls-verify=false', `docker://${name}`];
      await runProgram('skopeo', [
        '--insecure-policy',
        'copy',
        '-q',
        ...source,
        `${kind}:${file}:acme/leaky:1`,
      ]);
      const [pushed, saved] = [await verdictOf(name), await verdictOf(`${kind}:${file}`)];
      expect([pushed.code, saved.code]).toEqual([1, 1]);
      expect(findingsOf(pushed.verdict)).toHaveLength(3);
      expect(findingsOf(saved.verdict).map(withoutDigests)).toEqual(
        findingsOf(pushed.verdict).map(withoutDigests),
      );
    },
  );
});

interface JsonFinding {
  readonly rule: string;
  readonly where: Readonly<Record<string, unknown>> & { readonly layer?: Readonly<Record<string, unknown>> };
}

interface JsonVerdict {
  readonly result: string;
  readonly subject: Descriptor;
  readonly faults: readonly { readonly code: string }[];
  readonly images: readonly {
    readonly platform: string;
    readonly scanned: unknown;
    readonly checks: readonly {
      readonly check: string;
      readonly state: string;
      readonly fault?: { readonly code: string };
      readonly findings: readonly JsonFinding[];
    }[];
  }[];
}

/** Without the warning that a name has no digest: the tests name images by their tags. */
function findingsOf({ images }: JsonVerdict): readonly JsonFinding[] {
  const all = images.flatMap(({ checks }) => checks.flatMap(({ findings }) => findings));
  return all.filter(({ rule }) => rule !== 'hygiene.pinned-reference');
}

/** An archive is another manifest, and a Docker one has its layers unpacked: other digests, the same contents. */
function withoutDigests({ where: { image: _image, layer, ...where }, ...finding }: JsonFinding) {
  const { digest: _digest, ...rest } = layer ?? {};
  return { ...finding, where: { ...where, layer: rest } };
}

/** An index with one clean platform and one that holds a secret. */
async function mixedIndex(): Promise<Built> {
  const clean = await cleanImage('amd64');
  const { layers } = await leakyImage();
  const platform = { os: 'linux', architecture: 'arm64' };
  const leaky = buildImage({ layers, config: { User: '1000' }, platform });
  return buildIndex([
    { built: clean, platform: clean.platform },
    { built: leaky, platform },
  ]);
}

const LARGE = 16 * 1024 * 1024; // bytes

/** An image whose layer cannot be made smaller. */
async function largeImage(): Promise<Built> {
  const content = randomBytes(LARGE);
  return buildImage({ layers: [await buildLayer([{ path: 'noise', content }])], config: { User: '1000' } });
}

/** What is left of `treeImage`. */
const TREE_LEFT =
  `bin bin/alias bin/late bin/other bin/su bin/tool cache cache/fresh etc etc/empty etc/motd etc/name
lib srv srv/deep srv/deep/kept tmp`.split(/\s+/);

/** Three layers with all that makes a merged filesystem differ from the sum of its tars. */
async function treeImage(): Promise<Built> {
  const base = await buildLayer([
    { path: 'bin', type: 'directory' },
    { path: 'bin/tool', content: 'tool', mode: 0o755 },
    // With the rights of its file, as every program writes it: else containerd takes these, umoci the file's.
    { path: 'bin/alias', type: 'link', linkname: 'bin/tool', mode: 0o755 },
    { path: 'bin/su', content: 'su', mode: 0o4755 },
    { path: 'tmp', type: 'directory', mode: 0o1777 },
    { path: 'lib', type: 'symlink', linkname: 'usr/lib' }, // leads nowhere
    { path: 'etc', type: 'directory' },
    { path: 'etc/name', content: 'old' },
    { path: 'etc/motd', content: 'a file first' },
    { path: 'etc/empty', content: '' },
    { path: 'cache', type: 'directory' },
    { path: 'cache/stale', content: 'stale' },
    { path: 'srv', type: 'directory' },
    { path: 'srv/deep', type: 'directory' },
    { path: 'srv/deep/kept', content: 'kept' },
    { path: 'srv/deep/gone', content: 'gone' },
    { path: 'bin/other', type: 'link', linkname: 'srv/deep/gone' }, // what is left when that name is deleted
    { path: 'srv/whole', type: 'directory' },
    { path: 'srv/whole/inside', content: 'inside' },
  ]);
  const middle = await buildLayer([
    { path: 'etc/name', content: 'new', mode: 0o600 },
    { path: 'srv/deep/.wh.gone' },
    { path: 'srv/.wh.whole' },
    { path: 'cache/.wh..wh..opq' },
    { path: 'cache/fresh', content: 'fresh' },
    { path: 'bin/late', type: 'link', linkname: 'cache/fresh' },
  ]);
  const top = await buildLayer([
    { path: 'etc/motd', type: 'symlink', linkname: '../srv/deep/kept' },
    { path: 'srv', type: 'directory', mode: 0o700 },
  ]);
  return buildImage({ layers: [base, middle, top], config: { User: '1000' } });
}

/** Signs as `cosign sign --key` v2 does. */
function cosignSignature(digest: string, key: TestKey): Built {
  const payload = contentOf(MEDIA.simpleSigning, Buffer.from(JSON.stringify(simpleSigning(digest))));
  const signature = sign('sha256', payload.bytes, key.privateKey).toString('base64');
  const config = toContent(MEDIA.ociConfig, {
    architecture: '',
    os: '',
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const root = toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: [{ ...payload.descriptor, annotations: { 'dev.cosignproject.cosign/signature': signature } }],
  });
  return { root, blobs: [config, payload], manifests: [] };
}

function ed25519Key() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
