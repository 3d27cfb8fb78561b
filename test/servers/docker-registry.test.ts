import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { referrersTagOf } from '../../src/model/digest.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { digestOf } from '../../src/sources/registry/manifests.ts';
import { mountBlob, pushBlob, pushManifest } from '../../src/sources/registry/push.ts';
import type { RegistrySource } from '../../src/sources/registry/registry-source.ts';
import { collect, faultOf, listed, logins, open, piece, secretsSent } from '../sources/registry/fixtures.ts';
import { issueCertificate, issueChain } from '../support/certificate.ts';
import {
  type DockerRegistry,
  type DockerRegistryOptions,
  makeLayout,
  pushWithSkopeo,
  startDockerRegistry,
  whyNoDockerRegistry,
} from '../support/docker-registry.ts';
import { missingPrograms, runProgram } from '../support/programs.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';
import { startTokenServer } from '../support/token-server.ts';

const reason = whyNoDockerRegistry();
if (reason !== undefined) process.stderr.write(`skipped, docker-registry tests: ${reason}\n`);

const PASSWORD = ['s3cret', 'enough'].join('-');

describe.skipIf(reason !== undefined)("Debian's docker-registry 2.8", () => {
  let folder = '';
  let layout = '';
  const running: (DockerRegistry | ScriptedServer)[] = [];
  const sources: RegistrySource[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-servers-'));
    layout = await makeLayout(folder);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await Promise.all(sources.splice(0).map((source) => source.close()));
    for (const server of running.splice(0)) await ('stop' in server ? server.stop() : server.close());
  });

  async function start(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
    const registry = await startDockerRegistry(options);
    running.push(registry);
    return registry;
  }
  function source(...args: Parameters<typeof open>): RegistrySource {
    const opened = open(...args);
    sources.push(opened);
    return opened;
  }

  /** The image is read whole, and is the one that skopeo says it is. */
  async function readWhole(from: RegistrySource): Promise<Descriptor> {
    const { subject, images } = await from.resolve();
    const local = await runProgram('skopeo', ['inspect', '--format', '{{.Digest}}', layout]);
    expect(subject.digest).toBe(local.trim());
    expect(images).toHaveLength(1);
    const [image] = images;
    expect(image?.layers.length).toBeGreaterThan(0);
    for (const { blob } of image?.layers ?? [])
      expect((await collect(from.blob(blob))).length).toBe(blob.size);
    return subject;
  }

  test('serves anonymously what skopeo pushed, found to speak http by itself', async () => {
    const registry = await start();
    await pushWithSkopeo(layout, `${registry.host}/acme/app:1`);
    await readWhole(source(registry.host, { insecure: [] }));
    expect((await faultOf(source(registry.host, {}, 'acme/app:2').resolve())).code).toBe('NOT_FOUND');
    expect((await faultOf(source(registry.host, {}, 'acme/none:1').resolve())).code).toBe('NOT_FOUND');
  });

  test('serves what skopeo pushed as a Docker manifest', async () => {
    const registry = await start();
    await pushWithSkopeo(layout, `${registry.host}/acme/app:1`, ['--format', 'v2s2']);
    const { subject } = await source(registry.host).resolve();
    expect(subject.mediaType).toBe(MEDIA.dockerManifest);
  });

  test.skipIf(missingPrograms('htpasswd').length > 0)('with htpasswd wants the right password', async () => {
    const registry = await start({ passwords: { alice: PASSWORD } });
    await pushWithSkopeo(layout, `${registry.host}/acme/app:1`, ['--dest-creds', `alice:${PASSWORD}`]);
    await readWhole(source(registry.host, { env: logins({ [registry.host]: ['alice', PASSWORD] }) }));
    for (const env of [
      {},
      logins({ [registry.host]: ['alice', 'wrong'] }),
      logins({ 'other.example': ['alice', PASSWORD] }),
    ])
      expect((await faultOf(source(registry.host, { env }).resolve())).code).toBe('UNAUTHORIZED');
  });

  test('with tokens serves by password, by refresh token, and anonymously what is open', async () => {
    const signer = issueCertificate('tokens.test', { kind: 'rsa', authority: true });
    const passwords = { alice: PASSWORD };
    const tokens = await startTokenServer({
      signer,
      passwords,
      refreshTokens: ['refresh-me'],
      open: ['acme/open'],
    });
    running.push(tokens);
    const registry = await start({ tokens: { realm: `${tokens.url}/token`, signer } });
    for (const name of ['app', 'open'])
      await pushWithSkopeo(layout, `${registry.host}/acme/${name}:1`, ['--dest-creds', `alice:${PASSWORD}`]);
    const env = logins({ [registry.host]: ['alice', PASSWORD] });
    await readWhole(source(registry.host, { env }));
    const identity = JSON.stringify({ auths: { [registry.host]: { identitytoken: 'refresh-me' } } });
    await readWhole(source(registry.host, { env: { DOCKER_AUTH_CONFIG: identity } }));
    await readWhole(source(registry.host, {}, 'acme/open:1'));
    expect((await faultOf(source(registry.host).resolve())).code).toBe('UNAUTHORIZED');
    const wrong = logins({ [registry.host]: ['alice', 'wrong'] });
    expect((await faultOf(source(registry.host, { env: wrong }).resolve())).code).toBe('UNAUTHORIZED');
    const pushing = source(registry.host, { env });
    const { subject } = await pushing.resolve();
    await pushing.attach(subject, attachment('one'));
    const [layer] = (await pushing.resolve()).images[0]?.layers ?? [];
    if (layer === undefined) throw new Error('the image has no layer');
    const other = source(registry.host, { env }, 'acme/copy:1');
    expect(await mountBlob(other.session, layer.blob, 'acme/app')).toBe(true);
    expect((await collect(other.blob(layer.blob))).length).toBe(layer.blob.size);
  });

  test('over TLS, with a token server over TLS, is trusted by its CA file', async () => {
    const chain = issueChain(['127.0.0.1']);
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, chain.authority.pem);
    const signer = issueCertificate('tokens.test', { kind: 'rsa', authority: true });
    const tokens = await startTokenServer({ signer, passwords: { alice: PASSWORD }, tls: chain.server });
    running.push(tokens);
    const registry = await start({ tls: chain.server, tokens: { realm: `${tokens.url}/token`, signer } });
    const env = logins({ [registry.host]: ['alice', PASSWORD] });
    await pushWithSkopeo(layout, `${registry.host}/acme/app:1`, ['--dest-creds', `alice:${PASSWORD}`]);
    await readWhole(source(registry.host, { insecure: [], caFile, env }));
    expect((await faultOf(source(registry.host, { insecure: [], env }).resolve())).code).toBe('TLS');
  });

  test.skipIf(missingPrograms('htpasswd').length > 0)(
    'that redirects blobs to a store does not give our login to it',
    async () => {
      let storage = '';
      const store = await startScriptedServer(async ({ path }) => ({
        body: await readFile(join(storage, path)),
      }));
      running.push(store);
      const redirectTo = `http://localhost:${store.port}/`;
      const registry = await start({ redirectTo, passwords: { alice: PASSWORD } });
      storage = registry.storage;
      await pushWithSkopeo(layout, `${registry.host}/acme/app:1`, ['--dest-creds', `alice:${PASSWORD}`]);
      await readWhole(source(registry.host, { env: logins({ [registry.host]: ['alice', PASSWORD] }) }));
      expect(store.requests.length).toBeGreaterThanOrEqual(2);
      expect(secretsSent(store.requests)).toEqual([]);
    },
  );

  test('that pulls through from another serves the same image', async () => {
    const origin = await start();
    await pushWithSkopeo(layout, `${origin.host}/acme/app:1`);
    const mirror = await start({ mirrorOf: `http://${origin.host}` });
    await readWhole(source(mirror.host));
  });

  test('takes blobs and manifests from us, which skopeo then finds whole', async () => {
    const registry = await start();
    await pushWithSkopeo(layout, `${registry.host}/acme/app:1`);
    const from = source(registry.host);
    const { subject, images } = await from.resolve();
    const to = source(registry.host, {}, 'acme/copy:2');
    const [image] = images;
    if (image === undefined) throw new Error('there is no image');
    for (const blob of [image.configDescriptor, ...image.layers.map((layer) => layer.blob)]) {
      expect(await pushBlob(to.session, blob, () => from.blob(blob))).toBe(true);
      expect(await pushBlob(to.session, blob, () => from.blob(blob))).toBe(false);
    }
    await pushManifest(to.session, await from.manifest(subject), subject.mediaType, '2');
    const digest = await runProgram('skopeo', [
      'inspect',
      '--tls-verify=false',
      '--format',
      '{{.Digest}}',
      `docker://${registry.host}/acme/copy:2`,
    ]);
    expect(digest.trim()).toBe(subject.digest);
    await runProgram('skopeo', [
      '--insecure-policy',
      'copy',
      '--src-tls-verify=false',
      `docker://${registry.host}/acme/copy:2`,
      `oci:${join(folder, 'copied')}:2`,
    ]);
  });

  test('refuses a blob whose digest is another, and we say so', async () => {
    const registry = await start();
    const right = piece('application/octet-stream', 'right');
    const push = pushBlob(source(registry.host).session, right.descriptor, Buffer.from('wrong'));
    expect((await faultOf(push)).message).toContain('DIGEST_INVALID');
  });

  test('has no referrers API: attachments are listed under the fallback tag', async () => {
    const registry = await start();
    await pushWithSkopeo(layout, `${registry.host}/acme/app:1`);
    const from = source(registry.host);
    const { subject } = await from.resolve();
    expect(await listed(from.referrers(subject))).toEqual([]);
    expect(await from.companion(subject, 'sig')).toBeUndefined();
    const first = await from.attach(subject, attachment('one'));
    const second = await from.attach(subject, attachment('two'));
    await from.attach(subject, attachment('one'));
    expect(await listed(from.referrers(subject))).toEqual([first, second]);
    expect(JSON.parse(Buffer.from(await from.manifest(first)).toString())).toMatchObject({
      subject: { digest: subject.digest },
      layers: [{ digest: digestOf(Buffer.from('one')) }],
    });
    const raw = await runProgram('skopeo', [
      'inspect',
      '--raw',
      '--tls-verify=false',
      `docker://${registry.host}/acme/app:${referrersTagOf(subject.digest)}`,
    ]);
    expect(JSON.parse(raw)).toMatchObject({
      mediaType: MEDIA.ociIndex,
      manifests: [{ digest: first.digest }, {}],
    });
  });
});

function attachment(content: string) {
  return {
    artifactType: 'application/vnd.example',
    mediaType: MEDIA.sigstoreBundle,
    content: Buffer.from(content),
    annotations: { 'org.example': content },
  };
}
