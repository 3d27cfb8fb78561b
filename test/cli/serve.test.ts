import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { reviewOf } from '../support/admission-reviews.ts';
import { issueChain } from '../support/certificate.ts';
import { pratique } from '../support/child.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';
import { cleanImage, type Stage, setStage } from '../support/stage.ts';

const { authority, server: shown } = issueChain(['127.0.0.1']);
const TOKEN = 'a token that is long enough';

/** `pratique serve` as it runs: its port, and what it has told. */
interface Serving {
  readonly port: number;
  told(): readonly Record<string, unknown>[];
  stop(): Promise<number>;
}

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  await stage.write('tls.crt', shown.pem);
  await stage.write('tls.key', shown.keyPem);
  await stage.write('events.token', `${TOKEN}\n`);
});
afterAll(() => stage.close());

async function serve(...words: readonly string[]): Promise<Serving> {
  const argv = [
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--tls-cert',
    'tls.crt',
    '--tls-key',
    'tls.key',
    ...words,
  ];
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const terminal = fakeTerminal(argv, { cwd: stage.folder, untilStopped: () => stopped });
  const ended = run(terminal);
  const told = () =>
    terminal
      .text()
      .out.split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && !told().some(({ event }) => event === 'ready'))
    await new Promise((resolve) => setTimeout(resolve, 5));
  if (over) throw new Error(terminal.text().err);
  const port = Number(told().find(({ event }) => event === 'ready')?.['port']);
  return {
    port,
    told,
    stop: () => {
      stop();
      return ended;
    },
  };
}

function send(port: number, path: string, body: unknown, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        ca: authority.pem,
        agent: false,
        headers: { 'content-type': 'application/json', ...headers },
      },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

async function review({ port }: Serving, image: string, path = '/validate') {
  const { body } = await send(port, path, reviewOf({ spec: { containers: [{ name: 'app', image }] } }));
  return JSON.parse(body).response;
}

