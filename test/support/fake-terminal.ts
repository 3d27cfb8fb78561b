import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal that remembers what was written to it. */
export interface FakeTerminal extends Terminal {
  text(): { out: string; err: string };
}

/** Standard input that ends at once, and nobody who could type. */
const nobody: Terminal['in'] = {
  isTTY: false,
  read: async () => '',
  ask: async () => {
    throw new Error('nobody is there');
  },
};

/** A terminal for one command line; no TTY, an environment of its own. */
export function fakeTerminal(argv: readonly string[], options: Partial<Terminal> = {}): FakeTerminal {
  const written = { out: '', err: '' };
  const output = (name: 'out' | 'err') => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY: false,
    columns: 100,
  });
  return {
    argv,
    env: {},
    cwd: process.cwd(),
    now: () => new Date(),
    in: nobody,
    out: output('out'),
    err: output('err'),
    untilStopped: async () => {},
    stop: () => false,
    whenInterrupted: () => {},
    interruption: () => '',
    ...options,
    text: () => ({ ...written }),
  };
}
