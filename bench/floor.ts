/**
 * Our own floor for `bench/check.ts`: each layer of a layout is read, unpacked and hashed twice as a scan does it, in as many
 * threads, and nothing is looked for. Run: `node bench/floor.ts LAYOUT THREADS`.
 */
import { createReadStream, readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

interface Job {
  readonly layout: string;
  readonly layer: {
    readonly blob: { mediaType: string; digest: string; size: number };
    readonly diffId: string;
  };
}

const dist = new URL('../dist/io/', import.meta.url).href;

if (isMainThread) await readAll(process.argv[2] ?? '', Number(process.argv[3] ?? 2));
else parentPort?.postMessage(await readOne(workerData as Job));

async function readAll(layout: string, threads: number): Promise<void> {
  const read = (digest: string) => JSON.parse(readFileSync(pathOf(layout, digest), 'utf8'));
  const index = JSON.parse(readFileSync(`${layout}/index.json`, 'utf8'));
  const manifest = read(index.manifests[0].digest);
  const config = read(manifest.config.digest);
  const jobs: Job[] = manifest.layers.map((blob: Job['layer']['blob'], at: number) => ({
    layout,
    layer: { blob, diffId: config.rootfs.diff_ids[at] },
  }));
  jobs.sort((a, b) => a.layer.blob.size - b.layer.blob.size);
  let bytes = 0;
  const work = async () => {
    for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) bytes += await inThread(job);
  };
  await Promise.all(Array.from({ length: threads }, work));
  process.stdout.write(`${bytes}\n`);
}

function inThread(job: Job): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    worker.once('message', resolve).once('error', reject);
  });
}

async function readOne({ layout, layer }: Job): Promise<number> {
  const { readLayer } = await import(`${dist}layer.js`);
  const { verified } = await import(`${dist}verified.js`);
  const { DEFAULT_LIMITS } = await import(`${dist}limits.js`);
  const file = createReadStream(pathOf(layout, layer.blob.digest), { highWaterMark: 256 * 1024 });
  const sink = { entry() {}, data() {}, hole() {}, end() {} };
  const { expandedBytes } = await readLayer(
    verified(file, layer.blob, 'a layer'),
    layer,
    sink,
    DEFAULT_LIMITS,
    'a layer',
  );
  return expandedBytes;
}

function pathOf(layout: string, digest: string): string {
  return `${layout}/blobs/${digest.replace(':', '/')}`;
}