describe('serve', () => {
  test('lets in what is attested, and nothing else', async () => {
    const good = stage.push('acme/good:1', await cleanImage());
    const other = stage.push('acme/other:1', await cleanImage('arm64'));
    expect((await stage.pratique(['check', good, '--key', 'gate.key', '--attest'])).code).toBe(0);
    const serving = await serve('--key', 'gate.pub');
    expect(await review(serving, good)).toMatchObject({ allowed: true });
    expect(await review(serving, other)).toMatchObject({
      allowed: false,
      status: { message: expect.stringContaining('no attestation is attached') },
    });
    expect(await serving.stop()).toBe(0);
    expect(serving.told().map(({ event }) => event)).toEqual(['ready', 'admission', 'admission', 'ended']);
  });

  test('asks no server about a name that the policy does not allow', async () => {
    const serving = await serve('--key', 'gate.pub');
    const before = stage.registry.requests.length;
    const { status, allowed } = await review(serving, `${stage.registry.host}/evil/app:1`);
    expect(allowed).toBe(false);
    expect(status.message).toContain('evil/app');
    expect(stage.registry.requests.length).toBe(before);
    await serving.stop();
  });

  test('takes no word of Kubernetes for a folder of this machine', async () => {
    const serving = await serve('--key', 'gate.pub');
    expect(await review(serving, 'oci:/etc')).toMatchObject({ allowed: false });
    expect(await review(serving, 'docker-archive:/etc/passwd')).toMatchObject({ allowed: false });
    await serving.stop();
  });

  test('judges in full where it is asked to, and pins what it judged', async () => {
    const name = stage.push('acme/pinned:1', await cleanImage('s390x'));
    const serving = await serve('--mode', 'check', '--pin');
    const { allowed, patch } = await review(serving, name, '/mutate');
    expect(allowed).toBe(true);
    const [, replaced] = JSON.parse(Buffer.from(patch, 'base64').toString());
    expect(replaced.value).toMatch(new RegExp(`^${name}@sha256:[0-9a-f]{64}$`));
    expect(await review(serving, replaced.value)).toMatchObject({ allowed: true });
    await serving.stop();
  });

  test('demands the digest that the policy demands of deployments, and puts it there where it may', async () => {
    const name = stage.push('acme/tagged:1', await cleanImage('ppc64le'));
    const policy = (await stage.read('pratique.yaml')).replace(
      'sources:',
      'sources:\n  require-digest: deploy',
    );
    await stage.write('deploy.yaml', policy);
    const serving = await serve('--policy', 'deploy.yaml', '--mode', 'check', '--pin');
    expect(await review(serving, name)).toMatchObject({
      allowed: false,
      status: { message: expect.stringContaining('names no digest') },
    });
    const { allowed, patch } = await review(serving, name, '/mutate');
    expect(allowed).toBe(true);
    const [, pinned] = JSON.parse(Buffer.from(patch, 'base64').toString());
    expect(await review(serving, pinned.value)).toMatchObject({ allowed: true });
    await serving.stop();
  });

  test('judges what a registry says was pushed, attests it, and lets it in from then on', async () => {
    const name = stage.push('acme/pushed:1', await cleanImage('riscv64'));
    const { digest } = JSON.parse((await stage.pratique(['inspect', name, '-o', 'json'])).out).subject;
    const registry = stage.registry.host;
    const words = [
      '--events-registry',
      registry,
      '--events-token',
      'events.token',
      '--signing-key',
      'gate.key',
    ];
    const serving = await serve('--key', 'gate.pub', ...words);
    const event = {
      type: 'PUSH_ARTIFACT',
      event_data: { resources: [{ digest, tag: '1' }], repository: { repo_full_name: 'acme/pushed' } },
    };
    expect(await review(serving, name)).toMatchObject({ allowed: false });
    const { status } = await send(serving.port, '/events', event, { authorization: `Bearer ${TOKEN}` });
    expect(status).toBe(202);
    await serving.stop(); // waits for what was accepted
    expect(serving.told()).toContainEqual(
      expect.objectContaining({ event: 'pushed', result: 'admitted', attested: true }),
    );
    const again = await serve('--key', 'gate.pub');
    expect(await review(again, name)).toMatchObject({ allowed: true });
    await again.stop();
  });

  test('says no within --timeout where the registry hangs, and has its place free again', async () => {
    const name = stage.push('acme/hangs:1', await cleanImage('mips'));
    const serving = await serve('--key', 'gate.pub', '--timeout', '1s');
    stage.registry.script = ({ path }) => (path.includes('/acme/hangs/') ? new Promise(() => {}) : undefined);
    const began = performance.now();
    const many = Array.from({ length: 12 }, (_none, index) => review(serving, `${name}${index}`));
    for (const { allowed, status } of await Promise.all(many)) {
      expect(allowed).toBe(false);
      expect(status.message).toContain('was not judged within 0.5 seconds');
      expect(status.message).toContain('see whether the registry answers');
    }
    expect(performance.now() - began).toBeLessThan(10_000);
    stage.registry.script = () => undefined;
    await expect.poll(async () => (await review(serving, name)).status.message).toContain('no attestation');
    await serving.stop();
  });

  test('ends in its time, and names what it was told of and has not judged', async () => {
    stage.registry.script = ({ path }) => (path.includes('/acme/stuck/') ? new Promise(() => {}) : undefined);
    const digest = `sha256:${'c'.repeat(64)}`;
    const argv = ['serve', '--listen', '127.0.0.1:0', '--tls-cert', 'tls.crt', '--tls-key', 'tls.key'];
    const more = ['--key', 'gate.pub', '--drain', '1s', '--events-token', 'events.token'];
    const event = {
      type: 'PUSH_ARTIFACT',
      event_data: { resources: [{ digest, tag: '1' }], repository: { repo_full_name: 'acme/stuck' } },
    };
    const { code, out, err } = await pratique([...argv, ...more, '--events-registry', stage.registry.host], {
      cwd: stage.folder,
      meanwhile: (child) =>
        child.stdout?.once('data', async (text) => {
          const { port } = JSON.parse(String(text)) as { port: number };
          await send(port, '/events', event, { authorization: `Bearer ${TOKEN}` });
          child.kill('SIGTERM');
        }),
    });
    stage.registry.script = () => undefined;
    expect([code, err]).toEqual([0, '']);
    const told = out.trimEnd().split('\n');
    expect(told.map((line) => JSON.parse(line).event)).toEqual(['ready', 'dropped', 'ended']);
    expect(told[1]).toContain(`acme/stuck:1@${digest}`);
  });

  test.each([
    ['--timeout', '31s'],
    ['--timeout', '10'],
    ['--keep', '2h'],
    ['--drain', 'soon'],
  ])('does not start with %s %s: 2', async (option, value) => {
    const argv = ['serve', '--tls-cert', 'tls.crt', '--tls-key', 'tls.key', '--key', 'gate.pub'];
    const { code, err } = await stage.pratique([...argv, option, value]);
    expect([code, err]).toEqual([2, expect.stringContaining(option)]);
  });

  test.each([
    ['without a certificate', ['serve', '--key', 'gate.pub'], 'needs a certificate'],
    [
      'without anybody whose word counts',
      ['serve', '--tls-cert', 'tls.crt', '--tls-key', 'tls.key'],
      'whose verdicts',
    ],
    [
      'with a place that is none',
      ['serve', '--tls-cert', 'tls.crt', '--tls-key', 'tls.key', '--key', 'gate.pub', '--listen', 'x'],
      '--listen',
    ],
    [
      'with events of anybody',
      [
        'serve',
        '--tls-cert',
        'tls.crt',
        '--tls-key',
        'tls.key',
        '--key',
        'gate.pub',
        '--events-registry',
        'r.test',
      ],
      'go together',
    ],
    // Read as an image is named, the word alone would be a user of Docker Hub.
    ...['registry', 'https://r.test', 'r.test/mirror', 'r test'].map((host): [string, string[], string] => [
      `with events of ${host}, which is no host`,
      [
        'serve',
        '--tls-cert',
        'tls.crt',
        '--tls-key',
        'tls.key',
        '--key',
        'gate.pub',
        '--events-registry',
        host,
        '--events-token',
        'events.token',
      ],
      'is no host',
    ]),
    [
      'with a certificate that is none',
      ['serve', '--tls-cert', 'gate.pub', '--tls-key', 'tls.key', '--key', 'gate.pub'],
      'cannot be used',
    ],
  ])('does not start %s: 2', async (_what, argv, why) => {
    const { code, err } = await stage.pratique(argv);
    expect(err).toContain(why);
    expect(code).toBe(2);
  });
});
