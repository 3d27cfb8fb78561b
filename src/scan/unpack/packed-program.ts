import type { ByteSource } from '../../io/compression/byte-source.ts';
import { ElfWatch } from '../../io/elf/elf.ts';
import { type UpxOutcome, unpackUpx } from '../../io/upx/upx.ts';
import type { UpxBounds } from '../../io/upx/upx-chain.ts';
import { readUpxStart } from '../../io/upx/upx-start.ts';

/** How it is told that a program is packed, and what it will do stays unseen. */
export const PACKED_PROGRAM = 'packed program';

/**
 * Looks at a program that may be packed; the source stays where it is.
 * @param most bytes of it that are held. What is larger, and does not begin like a packed one, is looked at so far
 * @param cost `onTooLarge` is also told of a packed program that is larger
 */
export async function readPackedProgram(
  source: ByteSource,
  most: number,
  cost: Omit<UpxBounds, 'blockBytes'>,
): Promise<PackedProgram> {
  const file = await source.peek(most + 1);
  if (file.length > most && readUpxStart(file) !== undefined) cost.onTooLarge();
  return new PackedProgram(file, { ...cost, blockBytes: most });
}

/** A program that may be packed, held whole. */
class PackedProgram {
  private readonly file: Uint8Array;
  private readonly bounds: UpxBounds;
  private outcome: UpxOutcome = 'none';

  constructor(file: Uint8Array, bounds: UpxBounds) {
    this.file = file;
    this.bounds = bounds;
  }

  /** What it was before; nothing where it is not packed, or in no way that is known. @throws what `bounds` throw */
  async *unpack(): AsyncGenerator<Uint8Array> {
    this.outcome = yield* unpackUpx(this.file, this.bounds);
  }

  /** Once that is read: whether all of it was had. */
  get isOpen(): boolean {
    return this.outcome === 'whole';
  }

  /** Once that is read: whether it is packed, and not all of it was had. */
  get isSealed(): boolean {
    return this.outcome === 'part' || (this.outcome === 'none' && this.looksPacked());
  }

  private looksPacked(): boolean {
    const watch = new ElfWatch();
    watch.begin();
    watch.write(this.file);
    return watch.end()?.isPacked === true;
  }
}
