// How long `pratique serve` takes for an admission review, by key, against a registry of this machine: node bench/serve.ts
// The server runs in a process of its own. Wall time as whoever asks sees it, and CPU time of the server for each review.
// Cold: an image that it was never asked about. Warm: one that it has judged, by digest. By tag: looked up anew.
// Then a rollout: 500 reviews at once of 3 images, each of 50 kB.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { buildImage, buildLayer } from '../src/demo/image-builder.ts';
import { reviewOf } from '../test/support/admission-reviews.ts';
import { issueChain } from '../test/support/certificate.ts';
import { pratique } from '../test/support/child.ts';
import { setStage } from '../test/support/stage.ts';

const IMAGES = 40;
const AT_ONCE = 500;
const PADDING = 'x'.repeat(50_000); // of an object of a usual size: managed fields, annotations
const TICK = 10; // milliseconds of a clock tick of Linux

const stage = await setStage();
const { authority, server: shown } = issueChain(['127.0.0.1']);
await stage.write('tls.crt', shown.pem);
await stage.write('tls.key', shown.keyPem);
const names: { readonly tag: string; readonly digest: string }[] = [];
for (let index = 0; index < IMAGES; index += 1) {
  const layer = await buildLayer([{ path: 'srv/menu.txt', content: `dish ${index}\n` }]);
  const built = await buildImage({ layers: [layer], config: { User: '1000' } });
  const tag = stage.push(`acme/app${index}:1`, built);
  const { code, err } = await stage.pratique(['check', tag, '--key', 'gate.key', '--attest', '-q']);
  if (code !== 0) throw new Error(err);
  names.push({ tag, digest: `${tag}@${built.root.descriptor.digest}` });
}

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
const argv = [
  'serve',
  '--listen',
  '127.0.0.1:0',
  '--tls-cert',
  'tls.crt',
  '--tls-key',
  'tls.key',
  '--key',
  'gate.pub',
];
const { code, err } = await pratique(argv, {
  cwd: stage.folder,
  meanwhile: async (child) => {
    const { port } = await new Promise<{ port: number }>((resolve, reject) => {
      child.stdout?.once('data', (text) => resolve(JSON.parse(String(text))));
      child.once('close', () => reject(new Error('the server ended')));
    });
    try {
      await measure(port, child.pid ?? 0);
    } finally {
      child.kill('SIGTERM');
    }
  },
});
agent.destroy();
await stage.close();
if (code !== 0) throw new Error(err);

async function measure(port: number, pid: number): Promise<void> {
  const series = async (what: string, images: readonly string[]) => {
    const before = cpuOf(pid);
    const all: number[] = [];
    for (const image of images) all.push(await review(port, image));
    const cpu = (cpuOf(pid) - before) / images.length;
    console.log(`${what.padEnd(10)} ${spread(all)}, CPU ${cpu.toFixed(1)} ms for each`);
  };
  await review(port, names[0]?.tag ?? ''); // connections, and what is compiled at the first
  const digests = names.slice(1).map(({ digest }) => digest);
  await series('cold', digests);
  await series('warm', digests);
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // an answer about a tag counts for a second
  await series(
    'by tag',
    names.slice(1).map(({ tag }) => tag),
  );
  const rollout = digests.slice(0, 3).map((digest) => digest.replace(/:1@/, '@')); // names it was not asked about
  const [before, began] = [cpuOf(pid), performance.now()];
  const asked = Array.from({ length: AT_ONCE }, (_none, index) =>
    review(port, rollout[index % 3] ?? '', PADDING),
  );
  const health = await send(port, '/healthz');
  const all = await Promise.all(asked);
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${AT_ONCE} at once, 3 images: ${spread(all)}, ${seconds.toFixed(2)} s in all, CPU ${cpuOf(pid) - before} ms`,
  );
  const { body } = await send(port, '/metrics');
  const numbers = body
    .split('\n')
    .filter((line) => /^(?:pratique_(?:images_asked|judgements)_total|process_)/.test(line));
  console.log(`health ${health.status}; ${numbers.join('; ')}`);
}

/** Milliseconds until an object with this image may be written. */
async function review(port: number, image: string, padding = ''): Promise<number> {
  const object = { metadata: { annotations: { padding } }, spec: { containers: [{ name: 'app', image }] } };
  const began = performance.now();
  const { body } = await send(port, '/validate?timeout=30s', reviewOf(object));
  const { allowed, status } = JSON.parse(body).response;
  if (!allowed) throw new Error(status.message);
  return performance.now() - began;
}

function send(port: number, path: string, body?: unknown) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const asked = request(
      {
        ...{
          host: '127.0.0.1',
          port,
          path,
          agent,
          ca: authority.pem,
          method: body === undefined ? 'GET' : 'POST',
        },
        headers: { 'content-type': 'application/json' },
      },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      },
    );
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Milliseconds of CPU that a process has taken. @see proc_pid_stat(5), utime and stime */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

function spread(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return `median ${at(0.5).toFixed(1)} ms, 95 % within ${at(0.95).toFixed(1)} ms`;
}
