import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';

/** Who holds a ledger. */
interface Holder {
  readonly pid: number;
  readonly host: string;
}

const TRIES = 5;

/**
 * Takes a ledger for this process: two that write at once would judge everything twice. What a process left behind that was
 * killed is taken away; of another machine it cannot be known, and is told.
 * @returns gives it back
 * @throws {PratiqueError} `DENIED`, `WRITE_FAILED`
 */
export async function lockLedger(ledger: string): Promise<() => Promise<void>> {
  const path = `${ledger}.lock`;
  for (let tries = 0; tries < TRIES; tries++) {
    if (await take(path)) return () => rm(path, { force: true });
    const holder = await readHolder(path);
    if (holder === undefined) continue; // given back meanwhile
    if (holder.host !== hostname() || isAlive(holder.pid)) throw held(ledger, holder);
    await takeAway(path, holder);
  }
  throw held(ledger, undefined);
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
  if (found?.pid !== dead.pid) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder));
    } finally {
      await file.close();
    }
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
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
    const { pid, host } = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    return { pid: typeof pid === 'number' ? pid : 0, host: typeof host === 'string' ? host : '' };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return { pid: 0, host: hostname() }; // half written, by somebody who died of it
  }
}

/** Another user's process is alive, too: `kill` is not allowed then, and says so. */
function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function held(ledger: string, holder: Holder | undefined): PratiqueError {
  return new PratiqueError('DENIED', {
    what: 'another sweep has the ledger',
    where: printable(ledger),
    ...(holder && { why: `process ${holder.pid} on ${printable(holder.host)} holds it` }),
    next: `wait for it; if it is gone for certain, remove ${printable(ledger)}.lock`,
  });
}
