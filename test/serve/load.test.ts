import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatReference, type Reference } from '../../src/model/reference.ts';
import type { Judgement } from '../../src/serve/judge.ts';
import { type GateServer, type GateServerOptions, openGateServer } from '../../src/serve/open-server.ts';
import { reviewOf } from '../support/admission-reviews.ts';
import { issueChain } from '../support/certificate.ts';

const { authority, server: shown } = issueChain(['127.0.0.1']);
const TOKEN = 'a token of the registry';
const agent = new Agent({ keepAlive: true, maxSockets: 40 });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  await writeFile(join(folder, 'tls.crt'), shown.pem);
  await writeFile(join(folder, 'tls.key'), shown.keyPem);
});
afterAll(async () => {
  agent.destroy();
  await rm(folder, { recursive: true });
});

type Decide = GateServerOptions['decide'];

async function serve(decide: Decide, more: Partial<GateServerOptions> = {}) {
  const logged: Readonly<Record<string, unknown>>[] = [];
  const gate = await openGateServer({
    host: '127.0.0.1',
    port: 0,
    files: { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') },
    decide,
    goesOn: false,
    keepSeconds: 600,
    drainSeconds: 5,
    pin: false,
    needsDigest: false,
    log: (entry) => logged.push(entry),
    now: Date.now,
    ...more,
  });
  return { gate, logged };
}

function send({ port }: GateServer, path: string, body?: unknown, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const type = { 'content-type': 'application/json', ...headers };
    const request = httpsRequest(
      { host: '127.0.0.1', port, path, method, agent, ca: authority.pem, headers: type },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      },
    );
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const pod = (image: string) => reviewOf({ spec: { containers: [{ name: 'app', image }] } });
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const later = <T>(milliseconds: number, value: T) =>
  new Promise<T>((resolve) => setTimeout(() => resolve(value), milliseconds));

describe('a gate that is asked about many objects at once', () => {
  test('judges each of their images once, answers all, and stays healthy', async () => {
    const judged: string[] = [];
    const decide: Decide = (reference) => {
      judged.push(formatReference(reference));
      return later<Judgement>(100, { result: 'admitted' });
    };
    const { gate } = await serve(decide);
    const images = ['a', 'b', 'c'].map((letter) => `registry.test/acme/${letter}@${digest(letter)}`);
    const reviews = Array.from({ length: 150 }, (_none, index) =>
      send(gate, '/validate', pod(images[index % 3] ?? '')),
    );
    await later(50, undefined);
    const health = await Promise.all([send(gate, '/healthz'), send(gate, '/readyz')]);
    expect(health.map(({ status }) => status)).toEqual([200, 200]);
    const answers = await Promise.all(reviews);
    expect(answers.every(({ body }) => JSON.parse(body).response.allowed === true)).toBe(true);
    expect(judged.toSorted()).toEqual(images);
    const { body } = await send(gate, '/metrics');
    expect(body).toMatch(/^pratique_judgements_total\{result="admitted"\} 3$/m);
    expect(body).toMatch(/^pratique_images_asked_total\{from="new"\} 3$/m);
    const joined = [...body.matchAll(/^pratique_images_asked_total\{from="(?:running|kept)"\} (\d+)$/gm)];
    expect(joined.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(147);
    expect(body).toMatch(/^pratique_judgements_running 0$/m);
    expect(body).toMatch(/^pratique_judgements_waiting 0$/m);
    expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
    await gate.close();
  });

  test('says no in time where a registry hangs, and answers about others meanwhile', async () => {
    const decide: Decide = ({ registry }) =>
      registry === 'tar.pit' ? new Promise(() => {}) : Promise.resolve({ result: 'admitted' });
    const { gate } = await serve(decide, { seconds: 1 });
    const began = performance.now();
    const stuck = Array.from({ length: 30 }, (_none, index) =>
      send(gate, '/validate?timeout=30s', pod(`tar.pit/app:${index}`)),
    );
    const other = await send(gate, '/validate', pod('registry.test/app:1'));
    expect(JSON.parse(other.body).response.allowed).toBe(true);
    for (const { body } of await Promise.all(stuck)) {
      const { allowed, status } = JSON.parse(body).response;
      expect(allowed).toBe(false);
      expect(status.message).toContain('not judged within 0.5 seconds');
      expect(status.message).toContain('whether the registry answers');
    }
    expect(performance.now() - began).toBeLessThan(5_000);
    await later(100, undefined);
    const { body } = await send(gate, '/metrics');
    expect(body).toMatch(/^pratique_images_late_total 30$/m);
    expect(body).toMatch(/^pratique_judgements_running 0$/m);
    await gate.close();
  });
});

describe('a gate that is to end', () => {
  const event = (letter: string) => ({
    type: 'PUSH_ARTIFACT',
    event_data: {
      resources: [{ digest: digest(letter), tag: letter }],
      repository: { repo_full_name: 'acme/app' },
    },
  });
  const authorization = { authorization: `Bearer ${TOKEN}` };
  const events = (judge: (reference: Reference) => Promise<Judgement>) => ({
    events: { registry: 'registry.test', token: TOKEN, judge },
  });
  const admit: Decide = async () => ({ result: 'admitted' });

  test('judges first what it was told of', async () => {
    const judged: (string | undefined)[] = [];
    const { gate, logged } = await serve(
      admit,
      events(async ({ tag }) => {
        judged.push(tag);
        return later(20, { result: 'admitted' });
      }),
    );
    for (const letter of ['a', 'b', 'c', 'd', 'e', 'f'])
      expect((await send(gate, '/events', event(letter), authorization)).status).toBe(202);
    await gate.close();
    expect(judged).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(logged).toEqual([]);
  });

  test('ends in its time all the same, and tells what was not judged', async () => {
    const { gate, logged } = await serve(admit, {
      ...events(() => new Promise(() => {})),
      drainSeconds: 0.05,
    });
    for (const letter of ['a', 'b', 'c', 'd', 'e'])
      expect((await send(gate, '/events', event(letter), authorization)).status).toBe(202);
    const { body } = await send(gate, '/metrics');
    expect(body).toMatch(/^pratique_registry_events_running 4$/m);
    expect(body).toMatch(/^pratique_registry_events_waiting 1$/m);
    await gate.close();
    expect(logged.map((entry) => entry['event'])).toEqual(Array(5).fill('dropped'));
    expect(logged[4]).toMatchObject({ image: `registry.test/acme/app:e@${digest('e')}` });
  });
});
