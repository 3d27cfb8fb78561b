import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type JudgePool, makeJudgePool } from '../sweep/judge-pool.ts';
import type { ProcessPlaces } from '../sweep/process-places.ts';
import { withoutQueue } from './queue-options.ts';
import { SWEEP_JUDGE } from './sweep-setting.ts';
import type { Terminal } from './terminal.ts';

/** seconds beyond the deadline of an image: its process has to say that it is over */
const GRACE = 30;

export interface JudgingProcesses {
  readonly key: string;
  /** when the sweep began, RFC 3339 */
  readonly began: string;
  /** shared by all sweeps that this process serves */
  readonly places: ProcessPlaces;
  /** seconds for one name of an image */
  readonly imageSeconds: number;
}

/** Processes that judge as the command line of this one says, with its environment and nothing of its terminal. */
export function judgingProcesses(
  { key, began, places, imageSeconds }: JudgingProcesses,
  terminal: Terminal,
): JudgePool {
  return makeJudgePool({
    places,
    key,
    begin: { kind: 'begin', argv: terminal.argv, at: began },
    seconds: ({ names }) => imageSeconds * names.length + GRACE,
    start: () =>
      spawn(process.execPath, [fileURLToPath(SWEEP_JUDGE)], {
        cwd: terminal.cwd,
        env: withoutQueue(terminal),
        stdio: ['pipe', 'ignore', 'pipe', 'pipe'], // the last is ANSWERS_AT
      }),
  });
}
