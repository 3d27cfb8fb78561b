import { givesPrivileges, type LayerEntry } from '../model/filesystem/layer-entry.ts';

/** What is kept of the files of a layer for checks that read them, by the files' position among its entries. */
export interface KeptFiles {
  /** whole contents of the few small files that decide who may do what */
  readonly contents: ReadonlyMap<number, Uint8Array>;
  /** of those that were not kept: why, as a clause */
  readonly left: ReadonlyMap<number, string>;
  /** interpreters of scripts, one character for each byte; empty where it could not be kept */
  readonly interpreters: ReadonlyMap<number, string>;
}

/** Accounts, sudo's rules, keys that may log in, libraries for every program; in any folder, as links may lead there. */
const KEPT =
  /(?:^|[/.-])(?:passwd|shadow|sudoers|ld\.so\.preload|authorized_keys2?)$|(?:^|\/)sudoers\.d\/[^/]+$/;
/** What cron and systemd start of themselves. */
export const SCHEDULED =
  /^(?:etc\/(?:crontab$|anacrontab$|cron\.|periodic\/|systemd\/system\/)|var\/spool\/cron\/|(?:usr\/)?lib\/systemd\/system\/[^/]+\.(?:service|timer)$)/;
/** Bytes of one such file, which no machine comes near, and of all in a layer. */
const FILE_BYTES = 128 * 1024;
const LAYER_BYTES = 1024 * 1024;
/** Bytes of a script that Linux looks at. @see linux/binfmts.h, `BINPRM_BUF_SIZE` */
const LINE_BYTES = 256;
/** Different interpreters in one layer; ordinary ones have a dozen. */
const MOST_INTERPRETERS = 1000;
/** Files in one layer whose package is asked for: of special rights, or started by the clock; a distribution has a hundred. */
const MOST_ASKED = 1000;
/** First bytes: of a script, and of an ELF file such as the program `passwd`. */
const [HASH, ELF] = [0x23, 0x7f];
const SCRIPT = /^#![ \t]*([^ \t\n\0]+)([ \t\n\0])?/;

/** Watches the files of one layer go by, each from `begin` to `end`. */
export class FileKeeper {
  private readonly contents = new Map<number, Uint8Array>();
  private readonly left = new Map<number, string>();
  private readonly interpreters = new Map<number, string>();
  /** each interpreter once, however many scripts have it */
  private readonly distinct = new Map<string, string>();
  private readonly line = new Uint8Array(LINE_BYTES);
  private bytes = 0;
  private asked = 0;
  private isAsked = false;
  private ordinal = -1;
  /** where the open file's bytes go, as far as they are wanted */
  private wanted: Uint8Array | undefined;
  private filled = 0;

  begin(entry: LayerEntry, ordinal: number): void {
    this.ordinal = ordinal;
    this.filled = 0;
    this.wanted = undefined;
    this.isAsked = givesPrivileges(entry) || SCHEDULED.test(entry.path);
    if (this.isAsked) this.asked++;
    // The first line of all others, whatever their mode: a hardlink further on may give them another.
    this.wanted = (KEPT.test(entry.path) ? this.roomFor(entry.size) : undefined) ?? this.line;
  }

  write(bytes: Uint8Array): void {
    const { wanted, filled } = this;
    if (wanted === undefined || filled === wanted.length || bytes.length === 0) return;
    if (filled === 0 && wanted === this.line && bytes[0] !== HASH) this.wanted = undefined;
    else if (filled === 0 && wanted !== this.line && bytes[0] === ELF) this.leave('it is a program');
    else {
      const part = bytes.subarray(0, wanted.length - filled);
      wanted.set(part, filled);
      this.filled += part.length;
    }
  }

  /** Nobody writes such files with holes; zeros without end would fill no memory, and mean nothing. */
  hole(): void {
    if (this.wanted === undefined) return;
    if (this.filled > 0) this.interpreters.set(this.ordinal, '');
    if (this.wanted === this.line) this.wanted = undefined;
    else this.leave('it is a sparse file');
  }

  end(): void {
    const { wanted, filled, ordinal } = this;
    this.wanted = undefined;
    if (wanted === undefined) return;
    if (wanted !== this.line) this.contents.set(ordinal, wanted);
    else this.keepInterpreter(Buffer.from(wanted.subarray(0, filled)).toString('latin1'));
  }

  /** Whether the package of the open file is to be asked for, though nothing was found in it. */
  get asksForPackage(): boolean {
    return this.isAsked && this.asked <= MOST_ASKED;
  }

  finish(): KeptFiles {
    const { contents, left, interpreters } = this;
    return { contents, left, interpreters };
  }

  private roomFor(size: number): Uint8Array | undefined {
    if (size <= FILE_BYTES && this.bytes + size <= LAYER_BYTES) {
      this.bytes += size;
      return new Uint8Array(size);
    }
    const why =
      size > FILE_BYTES
        ? `it has ${size} bytes`
        : `its layer has more than ${LAYER_BYTES} bytes of such files`;
    this.left.set(this.ordinal, why);
    return undefined;
  }

  /** Gives up on the open file, one that was to be kept whole. */
  private leave(why: string): void {
    this.left.set(this.ordinal, why);
    this.bytes -= this.wanted?.length ?? 0;
    this.wanted = undefined;
  }

  private keepInterpreter(text: string): void {
    const interpreter = interpreterOf(text);
    if (interpreter === undefined) return;
    const hasRoom = this.distinct.has(interpreter) || this.distinct.size < MOST_INTERPRETERS;
    if (hasRoom && !this.distinct.has(interpreter)) this.distinct.set(interpreter, interpreter);
    this.interpreters.set(this.ordinal, hasRoom ? (this.distinct.get(interpreter) ?? '') : '');
  }
}

/** What a script names as its interpreter, one character for each byte; `undefined` for what is no script, or names it in too many letters for Linux. */
export function interpreterOf(head: string): string | undefined {
  const [, interpreter, end] = SCRIPT.exec(head.slice(0, LINE_BYTES)) ?? [];
  return end === undefined && head.length >= LINE_BYTES ? undefined : interpreter;
}
