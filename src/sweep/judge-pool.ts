import type { ChildProcess } from 'node:child_process';
import { PratiqueError } from '../errors.ts';
import type { SweepItem } from '../model/sweep.ts';
import type { JudgedItem, JudgeRequest } from './judge-messages.ts';
import { JudgeProcess } from './judge-process.ts';

/** Judges images, each in a process that may die of it. */
export interface JudgePool {
  /**
   * Judges an image as soon as a process is free.
   * @throws {JudgeDied} where the process ended instead; another one takes its place
   * @throws {PratiqueError} where no process can be set up
   */
  judge(item: SweepItem): Promise<JudgedItem>;
  /** Ends all processes, whatever they do. */
  close(): void;
}

export interface JudgePoolOptions {
  /** processes at most; each is started when it is first needed */
  readonly size: number;
  /** starts one, as `JudgeProcess` takes it */
  readonly start: () => ChildProcess;
  /** what each is told first */
  readonly begin: JudgeRequest;
  /** the sweep that every process must see as we do */
  readonly key: string;
  /** how long one image may take, in seconds; then its process is ended */
  readonly seconds: (item: SweepItem) => number;
}

/**
 * Images that one process judges: it keeps what it found in layers, and whatever a run leaves behind in memory ends with it.
 */
const IMAGES_OF_A_PROCESS = 500;
/** bytes; it holds an image's layers in passing, some hundred megabytes, and what stays beyond that has leaked */
const MEMORY_OF_A_PROCESS = 1024 * 1024 * 1024;

/**
 * Makes a pool. An image that takes its process down, or holds it for too long, takes nobody else's: a process has one image at
 * a time (a queue that hands out several fails them all with it).
 */
export function makeJudgePool({ size, start, begin, key, seconds }: JudgePoolOptions): JudgePool {
  const idle: JudgeProcess[] = [];
  const all = new Set<JudgeProcess>();
  const waiting: ((process: JudgeProcess) => void)[] = [];
  let isClosed = false;

  function free(): Promise<JudgeProcess> | JudgeProcess {
    for (let one = idle.pop(); one !== undefined; one = idle.pop()) {
      if (one.isAlive) return one;
      all.delete(one);
    }
    if (all.size < size) return startOne();
    return new Promise((resolve) => waiting.push(resolve));
  }

  function startOne(): JudgeProcess {
    const made = new JudgeProcess(start(), begin, key);
    all.add(made);
    return made;
  }

  function giveBack(used: JudgeProcess): void {
    let next: JudgeProcess | undefined = used;
    if (!used.isAlive || used.judged >= IMAGES_OF_A_PROCESS || used.memory > MEMORY_OF_A_PROCESS) {
      used.end();
      all.delete(used);
      next = undefined;
    }
    const waiter = waiting.shift();
    if (waiter !== undefined) waiter(next ?? startOne());
    else if (next !== undefined) idle.push(next);
  }

  return {
    async judge(item) {
      if (isClosed) throw new PratiqueError('INTERNAL', { what: 'the judging processes are ended already' });
      const judging = await free();
      try {
        return await judging.judge(item, seconds(item));
      } finally {
        if (!isClosed) giveBack(judging);
      }
    },
    close() {
      isClosed = true;
      for (const one of all) one.end();
    },
  };
}
