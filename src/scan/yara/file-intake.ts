import { CHOICE_BYTES, isProgramOrScript } from './file-choice.ts';

/** A file that was taken in; without its parts where it is larger than is held. */
export interface TakenFile {
  readonly size: number;
  readonly parts?: readonly Uint8Array[];
}

const ZEROS = new Uint8Array(64 * 1024);

/** Takes in one file whole, if it is one that rules are run on. */
export class FileIntake {
  private readonly path: string;
  private readonly most: number;
  private readonly done: (taken: TakenFile) => void;
  /** unknown until enough of the file is there */
  private wanted: boolean | undefined;
  private head = Buffer.alloc(0);
  private parts: Uint8Array[] = [];
  private size = 0;

  /**
   * @param wanted absent: programs and scripts are
   * @param most bytes
   * @param done told at the end, of a file that is wanted
   */
  constructor(path: string, wanted: boolean | undefined, most: number, done: (taken: TakenFile) => void) {
    this.path = path;
    this.wanted = wanted;
    this.most = most;
    this.done = done;
  }

  /** The next bytes; they are copied. */
  write(bytes: Uint8Array): void {
    if (this.wanted !== false) this.take(bytes, true);
  }

  /** So many zeros of a sparse file. They take no memory: a few bytes of a tar stand for as many as one likes. */
  hole(length: number): void {
    for (let left = length; left > 0 && this.wanted !== false; left -= ZEROS.length) {
      if (this.size > this.most) {
        this.size += left;
        return;
      }
      this.take(ZEROS.subarray(0, left), false);
    }
  }

  end(): void {
    this.wanted ??= isProgramOrScript(this.head, this.path);
    if (!this.wanted) return;
    const { size, parts } = this;
    this.done(size <= this.most ? { size, parts } : { size });
  }

  private take(bytes: Uint8Array, isLent: boolean): void {
    this.size += bytes.length;
    if (this.wanted === undefined) this.choose(bytes);
    if (this.wanted === false || this.size > this.most) this.parts = [];
    else this.parts.push(isLent ? Uint8Array.from(bytes) : bytes);
  }

  private choose(bytes: Uint8Array): void {
    this.head = Buffer.concat([this.head, bytes.subarray(0, CHOICE_BYTES - this.head.length)]);
    if (this.head.length === CHOICE_BYTES) this.wanted = isProgramOrScript(this.head, this.path);
  }
}
