import type { ByteSource } from './byte-source.ts';
import { type LzmaDecoder, SYMBOL_BYTES } from './lzma.ts';
import { cutShort, packedFault } from './packed-fault.ts';
import { RANGE_HEAD } from './range-decoder.ts';

/**
 * Unpacks one LZMA stream and leaves the source just behind it.
 * @param decoder as new
 * @param size bytes it unpacks to; absent where a mark ends it
 * @returns chunks that are the receiver's to keep
 * @throws {PratiqueError} `COMPRESSION_INVALID`, `NOT_SUPPORTED`, after what could be unpacked
 */
export async function* unlzma(
  source: ByteSource,
  decoder: LzmaDecoder,
  size: number | undefined,
): AsyncGenerator<Uint8Array> {
  const head = await source.take(RANGE_HEAD);
  if (head === undefined) throw cutShort();
  decoder.begin(head);
  const input = new LzmaInput(source, decoder);
  let left = size ?? Number.POSITIVE_INFINITY;
  for (;;) {
    await input.fill();
    const { piece, state, fault } = decodePiece(decoder, left, input.isLast);
    left -= piece.length;
    if (piece.length > 0) yield piece;
    if (fault !== undefined) throw fault;
    if (state === 'ended' && size !== undefined) throw cutShort();
    if (state === 'ended') break;
    if (left > 0) continue;
    await input.fill();
    if (decoder.endsHere()) break;
    throw packedFault('it holds more than it says');
  }
  input.giveBack();
}

/** What was decoded in one go, and what ended it: no room or input, a mark, or a fault behind what was decoded. */
interface DecodedPiece {
  readonly piece: Uint8Array;
  readonly state?: 'room' | 'input' | 'ended';
  readonly fault?: unknown;
}

/**
 * Decodes what has room in the window, `most` bytes at most.
 * @param isLast whether the decoder's input is all there is
 */
export function decodePiece(decoder: LzmaDecoder, most: number, isLast: boolean): DecodedPiece {
  const { window } = decoder;
  const until = Math.min(window.room(), window.position + most);
  try {
    const state = decoder.decode(until, isLast);
    return { piece: window.take(), state };
  } catch (fault) {
    return { piece: window.take(), fault };
  }
}

/** Keeps a decoder in input: it wants some bytes ahead of what it decodes. */
class LzmaInput {
  isLast = false;
  private readonly source: ByteSource;
  private readonly decoder: LzmaDecoder;
  private input: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource, decoder: LzmaDecoder) {
    this.source = source;
    this.decoder = decoder;
    this.decoder.feed(this.input);
  }

  /** Sees to it that a whole symbol is there, or that nothing more comes. */
  async fill(): Promise<void> {
    while (!this.isLast && this.input.length - this.decoder.used <= SYMBOL_BYTES) {
      const rest = this.input.subarray(this.decoder.used);
      const next = await this.source.next();
      this.isLast = next === undefined;
      this.input = next === undefined ? rest : rest.length === 0 ? next : Buffer.concat([rest, next]);
      this.decoder.feed(this.input);
    }
  }

  /** Gives back what was not used. */
  giveBack(): void {
    this.source.unread(this.input.subarray(this.decoder.used));
  }
}
