import type { PratiqueError } from '../../errors.ts';
import { notRead, packedFault } from './packed-fault.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
/**
 * Bytes that are kept of any stream, however far back it may point: with all else a scan holds, still well below what
 * a small runner has. xz takes 8 MiB by default; of its levels only `-9` goes beyond this, and only in large files.
 */
const MOST = 32 * MiB;

/** Bytes that are written between two `take`. */
const PIECE = 256 * KiB;
/** Bytes a window begins with; it doubles as it fills. */
const FIRST = 8 * KiB;
/** Bytes that every decoder keeps, whatever the stream says. */
const LEAST = 4 * KiB;

/**
 * What a decoder has put out last and may point back at. It grows as it fills and then goes round. A decoder writes
 * into `bytes` itself, from `position` up to `room()`, and sets `position`.
 */
export class HistoryWindow {
  bytes: Uint8Array<ArrayBuffer>;
  position = 0;
  /** whether it has gone round: all of `bytes` is history then */
  isRound = false;
  /** how often it has gone round, in bytes; only the lowest bits are right */
  turned = 0;
  private readonly most: number;
  private readonly wanted: number;
  private taken = 0;

  /** @param wanted bytes back that the stream says it may point */
  constructor(wanted: number) {
    this.wanted = Math.max(wanted, LEAST);
    this.most = Math.min(this.wanted, MOST);
    this.bytes = new Uint8Array(Math.min(this.most, FIRST));
  }

  /** Makes room for at least one byte. Everything written must have been taken. @returns the end of that room */
  room(): number {
    if (this.position === this.bytes.length) this.turn();
    return Math.min(this.bytes.length, this.position + PIECE);
  }

  /** What was written since, as the receiver's to keep. */
  take(): Uint8Array {
    const piece = this.bytes.slice(this.taken, this.position);
    this.taken = this.position;
    return piece;
  }

  /** Forgets all that was written; it must have been taken. */
  forget(): void {
    this.position = 0;
    this.taken = 0;
    this.turned = 0;
    this.isRound = false;
  }

  /** Gives its memory back at once, rather than when the garbage is collected; it is of no use afterwards. */
  close(): void {
    this.bytes = new Uint8Array(this.bytes.buffer.transfer(0));
    this.position = 0;
  }

  /**
   * The fault of pointing further back than there is anything.
   * @returns `COMPRESSION_INVALID`; `NOT_SUPPORTED` where there was, and it was not kept
   */
  tooFar(distance: number): PratiqueError {
    if (!this.isRound || distance > this.wanted) return packedFault('it points back before its beginning');
    return notRead(`dictionary over ${this.most / MiB} MiB`);
  }

  private turn(): void {
    const { length } = this.bytes;
    if (length < this.most) {
      // Handed over rather than copied: what it leaves behind would stay until the garbage is collected.
      this.bytes = new Uint8Array(this.bytes.buffer.transfer(Math.min(this.most, length * 2)));
      return;
    }
    this.isRound = true;
    this.turned = (this.turned + length) % 16;
    this.position = 0;
    this.taken = 0;
  }
}
