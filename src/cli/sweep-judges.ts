import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { pausing } from '../sweep/host-pauses.ts';
import { judgeSurely } from '../sweep/judge-surely.ts';
import { makeProcessPlaces } from '../sweep/process-places.ts';
import type { JudgeItem } from '../sweep/run-sweep.ts';
import type { SweepWatch } from '../sweep/sweep-watch.ts';
import { one } from './common-options.ts';
import { judgingProcesses } from './fork-judges.ts';
import { openBoard, readBoard } from './queue-board.ts';
import { readQueue, readQueueKey, readRates } from './queue-options.ts';
import type { SweepSetting } from './sweep-setting.ts';
import { spanning } from './sweep-spans.ts';
import { type Terminal, warnTo } from './terminal.ts';

/** Who judges the images of a sweep: processes here, or workers behind a queue. */
export interface Judges {
  readonly judge: JudgeItem;
  /** images that they are given at the same time */
  readonly atOnce: number;
  /** Ends them, whatever they do; safe to call twice. */
  end(): Promise<void>;
}

/** Images that wait in a queue at the same time: enough for all workers, and few enough to be looked after. */
const IN_QUEUE = 1000;

/** The option that says how many images are judged here at the same time. */
export function jobsOption(parser: Argv): Argv {
  return parser.option('jobs', {
    alias: 'j',
    type: 'string',
    requiresArg: true,
    describe: 'Images that are judged at the same time; default: one for each processor',
  });
}

/** @throws {PratiqueError} `USAGE` */
export function readJobs(options: Record<string, unknown>): number {
  return readCount('--jobs', one(options, 'jobs')) ?? availableParallelism();
}

/** A number that counts something. @throws {PratiqueError} `USAGE` */
export function readCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new PratiqueError('USAGE', {
    what: `${option} ${quoted(text)} is no number`,
    next: 'write one from 1 to 9999',
  });
}

export interface JudgesOptions {
  readonly setting: SweepSetting;
  readonly jobs: number;
  /** RFC 3339 */
  readonly began: string;
  readonly watch: SweepWatch;
}

/**
 * Finds who judges. Nothing is started before the first image.
 * @throws {PratiqueError} `USAGE`, `NETWORK`, `DENIED`, `NOT_SUPPORTED` for a queue that cannot be used
 */
export async function openJudges(
  { setting, jobs, began, watch }: JudgesOptions,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<Judges> {
  const { gate, key } = setting;
  const secret = readQueueKey(terminal);
  const connection = await readQueue(options, terminal);
  const begin = { key, began };
  if (connection === undefined) {
    const { imageSeconds } = gate.policy.limits;
    const pool = judgingProcesses({ ...begin, places: makeProcessPlaces(jobs), imageSeconds }, terminal);
    const judge = pausing(
      (item) => judgeSurely(item, pool.judge, terminal.now, watch),
      () => terminal.now().getTime(),
      (milliseconds) => setTimeout(milliseconds),
      watch,
    );
    return { judge: await spanning(judge, terminal), atOnce: jobs, end: async () => pool.close() };
  }
  const { makeQueueJudge } = await import('../sweep/queue/judge-by-queue.ts');
  const rateOf = readRates(options);
  const boardAt = readBoard(options, terminal);
  const board = boardAt === undefined ? undefined : await openBoard(boardAt, connection, secret.secret);
  const queue = makeQueueJudge({
    connection,
    ...begin,
    ...secret,
    rateOf,
    watch,
    warn: warnTo(terminal),
    now: () => terminal.now().getTime(),
  });
  return {
    judge: await spanning(queue.judge, terminal),
    atOnce: IN_QUEUE,
    async end() {
      await queue.close();
      await board?.close();
      await connection.close();
    },
  };
}
