import type { Command } from './command-line.ts';
import { ADMITTED, UNDECIDED } from './exit-code.ts';
import { wantsColour } from './terminal.ts';

/** `pratique demo`: the gate at work, with a registry of its own, no network and no set-up. */
export const demoCommand: Command = {
  options: (parser) =>
    parser.example('$0 demo', 'needs no network and leaves nothing but a folder to look at'),
  async run(_options, terminal) {
    const { runDemo } = await import('../demo/run-demo.ts'); // no other command needs its registry
    const asExpected = await runDemo({
      write: (text) => terminal.out.write(text),
      colour: wantsColour(terminal.out, terminal.env),
      width: terminal.out.columns,
      now: terminal.now,
    });
    return asExpected ? ADMITTED : UNDECIDED;
  },
};
