import { constants, gunzipSync } from 'node:zlib';
import { PratiqueError } from '../../errors.ts';
import { codeOf } from '../../io/compression/engine.ts';
import type { Base64Run } from './base64-runs.ts';

/** How a gzip begins in base64, and how that begins in base64 again: Helm keeps its releases so. */
const STARTS = ['H4sI', 'SDRzS'].map((text) => Buffer.from(text));

/** A gzip that is written as base64: gathered until its letters end, then unpacked. */
export class PackedRun {
  /** of its first letter in the file */
  readonly position: number;
  private readonly limit: number;
  private readonly where: () => string;
  /** whether it is base64 of base64 */
  private readonly isTwice: boolean;
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  private constructor(position: number, isTwice: boolean, limit: number, where: () => string) {
    this.position = position;
    this.isTwice = isTwice;
    this.limit = limit;
    this.where = where;
  }

  /**
   * One that begins with a run; `undefined` where the run is none.
   * @param position of its first letter in the file
   * @param limit bytes of it, and of what it unpacks to
   * @param where asked for when the limit is exceeded; printable
   */
  static startsIn(
    { letters, count }: Base64Run,
    position: number,
    limit: number,
    where: () => string,
  ): PackedRun | undefined {
    // Most runs are none, and a text may have one in each line.
    if (letters[0] !== STARTS[0]?.[0] && letters[0] !== STARTS[1]?.[0]) return undefined;
    const start = STARTS.findIndex((bytes) =>
      bytes.equals(letters.subarray(0, Math.min(count, bytes.length))),
    );
    return start < 0 ? undefined : new PackedRun(position, start === 1, limit, where);
  }

  /** The next bytes it decodes to; copied. @throws {PratiqueError} `LIMIT_EXCEEDED` */
  add(bytes: Uint8Array): void {
    this.size += bytes.length;
    if (this.size > this.limit) throw this.tooLarge();
    this.parts.push(Uint8Array.from(bytes));
  }

  /**
   * What it unpacks to; of one that is cut off, what there is; `undefined` for bytes that are no gzip after all.
   * @throws {PratiqueError} `LIMIT_EXCEEDED`
   */
  unpack(): Uint8Array | undefined {
    const bytes = Buffer.concat(this.parts);
    const packed = this.isTwice ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes;
    try {
      return gunzipSync(packed, { maxOutputLength: this.limit, finishFlush: constants.Z_SYNC_FLUSH });
    } catch (thrown) {
      if (codeOf(thrown) === 'ERR_BUFFER_TOO_LARGE') throw this.tooLarge();
      return undefined;
    }
  }

  private tooLarge(): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `a gzip that is written as base64 is larger than ${this.limit} bytes`,
      where: this.where(),
      next: 'raise limits.encoded-bytes in the policy if this is meant',
    });
  }
}
