import { BranchFilter, convertArm, convertArm64, convertX86 } from './branch-filter.ts';

/** Undoes what an encoder did to bytes before it packed them. Changes in place what it is given, and may hold some back. */
export interface XzFilter {
  /** @returns what is done of these and of what was held back */
  update(bytes: Uint8Array): Uint8Array;
  /** @returns what was held back */
  end(): Uint8Array;
}

const ID = { delta: 3, x86: 4, arm: 7, arm64: 10 };

/**
 * The filter of this number.
 * @param properties as the block header has them
 * @returns `undefined` where it is not known, or not so
 * @see xz file format 1.2.1, section 5.3
 */
export function xzFilter(id: number, properties: Uint8Array): XzFilter | undefined {
  if (id === ID.delta && properties.length === 1) return new DeltaFilter((properties[0] ?? 0) + 1);
  if (properties.length > 0) return undefined; // a start other than 0, which no encoder sets by itself
  if (id === ID.x86) return new BranchFilter(convertX86());
  if (id === ID.arm) return new BranchFilter(convertArm);
  return id === ID.arm64 ? new BranchFilter(convertArm64) : undefined;
}

/** Bytes through filters, one after another. */
export async function* filtered(
  bytes: AsyncIterable<Uint8Array>,
  filters: readonly XzFilter[],
): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    const done = filters.reduce((part, filter) => filter.update(part), piece);
    if (done.length > 0) yield done;
  }
  let rest: Uint8Array = new Uint8Array(0);
  for (const filter of filters) rest = Buffer.concat([filter.update(rest), filter.end()]);
  if (rest.length > 0) yield rest;
}

class DeltaFilter implements XzFilter {
  private readonly history: Uint8Array;
  private at = 0;

  constructor(distance: number) {
    this.history = new Uint8Array(distance);
  }

  update(bytes: Uint8Array): Uint8Array {
    const { history } = this;
    for (let index = 0; index < bytes.length; index++) {
      const value = ((bytes[index] ?? 0) + (history[this.at] ?? 0)) & 0xff;
      bytes[index] = value;
      history[this.at] = value;
      this.at = (this.at + 1) % history.length;
    }
    return bytes;
  }

  end(): Uint8Array {
    return new Uint8Array(0);
  }
}
