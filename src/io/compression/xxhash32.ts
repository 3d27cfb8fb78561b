const PRIME = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;
const STRIPE = 16;

/** XXH32 with the seed 0, as lz4 has it. @see xxHash fast digest algorithm, version 0.1.1 */
export class XxHash32 {
  private readonly lanes = Int32Array.of(PRIME[0] + PRIME[1], PRIME[1], 0, -PRIME[0]);
  private rest: Uint8Array = new Uint8Array(0);
  private length = 0;

  update(bytes: Uint8Array): this {
    const all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    let [a = 0, b = 0, c = 0, d = 0] = this.lanes;
    let at = 0;
    for (; at + STRIPE <= all.length; at += STRIPE) {
      a = round(a, word(all, at));
      b = round(b, word(all, at + 4));
      c = round(c, word(all, at + 8));
      d = round(d, word(all, at + 12));
    }
    this.lanes.set([a, b, c, d]);
    this.rest = all.slice(at);
    this.length += bytes.length;
    return this;
  }

  /** The sum of what came so far, as 32 bits without a sign. */
  digest(): number {
    const { rest, length } = this;
    const [a = 0, b = 0, c = 0, d = 0] = this.lanes;
    let sum = length < STRIPE ? PRIME[4] : rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    sum = (sum + length) | 0;
    let at = 0;
    for (; at + 4 <= rest.length; at += 4)
      sum = Math.imul(rotate((sum + Math.imul(word(rest, at), PRIME[2])) | 0, 17), PRIME[3]);
    for (; at < rest.length; at++)
      sum = Math.imul(rotate((sum + Math.imul(rest[at] ?? 0, PRIME[4])) | 0, 11), PRIME[0]);
    sum = Math.imul(sum ^ (sum >>> 15), PRIME[1]);
    sum = Math.imul(sum ^ (sum >>> 13), PRIME[2]);
    return (sum ^ (sum >>> 16)) >>> 0;
  }
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, PRIME[1])) | 0, 13), PRIME[0]);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
