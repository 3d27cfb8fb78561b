import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { VERSION } from '../version.ts';
import { type Command, type CommandEntry, parseCommandLine, type Wish } from './command-line.ts';
import { many } from './common-options.ts';
import type { Terminal } from './terminal.ts';

/** What Docker asks every plugin for before it lists or runs it. */
const METADATA = 'docker-cli-plugin-metadata';

/**
 * Reads what Docker hands on: its own command line, the name of the plugin among its words, and before that the options that say
 * which engine is meant.
 * @param terminal its first word is that of `bin/docker-pratique.js`
 * @throws {PratiqueError} `USAGE`
 * @see docker/cli, cli-plugins/manager/metadata.go and manager.go, `PluginRunCommand`
 */
export async function understandPlugin({ argv, out }: Terminal): Promise<Wish> {
  const [, ...words] = argv;
  if (words[0] === METADATA) return { answer: JSON.stringify(metadata()) };
  const { rest, engine } = readGlobal(words);
  const wish = await parseCommandLine(rest, PLUGIN_COMMANDS, out.columns, 'docker pratique').catch(
    inOurWords,
  );
  if ('answer' in wish) return wish;
  const { command, options } = wish;
  const run: Command['run'] = (given, terminal) =>
    command.run(given, { ...terminal, env: { ...terminal.env, ...engine } });
  return { command: { ...command, run }, options };
}

/** What to write instead has to be what can be written to docker. */
function inOurWords(thrown: unknown): never {
  if (!(thrown instanceof PratiqueError)) throw thrown;
  const told = Object.entries(thrown.problem).map(([name, text]) => [
    name,
    text.replaceAll(/(?<!docker )pratique (?=check|push|--help)/g, 'docker pratique '),
  ]);
  throw new PratiqueError(thrown.code, Object.fromEntries(told));
}

function metadata() {
  return {
    SchemaVersion: '0.1.0',
    Vendor: 'pratique',
    Version: VERSION,
    ShortDescription: 'Judge images of this engine, and push those that are admitted',
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Options of docker itself, and what its client takes in their place from the environment. */
const GLOBAL: Readonly<Record<string, (value: string) => Environment>> = {
  '--config': (value) => ({ DOCKER_CONFIG: value }),
  '--context': (value) => ({ DOCKER_CONTEXT: value, DOCKER_HOST: undefined }),
  '-c': (value) => ({ DOCKER_CONTEXT: value, DOCKER_HOST: undefined }),
  '--host': (value) => ({ DOCKER_HOST: value, DOCKER_CONTEXT: undefined }),
  '-H': (value) => ({ DOCKER_HOST: value, DOCKER_CONTEXT: undefined }),
  '--log-level': () => ({}),
  '-l': () => ({}),
};

/** Options without a value. */
const FLAGS: Readonly<Record<string, Environment>> = {
  '--debug': {},
  '-D': {},
  '--tls': { DOCKER_TLS: '1' },
  '--tlsverify': { DOCKER_TLS_VERIFY: '1' },
};

function readGlobal(words: readonly string[]): { rest: readonly string[]; engine: Environment } {
  let engine: Environment = {};
  let waiting: ((value: string) => Environment) | undefined;
  for (const [at, word] of words.entries()) {
    const [, name = '', value] = /^(--?[^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const takes = GLOBAL[name];
    const flag = value === undefined || value === 'true' ? FLAGS[name] : undefined;
    if (waiting !== undefined) {
      engine = { ...engine, ...waiting(word) };
      waiting = undefined;
    } else if (word === 'pratique') return { rest: words.slice(at + 1), engine };
    else if (takes !== undefined && value === undefined) waiting = takes;
    else if (takes !== undefined) engine = { ...engine, ...takes(value ?? '') };
    else if (flag !== undefined) engine = { ...engine, ...flag };
    else throw word.startsWith('-') ? unknown(word) : notByDocker();
  }
  throw notByDocker();
}

function unknown(word: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: `docker pratique does not hand ${quoted(word)} on to the engine`,
    next: 'make a context with docker context create, and name it with --context',
  });
}

function notByDocker(): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'this is a plugin of Docker, which calls it',
    next: 'see docker pratique --help',
  });
}

const inEngine = (image: string) => `docker-daemon:${image}`;

/** `docker pratique check IMAGE…`: as `pratique check`, of the engine's images. */
async function loadCheck(): Promise<Command> {
  const { checkCommand, checkOptions } = await import('./check-command.ts');
  return {
    options: (parser) =>
      checkOptions(parser)
        .positional('image', {
          type: 'string',
          array: true,
          describe: 'Images as docker image ls names them',
        })
        .example('$0 check shop:1.4', 'judge what docker build has made'),
    run: (options, terminal) =>
      checkCommand.run({ ...options, image: many(options, 'image')?.map(inEngine) }, terminal),
  };
}

/** `docker pratique push IMAGE`: as `pratique promote` from the engine to the place that the image's name says. */
async function loadPush(): Promise<Command> {
  const { promoteCommand, promoteOptions } = await import('./promote-command.ts');
  return {
    options: (parser) =>
      promoteOptions(parser)
        .positional('image', {
          type: 'string',
          describe: 'REGISTRY/REPOSITORY[:TAG] as docker push takes it',
        })
        .example('$0 push ghcr.io/acme/shop:1.4', 'judge it, and push what was judged')
        .example('$0 push ghcr.io/acme/shop:1.4 --key gate.key', 'and attest it before the tag moves'),
    run(options, terminal) {
      const image = String(options['image']);
      return promoteCommand.run({ ...options, source: inEngine(image), target: image }, terminal);
    },
  };
}

const PLUGIN_COMMANDS: readonly CommandEntry[] = [
  { name: 'check [image..]', about: 'Judge images of the local engine', load: loadCheck },
  {
    name: 'push <image>',
    about: 'Judge an image of the local engine, and push it if it is admitted, the tag last',
    load: loadPush,
  },
];
