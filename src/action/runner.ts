import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { PratiqueError } from '../errors.ts';
import { foreign } from '../report/foreign.ts';
import { commandLine, outputBlock, type RunnerCommand } from './workflow-commands.ts';

/** Everything that the action may touch of its runner; handed in, so that tests need no process. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** writes to the log */
  write(text: string): void;
}

/** The runner of GitHub Actions, as a step speaks to it. */
export interface Runner {
  /** Tells people something; nothing in it is obeyed. */
  log(text: string): void;
  /** An annotation, or another command. */
  command(command: RunnerCommand): void;
  /** @throws {PratiqueError} `WRITE_FAILED` */
  setOutput(name: string, value: string): Promise<void>;
  /** Adds Markdown to the summary of the step. @throws {PratiqueError} `WRITE_FAILED` */
  summarize(markdown: string): Promise<void>;
  /** Lets the runner obey the log again; nothing is written after it. */
  end(): void;
}

/**
 * Begins to speak. From here on the runner obeys no line of the log but those that follow a word that nobody can guess: an
 * image's name or a file's path that says `::error::` stays text, and so does the stack of a crash.
 * @see GitHub, "Workflow commands", `stop-commands`
 */
export function beginRunner({ env, write }: World): Runner {
  const word = randomBytes(16).toString('hex');
  const stop = `::stop-commands::${word}\n`;
  const resume = `::${word}::\n`;
  let atStart = true;
  const say = (text: string) => {
    if (text === '') return;
    write(text);
    atStart = text.endsWith('\n');
  };
  say(stop);
  return {
    log: (text) => say(text),
    command: (command) => say(`${atStart ? '' : '\n'}${resume}${commandLine(command)}\n${stop}`),
    setOutput: (name, value) => append(env['GITHUB_OUTPUT'], outputBlock(name, value)),
    summarize: (markdown) => append(env['GITHUB_STEP_SUMMARY'], markdown),
    end: () => say(`${atStart ? '' : '\n'}${resume}`),
  };
}

/** Outside of a runner there is no such file, and nobody who would read it. */
async function append(file: string | undefined, text: string): Promise<void> {
  if (file === undefined || file === '') return;
  try {
    await appendFile(file, text);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new PratiqueError(
      'WRITE_FAILED',
      { what: 'the runner could not be told the outcome', where: foreign(file), why },
      { cause },
    );
  }
}
