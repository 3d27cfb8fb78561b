import type { Built } from '../../src/demo/image-builder.ts';

/** Pushes an image or index over plain http, without our own client. */
export async function pushBuilt(host: string, repository: string, tag: string, built: Built): Promise<void> {
  const base = `http://${host}/v2/${repository}`;
  for (const { descriptor, bytes } of built.blobs) {
    const started = await expectStatus(202, fetch(`${base}/blobs/uploads/`, { method: 'POST' }));
    const place = new URL(started.headers.get('location') ?? '', base);
    place.searchParams.set('digest', descriptor.digest);
    await expectStatus(201, fetch(place, { method: 'PUT', body: Buffer.from(bytes) }));
  }
  const manifests = [
    ...built.manifests.map((one) => ({ ...one, name: one.descriptor.digest as string })),
    { ...built.root, name: tag },
  ];
  for (const { name, bytes, descriptor } of manifests) {
    const headers = { 'content-type': descriptor.mediaType };
    await expectStatus(
      201,
      fetch(`${base}/manifests/${name}`, { method: 'PUT', body: Buffer.from(bytes), headers }),
    );
  }
}

async function expectStatus(status: number, answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  if (response.status !== status)
    throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response;
}
