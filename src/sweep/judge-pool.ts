import type { ChildProcess } from 'node:child_process';
import { PratiqueError } from '../errors.ts';
import type { SweepItem } from '../model/sweep.ts';
import type { JudgedItem, JudgeRequest } from './judge-messages.ts';
import { JudgeProcess } from './judge-process.ts';
import type { PlaceTaker, ProcessPlaces } from './process-places.ts';

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
  /** where processes are started, each when it is first needed; pools of several sweeps may share them */
  readonly places: ProcessPlaces;
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
 * Images that one process judges: it keeps what it found in layers, and whatever a run leaves behind in memory ends with it. Not few, as
 * Node compiles what runs often while it runs: the first five hundred images cost twice as much as those that follow.
 */
const IMAGES_OF_A_PROCESS = 5_000;
/**
 * Bytes after which a process makes place for another, whatever it has judged: what it keeps of layers grows with each that is new. Two of
 * them fit into the 2 GiB that docs/scale.md gives a worker with two.
 */
const MEMORY_OF_A_PROCESS = 768 * 1024 * 1024;

/** Images that a process judges one after the other while another sweep waits for its place; to start one costs about a second. */
const IMAGES_OF_A_TURN = 50;

/**
 * Makes a pool. An image that takes its process down, or holds it for too long, takes nobody else's: a process has one image at
 * a time (a queue that hands out several fails them all with it).
 */
export function makeJudgePool({ places, start, begin, key, seconds }: JudgePoolOptions): JudgePool {
  const idle: JudgeProcess[] = [];
  const all = new Set<JudgeProcess>();
  const waiting: PromiseWithResolvers<JudgeProcess>[] = [];
  let isClosed = false;
  const taker: PlaceTaker = {
    isWaiting: () => waiting.length > 0,
    start: () => waiting.shift()?.resolve(startOne()),
    spare() {
      const one = idle.shift();
      if (one !== undefined) drop(one);
      return one !== undefined;
    },
  };
  places.enter(taker);

  function free(): Promise<JudgeProcess> | JudgeProcess {
    for (let one = idle.pop(); one !== undefined; one = idle.pop()) {
      if (one.isAlive) return one;
      drop(one);
    }
    if (places.take(taker)) return startOne();
    const waiter = Promise.withResolvers<JudgeProcess>();
    waiting.push(waiter);
    return waiter.promise;
  }

  function startOne(): JudgeProcess {
    const made = new JudgeProcess(start(), begin, key);
    all.add(made);
    return made;
  }

  /** Its place goes to whoever waits, which may be us. */
  function drop(one: JudgeProcess): void {
    one.end();
    if (all.delete(one)) places.give();
  }

  function giveBack(used: JudgeProcess): void {
    const isSpent = !used.isAlive || used.judged >= IMAGES_OF_A_PROCESS || used.memory > MEMORY_OF_A_PROCESS;
    const isTurnOver = waiting.length === 0 || used.judged % IMAGES_OF_A_TURN === 0;
    if (isSpent || (isTurnOver && places.isWantedBesides(taker))) drop(used);
    else if (waiting.length > 0) waiting.shift()?.resolve(used);
    else idle.push(used);
  }

  return {
    async judge(item) {
      if (isClosed) throw ended();
      const judging = await free();
      try {
        return await judging.judge(item, seconds(item));
      } finally {
        if (!isClosed) giveBack(judging);
      }
    },
    close() {
      isClosed = true;
      places.leave(taker);
      for (const waiter of waiting.splice(0)) waiter.reject(ended());
      for (const one of [...all]) drop(one);
    },
  };
}

function ended(): PratiqueError {
  return new PratiqueError('INTERNAL', { what: 'the judging processes are ended already' });
}
