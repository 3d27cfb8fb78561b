import type { ElfFacts } from './elf-facts.ts';
import { ELF_HEADER_BYTES, readElfHeader } from './elf-header.ts';
import { ElfReading } from './elf-reading.ts';

export type { ElfFacts } from './elf-facts.ts';

/** Bytes that are gathered before the program headers are looked for: they stand right behind the header. */
const HEAD_BYTES = 4096;

/**
 * Looks at a file as it goes by and tells, if it is an ELF file, what it is. It holds the headers only; the facts do
 * not depend on how the file is cut. Headers that make no sense are no fault: they are told.
 */
export class ElfWatch {
  private state: 'head' | 'passing' | 'other' = 'other';
  private readonly head = new Uint8Array(HEAD_BYTES);
  private headBytes = 0;
  private position = 0;
  private reading: ElfReading | undefined;

  /** Starts a file. */
  begin(): void {
    this.state = 'head';
    this.headBytes = 0;
    this.position = 0;
    this.reading = undefined;
  }

  /** Whether bytes still matter: of most files it is known after the first four that they do not. */
  get isWatching(): boolean {
    return this.state !== 'other';
  }

  /** The next bytes; none are kept. */
  write(bytes: Uint8Array): void {
    if (this.state === 'head') this.fill(bytes);
    else if (this.state === 'passing') this.pass(bytes);
  }

  /** So many zeros. */
  zeros(count: number): void {
    const inHead = this.state === 'head' ? Math.min(count, HEAD_BYTES - this.headBytes) : 0;
    if (inHead > 0) this.fill(new Uint8Array(inHead));
    if (this.state !== 'passing') return;
    this.reading?.zeros(count - inHead, this.position);
    this.position += count - inHead;
  }

  /** Ends the file. @returns `undefined` where it is no ELF file */
  end(): ElfFacts | undefined {
    if (this.state === 'head') this.decide();
    this.state = 'other';
    return this.reading?.facts(this.position);
  }

  private fill(bytes: Uint8Array): void {
    if (this.headBytes === 0 && bytes.length >= 4 && !isElf(bytes)) {
      this.state = 'other'; // most files: nothing is copied of them
      return;
    }
    const part = bytes.subarray(0, HEAD_BYTES - this.headBytes);
    this.head.set(part, this.headBytes);
    this.headBytes += part.length;
    if (this.headBytes >= 4 && !isElf(this.head)) this.state = 'other';
    else if (this.headBytes === HEAD_BYTES) {
      this.decide();
      this.write(bytes.subarray(part.length));
    }
  }

  private decide(): void {
    const head = this.head.subarray(0, this.headBytes);
    const header = readElfHeader(head.subarray(0, ELF_HEADER_BYTES));
    this.state = header === undefined ? 'other' : 'passing';
    this.reading = header && new ElfReading(header, head);
    this.pass(head);
  }

  private pass(bytes: Uint8Array): void {
    this.reading?.pass(bytes, this.position);
    this.position += bytes.length;
  }
}

function isElf([a, b, c, d]: Uint8Array): boolean {
  return a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46;
}
