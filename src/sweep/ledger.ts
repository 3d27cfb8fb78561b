import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import type { SweepItem, SweptImage } from '../model/sweep.ts';
import { LedgerAccounts } from './ledger-accounts.ts';
import { formatRecord, type LedgerRecord, readRecord } from './ledger-line.ts';
import { type Lock, type LockTimes, lockLedger } from './ledger-lock.ts';

const CHUNK = 1024 * 1024; // bytes that are read at a time
const LONGEST_LINE = 64 * 1024 * 1024; // bytes; a verdict with its findings has some thousand

const FIRST = formatRecord({ kind: 'ledger', version: 1 });

/**
 * The record of sweeps: which images are expected, every attempt, every verdict. A file that is only ever added to, a line for each;
 * it decides what is still to be done, whatever became of processes and queues. `node:sqlite` would do as well, and is not in all
 * Nodes that this program runs on without a warning; what is asked of the record is no more than what a list answers.
 *
 * One process at a time has it; a line that is half written at the end of the file is what a dying machine leaves, and is cut off.
 */
export class Ledger {
  private readonly file: FileHandle;
  private readonly lock: Lock;
  private readonly accounts: LedgerAccounts;
  private last: Promise<void> = Promise.resolve();
  private unsynced = 0;
  private failure: PratiqueError | undefined;
  /** what was cut off at the end when it was opened, in bytes */
  readonly lost: number;

  private constructor(
    file: FileHandle,
    lock: Lock,
    { accounts, lost }: { accounts: LedgerAccounts; lost: number },
  ) {
    this.file = file;
    this.lock = lock;
    this.accounts = accounts;
    this.lost = lost;
  }

