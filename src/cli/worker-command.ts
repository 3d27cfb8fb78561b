import { PratiqueError, toPratiqueError } from '../errors.ts';
import type { SweepItem } from '../model/sweep.ts';
import { foreign } from '../report/foreign.ts';
import { judgeSurely } from '../sweep/judge-surely.ts';
import { makeProcessPlaces } from '../sweep/process-places.ts';
import type { WaitingSweep } from '../sweep/queue/waiting-sweeps.ts';
import type { PassedOver, WorkEvent } from '../sweep/queue/work.ts';
import type { SweepWatch } from '../sweep/sweep-watch.ts';
import type { Command } from './command-line.ts';
import { ADMITTED } from './exit-code.ts';
import { judgingProcesses } from './fork-judges.ts';
import { boardOption, openBoard, readBoard } from './queue-board.ts';
import { queueOptions, readQueue, readQueueKey } from './queue-options.ts';
import { jobsOption, readJobs } from './sweep-judges.ts';
import { metricsOption, openSweepMetrics } from './sweep-metrics.ts';
import { readSweepSetting, sweepSettingOptions } from './sweep-setting.ts';
import { spanning } from './sweep-spans.ts';
import type { Terminal } from './terminal.ts';

/** `pratique worker`: judge what sweeps on other machines put into a queue. */
export const workerCommand: Command = {
  options: (parser) =>
    boardOption(metricsOption(queueOptions(jobsOption(sweepSettingOptions(parser))))).example(
      '$0 worker --queue redis://queue.acme.dev --policy pratique.yaml',
      'on as many machines as wanted, with the same policy',
    ),
  async run(options, terminal) {
    const size = readJobs(options);
    const secret = readQueueKey(terminal);
    const boardAt = readBoard(options, terminal);
    await readSweepSetting(options, terminal, terminal.now()); // what is wrong with it is told before it joins anything
    const connection = await readQueue(options, terminal);
    if (connection === undefined) throw noQueue();
    const metrics = await openSweepMetrics(options);
    const { watch } = metrics;
    const places = makeProcessPlaces(size);
    const board = boardAt === undefined ? undefined : await openBoard(boardAt, connection, secret.secret);
    const { startWork } = await import('../sweep/queue/work.ts');
    const judgeFor = async (sweep: WaitingSweep) => {
      const { gate, key } = await readSweepSetting(options, terminal, new Date(sweep.began));
      if (key !== sweep.key) return undefined;
      const { imageSeconds } = gate.policy.limits;
      const pool = judgingProcesses({ key, began: sweep.began, places, imageSeconds }, terminal);
      return {
        judge: await spanning(
          (item: SweepItem) => judgeSurely(item, pool.judge, terminal.now, watch),
          terminal,
        ),
        end: pool.close,
      };
    };
    const work = startWork({
      connection,
      atOnce: size,
      ...secret,
      judgeFor,
      now: () => terminal.now().getTime(),
      onEvent(event) {
        count(event, watch);
        tell(event, terminal);
      },
    });
    log(terminal, {
      event: 'ready',
      jobs: size,
      ...(metrics.server && { metrics: metrics.server.port }),
      ...(board && { board: board.port }),
    });
    await terminal.untilStopped();
    await work.stop();
    await board?.close();
    await connection.close();
    await metrics.close();
    log(terminal, { event: 'ended' });
    return ADMITTED;
  },
};

function count(event: WorkEvent, watch: SweepWatch): void {
  if (event.kind === 'judged') watch.judged(event.image);
  if (event.kind === 'paused') watch.paused();
  if (event.kind === 'failed') watch.queueFailed();
}

const WHYS: Readonly<Record<PassedOver, string>> = {
  terms:
    'it was begun under another policy, other rules, another version or to do something else with verdicts',
  seal: 'it is not sealed with the PRATIQUE_QUEUE_KEY of this worker, or of another version',
  unfit: 'this worker cannot judge for it',
};

function tell(event: WorkEvent, terminal: Terminal): void {
  log(terminal, { event: event.kind, ...detailsOf(event) });
}

function detailsOf(event: WorkEvent): object {
  switch (event.kind) {
    case 'joined':
    case 'left':
      return { registry: event.sweep.registry, key: event.sweep.key };
    case 'passed over': {
      const { queue, sweep } = event.told;
      return { ...(sweep ? { registry: sweep.registry, key: sweep.key } : { queue }), why: WHYS[event.why] };
    }
    case 'judged': {
      const { digest, result, seconds, names } = event.image;
      return { digest, result, seconds, names: names.length };
    }
    case 'paused':
      return { registry: event.registry, seconds: event.seconds };
    case 'failed':
      return { why: toPratiqueError(event.why).message };
  }
}

/** A line of JSON for each thing that happens: a worker is read by programs. */
function log({ out, now }: Terminal, entry: object): void {
  out.write(`${foreign(JSON.stringify({ at: now().toISOString(), ...entry }), 4096)}\n`);
}

function noQueue(): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'no queue is named',
    next: 'name one with --queue redis://HOST[:PORT], or in PRATIQUE_QUEUE',
  });
}
