import { describe, expect, test } from 'vitest';
import { MEDIA } from '../../../src/model/media-type.ts';
import {
  collect,
  faultOf,
  manifestReply,
  open,
  piece,
  serverStarter,
  serving,
  sha256,
  testImage,
  testOptions,
} from './fixtures.ts';

const start = serverStarter();

describe('an image in a registry', () => {
  test('is resolved with one tag lookup, and read by digest from then on', async () => {
    const image = testImage('the layer');
    const server = await start(serving(image));
    const source = open(server.host);
    const { subject, images } = await source.resolve();
    expect(subject).toEqual(image.manifest.descriptor);
    expect(images).toHaveLength(1);
    expect(await source.manifest(subject)).toEqual(image.manifest.bytes);
    expect((await collect(source.blob(image.layer.descriptor))).toString()).toBe('the layer');
    expect(server.requests.filter(({ path }) => path.endsWith('/manifests/1'))).toHaveLength(1);
    expect(server.requests.filter(({ path }) => path.includes('/manifests/'))).toHaveLength(1);
    await source.close();
    await source.close();
  });

  test('is asked for without encoding, as pratique, with the types that can be judged', async () => {
    const server = await start(serving(testImage()));
    await open(server.host).resolve();
    const [first] = server.requests;
    expect(first?.headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'pratique' });
    expect(first?.headers.accept).toContain(MEDIA.ociIndex);
    expect(first?.headers.accept).not.toContain('v1+prettyjws');
  });

  test('is fetched by digest where the name has a digest, whatever the tag says', async () => {
    const image = testImage();
    const server = await start(serving(image));
    const source = open(server.host, {}, `acme/app:moved@${image.manifest.descriptor.digest}`);
    expect((await source.resolve()).subject.digest).toBe(image.manifest.descriptor.digest);
    expect(server.requests.map(({ path }) => path)).not.toContain('/v2/acme/app/manifests/moved');
  });

  test('without a tag is looked up as latest, and the run is told so', async () => {
    const image = testImage();
    const server = await start(serving(image, 'acme/app', 'latest'));
    const options = testOptions({ insecure: [server.host] });
    const source = open(server.host, options, 'acme/app');
    await source.resolve();
    expect(options.warnings.join()).toContain('latest');
  });

  test('that is not there is NOT_FOUND, with the status first', async () => {
    const server = await start();
    const fault = await faultOf(open(server.host).resolve());
    expect(fault.code).toBe('NOT_FOUND');
    expect(fault.message).toMatch(/^the registry answered 404/);
  });

  test('may leave the type out of the header, if the body says it', async () => {
    const image = testImage();
    const script = serving(image);
    const server = await start((request) => {
      const reply = script(request);
      return request.path.endsWith('/manifests/1') ? { body: image.manifest.bytes } : reply;
    });
    expect((await open(server.host).resolve()).subject).toEqual(image.manifest.descriptor);
  });

  test('may have a parameter behind the type', async () => {
    const image = testImage();
    const server = await start((request) => {
      if (!request.path.endsWith('/manifests/1')) return serving(image)(request);
      return {
        headers: { 'content-type': `${MEDIA.ociManifest}; charset=utf-8` },
        body: image.manifest.bytes,
      };
    });
    expect((await open(server.host).resolve()).subject.mediaType).toBe(MEDIA.ociManifest);
  });

  test('of Docker schema 1 is refused', async () => {
    const body = { schemaVersion: 1, name: 'acme/app', tag: '1', fsLayers: [], history: [], signatures: [] };
    for (const type of ['v1+prettyjws', 'v1+json']) {
      const old = piece(`application/vnd.docker.distribution.manifest.${type}`, body);
      const server = await start(() => manifestReply(old));
      expect((await faultOf(open(server.host).resolve())).code).toBe('MEDIA_TYPE_UNKNOWN');
    }
    const disguised = piece(MEDIA.dockerManifest, body);
    const server = await start(() => manifestReply(disguised));
    expect((await faultOf(open(server.host).resolve())).code).toBe('MEDIA_TYPE_UNKNOWN');
  });

  test('has the digest of its bytes, in the algorithm that the registry uses; no runtime takes sha512', async () => {
    const image = testImage();
    const { createHash } = await import('node:crypto');
    const digest = `sha512:${createHash('sha512').update(image.manifest.bytes).digest('hex')}`;
    const server = await start((request) =>
      request.path.endsWith('/manifests/1')
        ? {
            headers: { 'content-type': MEDIA.ociManifest, 'docker-content-digest': digest },
            body: image.manifest.bytes,
          }
        : serving(image)(request),
    );
    expect(await faultOf(open(server.host).resolve())).toMatchObject({
      code: 'NOT_SUPPORTED',
      problem: { where: digest },
    });
  });

  test('has a companion by cosign tag only where the registry has one; a fault is not "none"', async () => {
    const image = testImage();
    const signature = testImage('signature').manifest;
    const tag = `${image.manifest.descriptor.digest.replace(':', '-')}.sig`;
    const server = await start(({ path }) =>
      path.endsWith(tag) ? manifestReply(signature) : { status: 404 },
    );
    const source = open(server.host);
    expect(await source.companion(image.manifest.descriptor, 'sig')).toEqual(signature.descriptor);
    expect(await source.manifest(signature.descriptor)).toEqual(signature.bytes);
    expect(await source.companion(image.manifest.descriptor, 'att')).toBeUndefined();
    server.script = () => ({ status: 403 });
    expect((await faultOf(source.companion(image.manifest.descriptor, 'att'))).code).toBe('DENIED');
  });

  test('passes the warnings of its registry on, each once and printable', async () => {
    const image = testImage();
    const server = await start((request) => {
      const reply = serving(image)(request);
      return (
        reply && { ...reply, headers: { ...reply.headers, warning: '299 - "going \\"away\\" soon \u009b"' } }
      );
    });
    const options = testOptions({ insecure: [server.host] });
    await open(server.host, options).resolve();
    expect(options.warnings).toEqual([`${server.host} says: going "away" soon \\u{9b}`]);
  });

  test('on this machine is spoken to over http where there is no TLS, without being named', async () => {
    const image = testImage();
    const server = await start(serving(image));
    const source = open(server.host, { insecure: [] });
    expect((await source.resolve()).subject.digest).toBe(sha256(image.manifest.bytes));
    expect(server.requests.length).toBeGreaterThan(0);
  });

  test('sends nothing before it is asked for something', async () => {
    const server = await start();
    await open(server.host).close();
    expect(server.requests).toEqual([]);
  });
});
