/** One line of a build history, as far as it can be told what the Dockerfile said. */
export interface BuildLine {
  /** in capitals: `RUN`, `ADD`, `WORKDIR`; empty where none can be told */
  readonly instruction: string;
  /** what stands after it; of `RUN` the script that the shell was given */
  readonly text: string;
}

const MARK = ' # buildkit';
const NOP = /^\/bin\/sh -c #\(nop\) +/;
const INSTRUCTION = /^([A-Z]+)\s+(.*)$/s;
/** Buildah gives the line of the Dockerfile, in which an instruction may have any case. */
const AS_WRITTEN = /^([A-Za-z]+)\s+(.*)$/s;
/** The shell that a builder put before a script, with its options: `/bin/bash --login -o pipefail -ec`. */
const SHELL =
  /^(?:\/[\w./-]+\/)?(?:ba|da|a|z|k)?sh(?: [-+][a-zA-Z]*o [a-z]+| [-+][a-zA-Z]+| --[a-z-]+)*? -[a-zA-Z]*c /;

/**
 * Reads `created_by`. BuildKit writes `RUN |1 ARG=value /bin/sh -c … # buildkit`, the builder before it
 * `/bin/sh -c …` and `/bin/sh -c #(nop) WORKDIR /srv`.
 */
export function readBuildLine(createdBy: string): BuildLine {
  const trimmed = createdBy.trim();
  const text = trimmed.endsWith(MARK) ? trimmed.slice(0, -MARK.length).trimEnd() : trimmed;
  if (NOP.test(text)) return instructionOf(text.replace(NOP, ''), AS_WRITTEN);
  const line = instructionOf(text);
  if (line.instruction === 'RUN') return { instruction: 'RUN', text: scriptOf(line.text) };
  if (line.instruction !== '') return line;
  return SHELL.test(withoutArguments(text)) ? { instruction: 'RUN', text: scriptOf(text) } : line;
}

function instructionOf(text: string, form = INSTRUCTION): BuildLine {
  const [, instruction = '', rest = text] = form.exec(text) ?? [];
  return { instruction: instruction.toUpperCase(), text: rest };
}

function scriptOf(text: string): string {
  return withoutArguments(text).replace(SHELL, '');
}

/** `|2 A=x B=y z /bin/sh -c …`: a value may hold blanks, so the shell's path ends the list. */
function withoutArguments(text: string): string {
  if (!/^\|\d+ /.test(text)) return text;
  const shell = text.search(/ \/[\w./-]*sh -/);
  return shell < 0 ? text : text.slice(shell + 1);
}
