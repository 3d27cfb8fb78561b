import { type Command, type Pipeline, readScript, type Word } from './shell-script.ts';

/** A script from the net that is run unseen: what brings it, and what runs it. */
export interface RemoteScript {
  readonly downloader: string;
  readonly interpreter: string;
}

const DOWNLOADERS: ReadonlySet<string> = new Set(['curl', 'wget', 'fetch', 'aria2c', 'http', 'https']);
const SHELLS = /^(?:ba|da|a|z|k|fi)?sh$/;
const LANGUAGES = /^(?:python[0-9.]*|perl|ruby|node|php)$/;
const EVALUATORS: ReadonlySet<string> = new Set(['eval', 'source', '.']);
/** Programs that run the command that follows them, each with its options that take a value. */
const PREFIXES: ReadonlyMap<string, RegExp> = new Map([
  ['sudo', /^-[ugpCDhRrTt]$/],
  ['doas', /^-[uC]$/],
  ['env', /^-[uCS]$/],
  ['exec', /^-a$/],
  ['command', /^$/],
  ['builtin', /^$/],
  ['nohup', /^$/],
  ['busybox', /^$/],
  ['nice', /^-n$/],
  ['timeout', /^-[ks]$/],
]);
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;
const REDIRECTION = /^[0-9]*(?:[<>]|&>)/;

const DEEPEST = 8; // scripts inside scripts; people nest two or three

/**
 * A place of a script where what was downloaded is run without having been looked at. What stands inside is read level by
 * level, each text once: `sh -c "$(sh -c "$(…` holds the same script twice at each level, as a word and as a command.
 */
export function findRemoteScript(script: string): RemoteScript | undefined {
  const seen = new Set([script]);
  let level = [script];
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth++) {
    const pipelines = level.flatMap((text) => readScript(text));
    for (const pipeline of pipelines) {
      const found = piped(pipeline) ?? pipeline.map(substituted).find((one) => one !== undefined);
      if (found !== undefined) return found;
    }
    level = pipelines
      .flat()
      .flatMap(scriptsIn)
      .filter((text) => !seen.has(text) && seen.add(text));
  }
  return undefined;
}

/** `curl … | sudo bash -s`: an interpreter that reads its script from what came down. */
function piped(pipeline: Pipeline): RemoteScript | undefined {
  let downloader: string | undefined;
  for (const command of pipeline) {
    const [program, ...rest] = runBy(command);
    const name = nameOf(program);
    if (downloader !== undefined && readsScript(name, rest)) return { downloader, interpreter: name };
    if (DOWNLOADERS.has(name)) downloader ??= name;
  }
  return undefined;
}

/** `sh -c "$(curl …)"`, `bash <(curl …)`, `eval "$(curl …)"`. */
function substituted(command: Command): RemoteScript | undefined {
  const [program, ...rest] = runBy(command);
  const name = nameOf(program);
  if (!SHELLS.test(name) && !LANGUAGES.test(name) && !EVALUATORS.has(name)) return undefined;
  for (const word of rest) {
    const downloader = isScript(word) ? downloaderOf(word) : undefined;
    if (downloader !== undefined) return { downloader, interpreter: name };
  }
  return undefined;
}

/** What stands inside a command and is run: `$(…)` and the like, and the script of `sh -c`. */
function scriptsIn(command: Command): readonly string[] {
  const [program, ...rest] = runBy(command);
  const script = SHELLS.test(nameOf(program)) ? textOfC(rest) : undefined;
  const inner = command.words.flatMap((word) => word.inner);
  return script === undefined ? inner : [...inner, script];
}

/** A word that is nothing but the output of a command: inside a longer one, it is a part of a script or path. */
function isScript({ text }: Word): boolean {
  return /^(?:\$\(|`|<\()/.test(text);
}

function downloaderOf({ inner }: Word): string | undefined {
  const commands = inner.flatMap((script) => readScript(script)).flat();
  return commands.map((command) => nameOf(runBy(command)[0])).find((name) => DOWNLOADERS.has(name));
}

/** The script of `sh -c SCRIPT`. */
function textOfC(words: readonly Word[]): string | undefined {
  const at = words.findIndex(({ text }) => /^-[a-zA-Z]*c$/.test(text));
  return at < 0 ? undefined : words[at + 1]?.text;
}

/** Whether an interpreter takes its script from standard input: no file and no script is named. */
function readsScript(name: string, words: readonly Word[]): boolean {
  const texts = words.map(({ text }) => text);
  if (SHELLS.test(name)) {
    if (texts.some((text) => /^-[a-zA-Z]*c$/.test(text))) return false;
    if (texts.some((text) => /^-[a-zA-Z]*s$/.test(text))) return true;
    return isInput(operandsOf(texts)[0]);
  }
  return LANGUAGES.test(name) && isInput(operandsOf(texts)[0]) && !hasProgram(texts);
}

function isInput(operand: string | undefined): boolean {
  return operand === undefined || operand === '-' || operand === '/dev/stdin';
}

/** `-c`, `-e`, `-m` and the like: the program is named, and standard input is its data. */
function hasProgram(texts: readonly string[]): boolean {
  return texts.some((text) => /^-[a-zA-Z]*[cemnprR]/.test(text) || text.startsWith('--eval'));
}

/** Words that are neither options nor redirections, nor the value of `-o` and `-O`. */
function operandsOf(texts: readonly string[]): readonly string[] {
  return texts.filter(
    (text, at) =>
      (text === '-' || !text.startsWith('-')) &&
      !REDIRECTION.test(text) &&
      !/^[-+]?[oO]$/.test(texts[at - 1] ?? '') &&
      !/^[0-9]*[<>]+$/.test(texts[at - 1] ?? ''),
  );
}

/** The words of what a command runs in the end: after assignments, and behind `sudo -E env X=1`. */
function runBy({ words }: Command): readonly Word[] {
  let at = 0;
  for (;;) {
    while (ASSIGNMENT.test(words[at]?.text ?? '')) at++;
    const options = PREFIXES.get(nameOf(words[at]));
    if (options === undefined) return words.slice(at);
    const isTimeout = nameOf(words[at]) === 'timeout';
    at++;
    while (words[at]?.text.startsWith('-') === true) at += options.test(words[at]?.text ?? '') ? 2 : 1;
    if (isTimeout) at++; // its duration
  }
}

function nameOf(word: Word | undefined): string {
  const text = word?.text ?? '';
  return text.slice(text.lastIndexOf('/') + 1);
}