  /**
   * Opens a ledger, or begins one.
   * @throws {PratiqueError} `DENIED` where another process has it, `JSON_INVALID` where a line before the last is not as it was written
   *   or the file is none of ours, `NOT_SUPPORTED`, `WRITE_FAILED`
   */
  static async open(named: string, times?: LockTimes): Promise<Ledger> {
    const path = await realpath(named).catch(() => named); // one file has one lock, whatever names lead to it
    const lock = await lockLedger(path, times);
    try {
      const file = await openFile(path);
      try {
        return new Ledger(file, lock, await readAll(file, path));
      } catch (thrown) {
        await file.close();
        throw thrown;
      }
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }

  /** The verdict in effect: the first that was recorded, unless it could pass away and a later one is there. */
  verdictOf(key: string, digest: string): SweptImage | undefined {
    return this.accounts.get(key)?.verdicts.get(digest);
  }

  /** How often it was begun to judge this image. */
  attemptsOf(key: string, digest: string): number {
    return this.accounts.get(key)?.attempts.get(digest) ?? 0;
  }

  expectedOf(key: string): ReadonlyMap<string, SweepItem> {
    return this.accounts.get(key)?.expected ?? new Map();
  }

  verdictsOf(key: string): ReadonlyMap<string, SweptImage> {
    return this.accounts.get(key)?.verdicts ?? new Map();
  }

  /** The key of the last sweep that came to its end before the one of this key; for what changed since. */
  endedBefore(key: string): string | undefined {
    return this.accounts.endedBefore(key);
  }

  /**
   * The key of a sweep that has not come to its end, and may be gone on with: of the same selection on the same terms, begun under this
   * key or on an earlier day; one that gave no sign of life for six hours is over then.
   * @param wanted what says which selection it is
   * @param now milliseconds since 1970
   */
  unfinished(key: string, wanted: string, now: number): string | undefined {
    return this.accounts.unfinished(key, wanted, now);
  }

  /** What a sweep that came to its end saw. */
  seenBy(key: string): readonly SweptImage[] {
    const account = this.accounts.get(key);
    return (account?.ended ?? []).flatMap((digest) => account?.verdicts.get(digest) ?? []);
  }

  /** Why nothing is recorded any more: the disk is full or gone, or another process has the ledger. What is judged from then on is lost. */
  get fault(): PratiqueError | undefined {
    if (this.lock.isLost()) this.failure ??= taken();
    return this.failure;
  }

  /** Adds a record; in order, and on the disk before `settled` resolves. */
  add(record: LedgerRecord): void {
    this.accounts.apply(record);
    this.unsynced += 1;
    const line = formatRecord(record);
    this.last = this.last.then(async () => {
      if (this.fault !== undefined) return; // behind half a line no other may stand
      await this.file.appendFile(line).catch((cause) => this.fail(cause));
    });
  }

  /** @throws {PratiqueError} `WRITE_FAILED`: what was decided since is not recorded */
  async settled(): Promise<void> {
    await this.last;
    const { unsynced } = this;
    if (this.fault === undefined && unsynced > 0) {
      // A disk tells only once that it has lost something; the next time it says that all is well.
      await this.file.datasync().catch((cause) => this.fail(cause));
      this.unsynced -= unsynced;
    }
    if (this.fault !== undefined) throw this.fault;
  }

  async close(): Promise<void> {
    try {
      await this.settled();
    } finally {
      await this.file.close();
      await this.lock.release();
    }
  }

  private fail(cause: unknown): void {
    this.failure ??= notWritten(cause);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  } catch (cause) {
    throw new PratiqueError(
      'WRITE_FAILED',
      {
        what: 'the ledger could not be opened',
        where: printable(path),
        why: (cause as NodeJS.ErrnoException).code ?? 'unknown reason',
        next: 'name a file that you may write to with --ledger',
      },
      { cause },
    );
  }
}

async function readAll(file: FileHandle, path: string): Promise<{ accounts: LedgerAccounts; lost: number }> {
  const accounts = new LedgerAccounts();
  const { size } = await file.stat();
  let rest = Buffer.alloc(0);
  let read = 0;
  let whole = 0; // bytes of lines that are as they were written
  let number = 0;
  while (read < size) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, read);
    if (bytesRead === 0) break;
    read += bytesRead;
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const record = readRecord(rest.subarray(0, end).toString('utf8'));
      number += 1;
      const isLast = read >= size && end + 1 === rest.length;
      if (record === undefined && isLast && number > 1) break;
      if (number === 1 && record?.kind !== 'ledger') throw noLedger(path);
      if (record === undefined) throw broken(path, number);
      if (record.kind === 'ledger' && record.version !== 1) throw otherVersion(path);
      accounts.apply(record);
      whole += end + 1;
      rest = rest.subarray(end + 1);
    }
    if (rest.length > LONGEST_LINE) throw broken(path, number + 1);
  }
  // Somebody's other file must not be cut to nothing for being no ledger.
  if (whole === 0 && !FIRST.startsWith(rest.toString('utf8'))) throw noLedger(path);
  try {
    if (whole < size) await file.truncate(whole);
    if (whole === 0) await file.appendFile(FIRST);
  } catch (cause) {
    throw notWritten(cause);
  }
  return { accounts, lost: size - whole };
}

function noLedger(path: string): PratiqueError {
  return new PratiqueError('JSON_INVALID', {
    what: 'the file is no ledger of sweeps',
    where: printable(path),
    next: 'name another one with --ledger FILE; this one was not touched',
  });
}

function broken(path: string, line: number): PratiqueError {
  return new PratiqueError('JSON_INVALID', {
    what: 'the ledger is not as it was written',
    where: `${printable(path)}:${line}`,
    why: 'its checksum does not fit',
    next: 'restore it, or begin another with --ledger FILE: every image is judged anew then',
  });
}

function otherVersion(path: string): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', {
    what: 'the ledger is of a later version of pratique',
    where: printable(path),
    next: 'use that version, or begin another ledger with --ledger FILE',
  });
}

function notWritten(cause: unknown): PratiqueError {
  return new PratiqueError(
    'WRITE_FAILED',
    {
      what: 'the ledger could not be written',
      why: (cause as NodeJS.ErrnoException).code ?? 'unknown reason',
      next: 'make room; images that are not recorded are judged anew',
    },
    { cause },
  );
}

function taken(): PratiqueError {
  return new PratiqueError('WRITE_FAILED', {
    what: 'another sweep has taken the ledger',
    why: 'this process gave no sign of life for too long',
    next: 'let the other one end; images that are not recorded are judged anew',
  });
}
