import { answerRequests } from '../sweep/judge-door.ts';
import type { JudgeAnswer, JudgeRequest } from '../sweep/judge-messages.ts';
import { parseCommandLine } from './command-line.ts';
import { sweepCommand } from './sweep-command.ts';
import { readSweepSetting } from './sweep-setting.ts';
import { processTerminal } from './terminal.ts';
import { workerCommand } from './worker-command.ts';

/**
 * The door of a process that judges for a sweep. It has the environment and the credentials of the one who started it, and no
 * terminal: what it has to say goes through the channel.
 */
const terminal = { ...processTerminal(), out: silent(), err: silent() };
process.on('disconnect', () => process.exit()); // the sweep is gone, and nobody would hear what is found

answerRequests(
  {
    send: (answer: JudgeAnswer) => void process.send?.(answer),
    on: (listener) => void process.on('message', (message) => listener(message as JudgeRequest)),
  },
  async ({ argv, at }) => {
    const wish = await parseCommandLine(argv, [sweepCommand, workerCommand], 80);
    if (!('command' in wish)) throw new TypeError('a sweep was begun with a command line that is none');
    return await readSweepSetting(wish.options, terminal, new Date(at));
  },
  () => new Date(),
);

function silent() {
  return { write() {}, isTTY: false, columns: 80 };
}
