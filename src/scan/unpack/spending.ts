import { setImmediate } from 'node:timers/promises';
import { PratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import { printable } from '../../model/printable.ts';

/** Bytes after which timers and sockets have their turn, and for how many a member counts that holds none. */
const TURN = 1024 * 1024;
const MEMBER = 1024;

/** What the archives of one layer have come to, all together. */
export class Spending {
  private readonly limits: Limits;
  private readonly where: string;
  private readonly isOver: () => boolean;
  private bytes = 0;
  private members = 0;
  /** bytes since others had their turn */
  private sinceTurn = 0;

  /** @param isOver asked at every step */
  constructor(limits: Limits, where: string, isOver: () => boolean) {
    this.limits = limits;
    this.where = where;
    this.isOver = isOver;
  }

  /** @param path of what they are in @throws {PratiqueError} `LIMIT_EXCEEDED`, `TIMEOUT` */
  countBytes(count: number, path: string): void {
    if (this.isOver()) throw this.tooLate();
    this.bytes += count;
    this.sinceTurn += count;
    const { archiveBytes } = this.limits;
    if (this.bytes > archiveBytes)
      throw this.tooMuch(
        `the archives in the layer unpack to more than ${archiveBytes} bytes`,
        'archive-bytes',
        path,
      );
  }

  /** @throws {PratiqueError} `LIMIT_EXCEEDED`, `TIMEOUT` */
  countMember(): void {
    if (this.isOver()) throw this.tooLate();
    this.members++;
    this.sinceTurn += MEMBER;
    const { archiveMembers } = this.limits;
    if (this.members > archiveMembers)
      throw this.tooMuch(
        `the archives in the layer hold more than ${archiveMembers} things`,
        'archive-members',
      );
  }

  /** Whether timers and sockets should have their turn: a deadline that never gets its turn ends nothing. */
  get isTurn(): boolean {
    return this.sinceTurn >= TURN;
  }

  /** Lets them. */
  async giveTurn(): Promise<void> {
    this.sinceTurn = 0;
    await setImmediate();
  }

  /** The fault of going past a limit of the policy. */
  tooMuch(what: string, limit: string, path?: string): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what,
      where: path === undefined ? this.where : `${this.where}, ${printable(path)}`,
      next: `raise limits.${limit} in the policy if this is meant`,
    });
  }

  private tooLate(): PratiqueError {
    const what = 'the run was over before the archives in the layer were read';
    return new PratiqueError('TIMEOUT', { what, where: this.where });
  }
}
