import { closeSync, existsSync, openSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueChain } from '../support/certificate.ts';
import { type ChildOptions, door, node, pratique } from '../support/child.ts';
import { cleanImage, leakyImage, type Stage, setStage } from '../support/stage.ts';

// What a process compiled, the next one need not: half of the time that this file takes.
let cache: string;
beforeAll(async () => {
  cache = await folderWith({});
  await pratique(['--version'], { cwd: cache, env: { NODE_COMPILE_CACHE: cache } });
});
afterAll(() => rm(cache, { recursive: true }));

// Most tests wait for a process that waits itself: they run side by side.
describe.concurrent('the process', { timeout: 60_000 }, () => {
  let stage: Stage;
  let good: string;
  let bad: string;
  beforeAll(async () => {
    stage = await setStage();
    good = stage.push('acme/shop:1', await cleanImage());
    bad = stage.push('acme/leaky:1', await leakyImage());
  });
  afterAll(() => stage.close());

  const run = (argv: readonly string[], options: Partial<ChildOptions> = {}) =>
    pratique(argv, { cwd: stage.folder, ...options, env: { NODE_COMPILE_CACHE: cache, ...options.env } });

  test('ends with 0 for an image that is admitted', async () => {
    const { code, out, err } = await run(['check', good, '-q']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('ADMITTED');
  });

  test('ends with 1 for an image that is refused', async () => {
    const { code, out } = await run(['check', bad, '-q']);
    expect(code).toBe(1);
    expect(out).toContain('REFUSED');
  });

  test('ends with 2 for a wrong command line, in English whatever the machine speaks', async () => {
    const { code, out, err } = await run(['check'], { env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' } });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('no image is named');
  });

  test('serves until it is told to end: 0', async () => {
    const { server: shown } = issueChain(['127.0.0.1']);
    await stage.write('tls.crt', shown.pem);
    await stage.write('tls.key', shown.keyPem);
    const argv = ['serve', '--listen', '127.0.0.1:0', '--tls-cert', 'tls.crt', '--tls-key', 'tls.key'];
    const meanwhile: ChildOptions['meanwhile'] = (child) =>
      new Promise<void>((resolve) => {
        child.stdout?.on('data', (text) => {
          if (!String(text).includes('"ready"')) return;
          child.kill('SIGTERM');
          resolve();
        });
      });
    const { code, out, err } = await run([...argv, '--key', 'gate.pub'], { meanwhile });
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('"ended"');
  });

  test('ends with 3 for an image that is not there', async () => {
    expect((await run(['check', stage.name('acme/shop:missing'), '-q'])).code).toBe(3);
  });

  test.each(['check', 'admit'])('%s ends with 3 where nobody listens', async (command) => {
    const name = '127.0.0.1:1/acme/shop:1'; // a port that was free once could be another test's by now
    const cwd = await folderWith({ 'gate.pub': stage.keys.gate.publicPem });
    const key = command === 'admit' ? ['--key', 'gate.pub'] : [];
    const { code, out, err } = await run([command, name, ...key], { cwd });
    expect(out + err).toContain('the registry cannot be reached');
    expect(out + err).toMatch(/code +NETWORK/);
    expect(code).toBe(3);
    await rm(cwd, { recursive: true });
  });

  test('ends with 3 where a registry takes the question and never answers', async () => {
    const open = new Set<Socket>();
    const server = await listening((socket) => open.add(socket.on('error', () => {})));
    const cwd = await folderWith({ 'pratique.yaml': 'version: 1\nlimits: { stall-seconds: 1 }\n' });
    const { code, out } = await run(['check', `127.0.0.1:${portOf(server)}/acme/shop:1`], { cwd });
    expect(out).toContain('the registry does not answer');
    expect(out).toMatch(/code +TIMEOUT/);
    expect(code).toBe(3);
    for (const socket of open) socket.destroy();
    server.close();
    await rm(cwd, { recursive: true });
  });

  test('ends with 3 where work never settles and nothing is left to wait for', async () => {
    const { code, out, err } = await run(['inspect', good], { preload: NEVER_ANSWERED });
    expect(err).toContain('no verdict was reached');
    expect(err).toContain('some work never settled');
    expect([code, out]).toEqual([3, '']);
  });

  test('ends with 3 when an image takes longer than the policy allows', async () => {
    const cwd = await folderWith({ 'pratique.yaml': 'version: 1\nlimits: { image-seconds: 1 }\n' });
    const { code, out } = await run(['check', good], { cwd, preload: NEVER_ANSWERED });
    expect(out).toContain('the image was not judged within 1 seconds');
    expect(code).toBe(3);
    await rm(cwd, { recursive: true });
  });

  test('does not stay to wait for another try when the time is over', async () => {
    const server = await listening((socket) => {
      const answer = 'HTTP/1.1 503 Busy\r\nretry-after: 58\r\ncontent-length: 0\r\n\r\n';
      socket.on('error', () => {}).on('data', () => socket.write(answer));
    });
    const cwd = await folderWith({ 'pratique.yaml': 'version: 1\nlimits: { image-seconds: 1 }\n' });
    const { code, out } = await run(['check', `127.0.0.1:${portOf(server)}/acme/shop:1`], {
      cwd,
      // later than this test waits otherwise
      meanwhile: (child) => setTimeout(() => child.kill('SIGKILL'), 30_000).unref(),
    });
    expect(out).toContain('not judged within');
    expect(code).toBe(3);
    server.close();
    await rm(cwd, { recursive: true });
  });

  test.each([
    ['a promise that nobody awaits is rejected', "Promise.reject(new Error('lost'))"],
    ['an exception is thrown where nobody catches it', "throw new Error('lost')"],
    ['something is thrown that is no error', "throw 'lost'"],
  ])('ends with 3 where %s, also after the verdict', async (_what, act) => {
    const preload = `process.on('beforeExit', () => { ${act} });`;
    // Without our own care Node would only warn here, and end with 0.
    const env = { NODE_OPTIONS: '--unhandled-rejections=warn' };
    const { code, out, err } = await run(['check', good, '-q'], { preload, env });
    expect(out).toContain('ADMITTED');
    expect(err).toContain('lost');
    expect(err).toMatch(/code +INTERNAL/);
    expect(code).toBe(3);
  });

  test('ends with 130 on an interrupt, and leaves no file behind', async () => {
    const image = await cleanImage('mips64le');
    const name = stage.push('acme/slow:1', image);
    const layer = `/v2/acme/slow/blobs/${image.layers[0]?.descriptor.digest}`;
    const cwd = await folderWith({ 'gate.key': stage.keys.gate.privatePem });
    const asked = new Promise<void>((resolve) => {
      stage.registry.script = ({ path }) => {
        if (path !== layer) return undefined;
        resolve();
        return new Promise(() => {}); // never answered
      };
    });
    const outputs = ['-o', 'json=v.json', '-o', 'sarif=v.sarif', '--key', 'gate.key', '--attestation', 'a'];
    const { code, out, err } = await run(['check', name, ...outputs], {
      cwd,
      meanwhile: async (child) => {
        await asked;
        child.kill('SIGINT');
      },
    });
    expect(err).toContain('interrupted: no verdict was reached');
    expect([code, out]).toEqual([130, '']);
    expect(await readdir(cwd)).toEqual(['gate.key']);
    await rm(cwd, { recursive: true });
  });

  test('does not end with 0 where nobody reads what it says', async () => {
    const { code, err } = await run(['check', good], { meanwhile: (child) => child.stdout?.destroy() });
    expect(err).toContain('could not be written to standard output');
    expect(err).toContain('EPIPE');
    expect(code).toBe(3);
  });

  test.skipIf(!existsSync('/dev/full'))('does not end with 0 where the disk is full', async () => {
    const stdout = openSync('/dev/full', 'w');
    const { code, err } = await run(['check', good], { stdout });
    closeSync(stdout);
    expect(err).toContain('ENOSPC');
    expect(code).toBe(3);
  });

  test('prints no progress and no colour where nobody watches', async () => {
    const { out, err } = await run(['check', good]);
    expect(err).toBe('');
    expect(out).not.toContain('\u001b');
  });
});

describe.concurrent('the door', { timeout: 60_000 }, () => {
  const faked = (version: string) =>
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;

  test.each(['16.20.2', '18.20.8', '20.19.5', '22.22.1', '23.11.1', '24.14.9', '25.9.0'])(
    'says in one sentence that Node %s is too old, and ends with 2',
    async (version) => {
      const { code, out, err } = await door(['--version'], { cwd: tmpdir(), preload: faked(version) });
      expect(err).toContain(`this is Node ${version}`);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
      expect([code, out]).toEqual([2, '']);
    },
  );

  test('asks for the same versions as package.json', async () => {
    const { engines } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(engines.node).toBe('^22.22.2 || ^24.15.0 || >=26.0.0');
  });

  test('of an installation that lacks files ends with 3, not with 1 that means refused', async () => {
    const cwd = await folderWith({ 'package.json': '{ "type": "module" }' });
    await mkdir(join(cwd, 'bin'));
    await copyFile(new URL('../../bin/pratique.js', import.meta.url), join(cwd, 'bin/pratique.js'));
    const { code, out, err } = await node(['bin/pratique.js', 'check', 'nginx'], { cwd });
    expect(err).toContain('not installed whole');
    expect([code, out]).toEqual([3, '']);
    await rm(cwd, { recursive: true });
  });
});

describe('the demo', () => {
  test('shows three verdicts, speaks to nobody but itself, and leaves policy, public keys and attestations', async () => {
    const cwd = await folderWith({});
    const log = join(cwd, 'connections.jsonl');
    const proxy = 'http://proxy.test:3128';
    const { code, out, err } = await pratique(['demo'], {
      cwd,
      env: { TMPDIR: cwd, HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy, PRATIQUE_LOG: log },
      preload: WATCHED,
    });
    expect([code, err]).toEqual([0, '']);
    expect(out.match(/─ (?:✔ ADMITTED|✖ REFUSED|\? UNDECIDED)/g)).toEqual([
      ...['─ ✔ ADMITTED', '─ ✖ REFUSED', '─ ✖ REFUSED'],
    ]);
    expect(out).toContain('admitted on that attestation alone');
    const places = (await readFile(log, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(new Set(places.map(({ host }) => host))).toEqual(new Set(['127.0.0.1']));
    expect(new Set(places.map(({ what }) => what))).toEqual(new Set(['listen', 'connect']));
    const [folder = ''] = (await readdir(cwd)).filter((name) => name.startsWith('pratique-demo-'));
    const files = (await readdir(join(cwd, folder))).sort();
    expect(files).toEqual([
      ...['acme-shop.attestation.jsonl', 'acme-worker.attestation.jsonl'],
      ...['gate.pub', 'pratique.yaml', 'release.pub'],
    ]);
    for (const file of files) {
      const text = await readFile(join(cwd, folder, file), 'utf8');
      expect(text).not.toContain('PRIVATE KEY');
      if (file.endsWith('.jsonl')) expect(text.trimEnd().split('\n')).toHaveLength(2);
    }
    expect(out).toContain(join(cwd, folder));
    await rm(cwd, { recursive: true });
  });

  test('ends with 3 where it cannot have a folder', async () => {
    const cwd = await folderWith({});
    const { code, err } = await pratique(['demo'], { cwd, env: { TMPDIR: join(cwd, 'missing') } });
    expect(err).toContain('ENOENT');
    expect(code).toBe(3);
    await rm(cwd, { recursive: true });
  });
});

/** Requests that are taken and never answered, by an event loop that has nothing else to do. */
const NEVER_ANSWERED = `
import { Agent } from '${import.meta.resolve('undici')}';
Agent.prototype.dispatch = () => true;
`;

/** Notes down whom the process speaks to, or tries to. */
const WATCHED = `
import { appendFileSync } from 'node:fs';
import net from 'node:net';
const note = (what, host) => appendFileSync(process.env.PRATIQUE_LOG, JSON.stringify({ what, host }) + '\\n');
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...given) {
  const [first] = Array.isArray(given[0]) ? given[0] : given;
  note('connect', first.host ?? first.path ?? 'localhost');
  return connect.apply(this, given);
};
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...given) {
  note('listen', typeof given[1] === 'string' ? given[1] : 'everywhere');
  return listen.apply(this, given);
};
`;

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

async function listening(onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}
