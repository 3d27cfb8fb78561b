import { setTimeout as sleep } from 'node:timers/promises';
import type { Layer } from '../../model/image.ts';
import type { LayerScan } from '../layer-scan.ts';
import type { LayerCache } from './layer-cache.ts';

/** Milliseconds between two signs of life of whoever reads a layer, and without one after which nobody waits for it. */
const TOUCH_EVERY = 1000;
const PATIENCE = 5000;
/** Milliseconds between two looks of whoever waits. */
const LOOK_EVERY = 100;
/** Bytes of a blob below which to read it is quicker than to agree who does. */
const LEAST_BYTES = 1024 * 1024;

/**
 * Which layers this process reads for all that share its cache, so that each is read once by many that begin together. Whoever
 * holds a claim is reading the layer and waits for nobody, so that no two wait for each other; nothing but time depends on it.
 */
export class LayerClaims {
  private readonly cache: LayerCache | undefined;
  private readonly isOver: () => boolean;
  private readonly held = new Set<string>();
  private readonly timer: NodeJS.Timeout;

  constructor(cache: LayerCache | undefined, isOver: () => boolean = () => false) {
    this.cache = cache;
    this.isOver = isOver;
    this.timer = setInterval(() => void this.touch(), TOUCH_EVERY).unref();
  }

  /** @returns whether nobody else is reading it */
  private async take(key: string, bytes: number): Promise<boolean> {
    const { cache } = this;
    if (cache === undefined || bytes < LEAST_BYTES || this.held.has(key)) return true;
    if (!(await cache.claim(key))) return false;
    this.held.add(key);
    return true;
  }

  /** Claims layers. @returns those that nobody else is reading */
  async takeAll(layers: ReadonlyMap<string, Layer>): Promise<ReadonlyMap<string, Layer>> {
    const mine = new Map<string, Layer>();
    for (const [key, layer] of layers) if (await this.take(key, layer.blob.size)) mine.set(key, layer);
    return mine;
  }

  /**
   * Waits for whoever reads a layer, as long as it gives signs of life.
   * @returns what was found; `undefined` where the layer is to be read here, and then it is claimed
   */
  async wait(key: string, bytes: number): Promise<LayerScan | undefined> {
    const { cache } = this;
    if (cache === undefined) return undefined;
    // By our own clock: that of a folder in the network may be another.
    let seen: number | undefined;
    let since = performance.now();
    while (!(await this.take(key, bytes))) {
      const at = await cache.claimedAt(key);
      if (at !== seen) since = performance.now();
      seen = at;
      if (this.isOver()) return undefined;
      if (performance.now() - since > PATIENCE) await cache.release(key); // it was killed
      await sleep(LOOK_EVERY);
    }
    const found = bytes < LEAST_BYTES || !this.held.has(key) ? undefined : await cache.recall(key);
    if (found !== undefined) await this.release(key);
    return found;
  }

  /** Lets the next one have a layer. */
  async release(key: string): Promise<void> {
    if (this.held.delete(key)) await this.cache?.release(key);
  }

  /** Lets go of all of them. */
  async releaseAll(): Promise<void> {
    await Promise.all([...this.held].map((key) => this.release(key)));
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.releaseAll();
  }

  private async touch(): Promise<void> {
    for (const key of this.held) await this.cache?.touchClaim(key);
  }
}
