import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';

/** Who holds a ledger. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** where `pid` means this process: a container has its own numbers, and all of them begin with 1 */
  readonly place: string;
  /** of the process: the next one of the same number has another */
  readonly nonce: string;
}

export interface LockTimes {
  /** milliseconds between two signs of life */
  readonly beat: number;
  /** milliseconds without one after which a holder that cannot be asked counts as gone */
  readonly lease: number;
}

const TIMES: LockTimes = { beat: 3_000, lease: 15_000 };
const TRIES = 5;
const ME: Holder = { pid: process.pid, host: hostname(), place: placeOfNumbers(), nonce: randomUUID() };

/** A ledger that is ours. */
export interface Lock {
  /** whether somebody took it meanwhile: this process was held up for longer than a lease */
  isLost(): boolean;
  release(): Promise<void>;
}

/**
 * Takes a ledger for this process: two that write at once would judge everything twice. What a process left behind that was killed
 * is taken away: at once where that process can be looked for, else when it has given no sign of life for a while (a pod that was
 * killed on another node leaves its lock on the volume).
 * @throws {PratiqueError} `DENIED`, `WRITE_FAILED`
 */
export async function lockLedger(ledger: string, times: LockTimes = TIMES): Promise<Lock> {
  const path = `${ledger}.lock`;
  for (let tries = 0; tries < TRIES; tries++) {
    if (await take(path)) return keep(path, times);
    const holder = await readHolder(path);
    if (holder === undefined) continue; // given back meanwhile
    if (!(await isGone(path, holder, times))) throw held(ledger, holder);
    await takeAway(path, holder);
  }
  throw held(ledger, undefined);
}

/** Gives signs of life, by the time of the file: it is the clock of whoever has the file that counts, for both sides. */
function keep(path: string, { beat }: LockTimes): Lock {
  let isLost = false;
  let isReleased = false;
  const timer = setInterval(async () => {
    const holder = await readHolder(path).catch(() => ME); // a disk that cannot be read says nothing
    if (isReleased) return;
    if (holder?.nonce !== ME.nonce) isLost = true;
    else await utimes(path, new Date(), new Date()).catch(() => {});
  }, beat);
  timer.unref();
  return {
    isLost: () => isLost,
    async release() {
      isReleased = true;
      clearInterval(timer);
      if (!isLost) await rm(path, { force: true });
    },
  };
}

async function isGone(path: string, holder: Holder, { lease }: LockTimes): Promise<boolean> {
  if (holder.place === ME.place) {
    if (holder.pid === ME.pid) return holder.nonce !== ME.nonce;
    if (!isAlive(holder.pid)) return true;
  }
  const before = await beatOf(path);
  for (let waited = 0; waited < lease; waited += lease / 30) {
    await setTimeout(lease / 30);
    if ((await beatOf(path)) !== before) return false;
  }
  return true;
}

async function beatOf(path: string): Promise<string> {
  const { mtimeMs, ino } = await stat(path).catch(() => ({ mtimeMs: 0, ino: 0 }));
  return `${mtimeMs} ${ino}`;
}

/** Moves it aside and looks again: between the look and the move somebody else may have taken the ledger. */
async function takeAway(path: string, dead: Holder): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return; // somebody else was quicker
  }
  const found = await readHolder(aside);
  if (found?.nonce !== dead.nonce) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify(ME));
    } finally {
      await file.close();
    }
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOSPC' || code === 'EDQUOT') await rm(path, { force: true }); // ours, and half written
    const problem = {
      what: 'the ledger could not be opened',
      where: printable(path),
      why: code ?? 'unknown reason',
      next: 'name a file in a folder that you may write to with --ledger',
    };
    throw new PratiqueError('WRITE_FAILED', problem, { cause });
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const { pid, host, place, nonce } = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    return {
      pid: typeof pid === 'number' ? pid : 0,
      host: typeof host === 'string' ? host : '',
      place: typeof place === 'string' ? place : '',
      nonce: typeof nonce === 'string' ? nonce : '',
    };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (!(thrown instanceof SyntaxError)) throw thrown;
    return { pid: 0, host: '', place: '', nonce: '' }; // half written: by somebody who is at it, or died of it
  }
}

/** Another user's process is alive, too: `kill` is not allowed then, and says so. */
function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The machine since it was started, and the space of process numbers on it. */
function placeOfNumbers(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function held(ledger: string, holder: Holder | undefined): PratiqueError {
  return new PratiqueError('DENIED', {
    what: 'another sweep has the ledger',
    where: printable(ledger),
    ...(holder && { why: `process ${holder.pid} on ${quotedHost(holder)} holds it` }),
    next: 'wait for it, or name another with --ledger',
  });
}

function quotedHost({ host }: Holder): string {
  return host === '' ? 'an unknown machine' : printable(host);
}
