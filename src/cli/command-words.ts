import type { Argv, Options, PositionalOptions } from 'yargs';
import type { CommandEntry } from './command-line.ts';

/** A command as data: what completion and the manual page are made of. */
export interface CommandWords {
  /** `check` */
  readonly name: string;
  /** `check [image..]` */
  readonly usage: string;
  readonly about: string;
  readonly options: readonly OptionWords[];
  readonly positionals: readonly OptionWords[];
  readonly examples: readonly { readonly line: string; readonly about: string }[];
}

/** An option, or a word that stands without one. */
export interface OptionWords {
  /** without its dashes */
  readonly name: string;
  /** one letter */
  readonly alias?: string;
  readonly about: string;
  readonly takesValue: boolean;
  readonly isRepeatable: boolean;
  /** what it may be; empty: anything */
  readonly choices: readonly string[];
}

/** What a command declares to the parser, written down. */
export async function wordsOf({ name: usage, about, load }: CommandEntry): Promise<CommandWords> {
  const options: OptionWords[] = [];
  const positionals: OptionWords[] = [];
  const examples: { line: string; about: string }[] = [];
  const said = {
    option: (name: string, spec: Options) => options.push(optionWords(name, spec)),
    positional: (name: string, spec: PositionalOptions) => positionals.push(optionWords(name, spec)),
    example: (line: string, what: string) =>
      examples.push({ line: line.replaceAll('$0', 'pratique'), about: what }),
  };
  // Stands in for the parser: it takes every call, writes down these three, and gives itself for the next.
  const parser: object = new Proxy(said, {
    get(target, method) {
      return (...given: unknown[]) => {
        if (Object.hasOwn(target, method))
          (target as Record<PropertyKey, (...all: never[]) => unknown>)[method]?.(...(given as never[]));
        return parser;
      };
    },
  });
  (await load()).options(parser as Argv);
  return { name: usage.split(' ')[0] ?? usage, usage, about, options, positionals, examples };
}

/** What an option and a word without one have in common. */
type Declared = Pick<Options, 'alias' | 'describe' | 'array' | 'choices'> & {
  readonly type?: string | undefined;
};

function optionWords(name: string, { alias, describe, type, array, choices }: Declared): OptionWords {
  return {
    name,
    ...(typeof alias === 'string' ? { alias } : {}),
    about: typeof describe === 'string' ? describe : '',
    takesValue: type !== 'boolean',
    isRepeatable: array === true,
    choices: (choices ?? []).map(String),
  };
}
