import { randomUUID } from 'node:crypto';

/** A line that the runner obeys: an annotation. */
export interface RunnerCommand {
  readonly name: 'error' | 'warning' | 'notice';
  /** in the order in which they are written; those without a value are left out */
  readonly properties: Readonly<Record<string, string | number | undefined>>;
  readonly message: string;
}

/**
 * A command as the runner reads it, without a line break at its end. What is `@actions/core` for others is these lines: it brings an
 * HTTP client and a second undici along, 20,000 lines of bundle. A test holds them against it, byte for byte.
 * @see actions/runner, ActionCommand.cs; actions/toolkit, core/src/command.ts
 */
export function commandLine({ name, properties, message }: RunnerCommand): string {
  const said = Object.entries(properties).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [`${key}=${escapeProperty(String(value))}`],
  );
  return `::${name}${said.length === 0 ? '' : ` ${said.join(',')}`}::${escapeData(message)}`;
}

/**
 * An output, to be appended to the runner's file. What ends it is chosen by chance: a value with line breaks, such as
 * `x\nverdict=admitted`, cannot set another output.
 * @see actions/runner, FileCommandManager.cs
 */
export function outputBlock(name: string, value: string, word = `end_${randomUUID()}`): string {
  return `${name}<<${word}\n${value}\n${word}\n`;
}

function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
