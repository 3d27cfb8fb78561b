import type { Command } from './command-line.ts';
import { ADMITTED, UNDECIDED } from './exit-code.ts';
import { wantsColour } from './terminal.ts';

/** `pratique demo`: the gate at work, with a registry of its own, no network and no set-up. */
export const demoCommand: Command = {
  name: 'demo',
  about: 'See the gate at work: three images, three verdicts; no network, no set-up',
  options: (parser) => parser,
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
