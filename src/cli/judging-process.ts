import { writeFileSync } from 'node:fs';
import { answerRequests, channelToStarter } from '../sweep/judge-door.ts';
import { parseCommandLine } from './command-line.ts';
import { COMMANDS } from './commands.ts';
import { readSweepSetting } from './sweep-setting.ts';
import { processTerminal } from './terminal.ts';

/**
 * The door of a process that judges for a sweep. It has the environment and the credentials of the one who started it, and no
 * terminal: what it has to say goes through the channel.
 */
const terminal = { ...processTerminal(), out: silent(), err: silent() };
beFirstToDie();

answerRequests(
  channelToStarter(),
  async ({ argv, at }) => {
    const wish = await parseCommandLine(argv, COMMANDS, 80);
    if (!('command' in wish)) throw new TypeError('a sweep was begun with a command line that is none');
    return await readSweepSetting(wish.options, terminal, new Date(at));
  },
  () => new Date(),
);

/** Where memory runs out Linux ends a process: this one is tried again, and the sweep is not. */
function beFirstToDie(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // no Linux, or none that lets us
  }
}

function silent() {
  return { write() {}, isTTY: false, columns: 80 };
}
