import { pad, wrap } from '../report/terminal/columns.ts';
import type { CommandEntry } from './command-line.ts';

/**
 * The help of the program as a whole. It is laid out here, from what is known without loading any command or the reader of command
 * lines: that takes twice as long as Node itself to start.
 * @param epilogue what stands below the commands
 * @param width cells
 */
export function topHelp(commands: readonly CommandEntry[], epilogue: string, width: number): string {
  const rows = commands.map(({ name, about }) => [`pratique ${name}`, about] as const);
  const options = [
    ['-h, --help', 'Show this, or the help of a command behind its name'],
    ['--version', 'Show the version'],
  ] as const;
  const left = Math.max(...rows.map(([name]) => name.length)) + 4;
  const lay = ([name, about]: readonly [string, string]) =>
    wrap(about, width - left).map((line, index) => `${pad(index === 0 ? `  ${name}` : '', left)}${line}`);
  return [
    'pratique COMMAND',
    '',
    'The gate that decides whether a container image may enter.',
    '',
    'Commands:',
    ...rows.flatMap(lay),
    '',
    'Options:',
    ...options.flatMap(lay),
    '',
    'Examples:',
    ...EXAMPLES.map((line) => `  ${line}`),
    '',
    epilogue,
  ].join('\n');
}

const EXAMPLES = [
  'pratique init                            to begin with, in a repository',
  'pratique check ghcr.io/acme/shop:1.4     judge an image',
  'pratique check --help                    everything that check takes, with examples',
];
