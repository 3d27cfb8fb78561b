import type { Descriptor } from '../../src/model/descriptor.ts';
import type { Resolved } from '../../src/model/image.ts';
import type { ImageSource } from '../../src/model/image-source.ts';

/** What goes wrong at one await. */
export type Fault = 'throws an error' | 'throws a text' | 'never settles' | 'gives nothing' | 'ends early';

export const FAULTS: readonly Fault[] = [
  'throws an error',
  'throws a text',
  'never settles',
  'gives nothing',
  'ends early',
];

/** Passes everything to another source and counts every await; at the one numbered `at` the fault happens. */
export class FaultySource implements ImageSource {
  readonly name: string;
  /** every await so far: `resolve`, `blob`, `blob end`, … */
  readonly awaits: string[] = [];
  closed = 0;
  private readonly inner: ImageSource;
  private readonly at: number;
  private readonly fault: Fault;

  constructor(inner: ImageSource, at: number, fault: Fault) {
    this.inner = inner;
    this.name = inner.name;
    this.at = at;
    this.fault = fault;
  }

  resolve(options?: { platforms?: readonly string[] }): Promise<Resolved> {
    return this.step('resolve', () => this.inner.resolve(options));
  }

  referrers(subject: Descriptor): AsyncIterable<Descriptor> {
    return this.steps('referrers', () => this.inner.referrers(subject));
  }

  companion(subject: Descriptor, suffix: 'sig' | 'att' | 'sbom'): Promise<Descriptor | undefined> {
    return this.step('companion', () => this.inner.companion(subject, suffix));
  }

  manifest(what: Descriptor): Promise<Uint8Array> {
    return this.step('manifest', () => this.inner.manifest(what));
  }

  blob(what: Descriptor): AsyncIterable<Uint8Array> {
    return this.steps('blob', () => this.inner.blob(what));
  }

  async close(): Promise<void> {
    this.closed += 1;
    await this.inner.close();
  }

  private async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.isHit(what) ? (this.fail() as Promise<T>) : work();
  }

  private async *steps<T>(what: string, work: () => AsyncIterable<T>): AsyncIterable<T> {
    for await (const item of work()) {
      if (!this.isHit(what)) yield item;
      else if (this.fault === 'ends early') return;
      else yield (await this.fail()) as T;
    }
    if (this.isHit(`${what} end`)) await this.fail();
  }

  private isHit(what: string): boolean {
    this.awaits.push(what);
    return this.awaits.length === this.at;
  }

  private async fail(): Promise<unknown> {
    if (this.fault === 'throws an error') throw new Error('injected');
    if (this.fault === 'throws a text') throw 'injected';
    if (this.fault === 'never settles') return new Promise(() => {});
    return undefined;
  }
}
