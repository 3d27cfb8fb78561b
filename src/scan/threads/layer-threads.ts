import { availableParallelism } from 'node:os';
import { PratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import type { Layer } from '../../model/image.ts';
import type { CustomRules } from '../custom/custom-rules.ts';
import type { LayerScan } from '../layer-scan.ts';
import { SLOTS } from '../matcher-engine.ts';
import { prepareRules } from '../prepared-rules.ts';
import { RULE_SET } from '../rule-set.ts';
import { type LayerSource, LayerThread } from './layer-thread.ts';

/** Threads of one image at most: each takes some 80 MB, and more are soon waiting for the disk or the network. */
const MOST_THREADS = 4;
/** Bytes of a blob below which a thread for it saves less time, a second or two, than the 80 MB are worth that it takes. */
const LEAST_BYTES = 32 * 1024 * 1024;
/** milliseconds between two looks at whether anybody waits */
const WATCH_EVERY = 100;

export interface ThreadOptions {
  readonly limits: Limits;
  readonly hashFiles: boolean;
  readonly custom?: CustomRules;
  /** threads to start; absent: as many as there are processors, and none for a small image */
  readonly threads?: number;
  readonly isOver?: () => boolean;
  /** told when a layer is begun, and of bytes of its blob as they are read */
  readonly onBegin?: (layer: Layer) => void;
  readonly onBytes?: (layer: Layer, bytes: number) => void;
}

interface Job {
  readonly layer: Layer;
  readonly promise: Promise<LayerScan>;
  resolve(scan: LayerScan): void;
  reject(thrown: unknown): void;
}

/** Places in the matcher's memory that no thread of this process has; the first is the main thread's. */
const freeSlots = Array.from({ length: SLOTS - 1 }, (_, at) => SLOTS - 1 - at);

/**
 * Starts to read layers, each in one of several threads, the largest first. Whoever asks for the results in the order of
 * the layers meets the same fault first as one who reads them one after another.
 * @param layers by what all of their reading depends on
 * @returns `undefined` where it is not worth it, or nothing is free: read them in this thread
 */
export function startLayerThreads(
  layers: ReadonlyMap<string, Layer>,
  source: LayerSource,
  options: ThreadOptions,
): LayerThreads | undefined {
  const count = Math.min(options.threads ?? threadsFor(layers), layers.size, freeSlots.length);
  return count === 0 ? undefined : new LayerThreads(layers, count, source, options);
}

/** One for each layer of some size; none where a single one would have all the work: this thread has nothing else to do. */
function threadsFor(layers: ReadonlyMap<string, Layer>): number {
  const large = [...layers.values()].filter(({ blob }) => blob.size >= LEAST_BYTES).length;
  return large < 2 ? 0 : Math.min(large, availableParallelism(), MOST_THREADS);
}

/** Layers that are being read. */
export class LayerThreads {
  private readonly source: LayerSource;
  private readonly options: ThreadOptions;
  private readonly jobs = new Map<string, Job>();
  /** the largest last */
  private waiting: Job[];
  private readonly running = new Map<LayerThread, Job | undefined>();
  private readonly watch: NodeJS.Timeout;

  constructor(
    layers: ReadonlyMap<string, Layer>,
    count: number,
    source: LayerSource,
    options: ThreadOptions,
  ) {
    this.source = source;
    this.options = options;
    for (const [key, layer] of layers) this.jobs.set(key, jobOf(layer));
    this.waiting = [...this.jobs.values()].sort((a, b) => a.layer.blob.size - b.layer.blob.size);
    this.watch = setInterval(() => this.look(), WATCH_EVERY);
    for (let at = 0; at < count; at++) void this.work(this.start());
  }

  /**
   * What was found in a layer; `undefined` for one that was not asked for.
   * @throws {PratiqueError} whatever reading the layer throws; `TIMEOUT` where nobody waits any more
   */
  result(key: string): Promise<LayerScan> | undefined {
    return this.jobs.get(key)?.promise;
  }

  /** Ends all threads, whatever they do. */
  close(): void {
    clearInterval(this.watch);
    for (const thread of this.running.keys()) thread.close();
  }

  private start(): LayerThread {
    const { limits, hashFiles, custom } = this.options;
    const slot = freeSlots.pop() ?? 0;
    const rules = custom?.compiled.map(({ rule }) => rule) ?? [];
    const { matcher } = prepareRules(RULE_SET);
    return new LayerThread({ limits, hashFiles, custom: rules, matcher: matcher.shared, slot }, () =>
      freeSlots.push(slot),
    );
  }

  private async work(thread: LayerThread): Promise<void> {
    this.running.set(thread, undefined);
    let last: unknown;
    for (
      let job = this.waiting.pop();
      job !== undefined;
      job = thread.isAlive ? this.waiting.pop() : undefined
    ) {
      const { layer } = job;
      this.running.set(thread, job);
      this.options.onBegin?.(layer);
      try {
        job.resolve(await thread.read(layer, this.source, (bytes) => this.options.onBytes?.(layer, bytes)));
      } catch (thrown) {
        last = thrown;
        job.reject(thrown);
        this.leaveBehind(layer);
      }
    }
    this.running.delete(thread);
    thread.close();
    if (this.running.size === 0) for (const job of this.waiting.splice(0)) job.reject(last);
  }

  /** Nobody asks for what lies above a layer that cannot be read. */
  private leaveBehind(failed: Layer): void {
    this.waiting = this.waiting.filter(({ layer }) => layer.index < failed.index);
    for (const [thread, job] of this.running)
      if (job !== undefined && job.layer.index > failed.index) thread.close();
  }

  private look(): void {
    if (this.options.isOver?.() !== true) return;
    const fault = new PratiqueError('TIMEOUT', { what: 'the run was over before the layer was read' });
    for (const job of this.jobs.values()) job.reject(fault);
    this.waiting = [];
    this.close();
  }
}

function jobOf(layer: Layer): Job {
  const { promise, resolve, reject } = Promise.withResolvers<LayerScan>();
  promise.catch(() => {}); // it is told where it is asked for, and of some nobody asks
  return { layer, promise, resolve, reject };
}
