import { KINDS, LEAST_LETTERS } from './base64-runs.ts';

/** Bytes of so many letters, without the zero behind the last. */
const LEAST_BYTES = 2 * LEAST_LETTERS - 1;
const ROOM = 4096;

/** What reads the text that was found. */
interface TextReader {
  begin(): void;
  write(bytes: Uint8Array): void;
  end(): void;
}

/**
 * Finds text in UTF-16 that begins with letters of base64, in either order and at any alignment, and gives it on in one
 * byte a letter, up to where it is no ASCII in UTF-16 any more.
 */
export class WideText {
  /** position in the file of the first letter of what is given on */
  start = 0;
  private readonly reader: TextReader;
  /** position in the file of the next byte */
  private position = 0;
  private readonly letters = Buffer.alloc(ROOM);
  private count = 0;
  /** whether there were enough letters */
  private isText = false;
  /** whether the zero of the last letter is to come */
  private isHalf = false;

  constructor(reader: TextReader) {
    this.reader = reader;
  }

  /** Starts a new file; the one before must have ended. */
  begin(): void {
    this.position = 0;
    this.leave();
  }

  /** The next bytes, any number. */
  write(bytes: Uint8Array): void {
    let at = this.isText || this.count > 0 ? this.goOn(bytes, 0) : 0;
    while (at < bytes.length) at = this.seek(bytes, at);
    this.position += bytes.length;
  }

  /** Passes over zeros. */
  skip(count: number): void {
    this.leave();
    this.position += count;
  }

  /** Ends what is under way. */
  end(): void {
    this.leave();
  }

  /** Goes to where enough letters stand together. Looks at the last first, so that most bytes need no look. */
  private seek(bytes: Uint8Array, from: number): number {
    let at = from;
    for (let last = at + LEAST_BYTES - 1; last < bytes.length; last = at + LEAST_BYTES - 1) {
      if (bytes[last] === 0) {
        // No such text has two zeros in a row; after one, in step with the zeros, if it is such a text at all.
        at = bytes[last - 1] === 0 ? last + 1 : at + 1;
        continue;
      }
      let back = last;
      while (back >= at && isPart(bytes[back] as number, (last - back) % 2 === 0)) back--;
      if (back < at) return this.enter(bytes, at);
      at = back + 1;
    }
    while (at < bytes.length && KINDS[bytes[at] as number] === 0) at++;
    return at === bytes.length ? at : this.enter(bytes, at);
  }

  private enter(bytes: Uint8Array, at: number): number {
    this.start = this.position + at;
    return this.goOn(bytes, at);
  }

  /** Takes what goes on with the text; ends it at the first byte that does not. */
  private goOn(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      const isNext = this.isHalf ? byte === 0 : byte !== 0 && (this.isText || KINDS[byte] !== 0);
      if (!isNext) {
        this.leave();
        return at;
      }
      if (!this.isHalf) this.take(byte);
      this.isHalf = !this.isHalf;
    }
    return bytes.length;
  }

  private take(byte: number): void {
    if (this.count === ROOM) this.give();
    this.letters[this.count++] = byte;
    if (this.isText || this.count < LEAST_LETTERS) return;
    this.isText = true;
    this.reader.begin();
  }

  private give(): void {
    this.reader.write(this.letters.subarray(0, this.count));
    this.count = 0;
  }

  private leave(): void {
    if (this.isText) {
      this.give();
      this.reader.end();
    }
    this.count = 0;
    this.isText = false;
    this.isHalf = false;
  }
}

function isPart(byte: number, isLetter: boolean): boolean {
  return isLetter ? KINDS[byte] !== 0 : byte === 0;
}
