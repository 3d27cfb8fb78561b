import {
  type Arg,
  DockerfileParser,
  type From,
  type Instruction,
  type ModifiableInstruction,
  type Onbuild,
} from 'dockerfile-ast';
import type { Passage } from '../passage.ts';
import type { Collector, Spot } from '../sighting.ts';
import { type Substituted, substitute } from '../substitute.ts';
import { cutDockerfile, type DockerfileLine } from './dockerfile-lines.ts';
import { findSyntaxLine } from './syntax-line.ts';

/** Characters of one Dockerfile; the parser takes time that grows faster than the text. */
const LONGEST = 256 * 1024;

/** The parser takes half a minute for a first line of 250,000 blanks. */
const LONG_COMMENT = /^[ \t]{0,100}#.{4096}/m;

/** Set by BuildKit for each platform, so that a name made of them is another one on each. */
const PLATFORM = /^(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT|OSVERSION|STAGE)$/;

/**
 * Images named in a Dockerfile: the frontend of `# syntax=`, `FROM`, `COPY --from`, `RUN --mount=from=`, also behind `ONBUILD`.
 * Stages of the file and `scratch` are none. Variables stand for the defaults of global `ARG`s.
 * @see Dockerfile reference; BuildKit, frontend/dockerfile/dockerfile2llb/convert.go
 */
export function readDockerfile(passage: Passage, out: Collector): void {
  const { text } = passage;
  if (text.length > LONGEST) {
    out.unread(passage.spotOf(0, 0).start, `this Dockerfile has more than ${LONGEST} characters`);
    return;
  }
  const comment = LONG_COMMENT.exec(text);
  if (comment !== null) {
    out.unread(passage.spotOf(comment.index, comment.index).start, 'a comment in it is too long');
    return;
  }
  const syntax = findSyntaxLine(text);
  if (syntax !== undefined)
    out.see({ role: '# syntax', spot: passage.spotOf(syntax.start, syntax.end), name: syntax.name });
  const dockerfile = DockerfileParser.parse(text);
  const instructions = dockerfile.getInstructions();
  requireAgreement(passage, cutDockerfile(text, dockerfile.getEscapeCharacter()), instructions, out);
  const stages = stagesOf(instructions);
  const file: File = {
    passage,
    offsetOf: offsetsOf(text),
    stages,
    firstStage: new Map([...stages.entries()].reverse().map(([index, name]) => [name, index])),
    out,
  };
  const globals = new Map<string, Substituted>();
  let stage = -1;
  for (const instruction of instructions) {
    const keyword = instruction.getKeyword();
    if (keyword === 'ARG' && stage < 0) declare(instruction as Arg, globals);
    if (keyword === 'FROM') {
      readFrom(instruction as From, stage, globals, file);
      stage += 1;
    } else readFlags(instruction, file);
  }
}

interface File {
  readonly passage: Passage;
  readonly offsetOf: (position: { line: number; character: number }) => number;
  /** names of all stages in lower case; `undefined` for one without */
  readonly stages: readonly (string | undefined)[];
  /** the index of the first stage of each name */
  readonly firstStage: ReadonlyMap<string | undefined, number>;
  readonly out: Collector;
}

type Range = ReturnType<Instruction['getRange']>;

function readFrom(from: From, before: number, globals: ReadonlyMap<string, Substituted>, file: File): void {
  const [image] = from.getArguments();
  if (image === undefined) return;
  const spot = spotOf(image.getRange(), image.getValue(), file);
  const resolved = resolve(spot.text, globals);
  const name = 'text' in resolved ? resolved.text : undefined;
  if (name === 'scratch') return;
  // Only a stage above can be stood on: one below of that name is an image to BuildKit.
  if (name !== undefined && (file.firstStage.get(name.toLowerCase()) ?? before + 1) <= before) return;
  file.out.see({ role: 'FROM', spot, ...('text' in resolved ? { name: resolved.text } : resolved) });
}

/** `--from` of COPY and ADD, `from=` of each `--mount` of RUN; neither takes variables. */
function readFlags(instruction: Instruction, file: File): void {
  if (instruction.getKeyword() === 'ONBUILD') {
    const trigger = (instruction as Onbuild).getTriggerInstruction();
    if (trigger !== null && trigger.getKeyword() !== 'ONBUILD') readFlags(trigger, file);
    return;
  }
  if (!('getFlags' in instruction)) return;
  for (const flag of (instruction as ModifiableInstruction).getFlags()) {
    const range = flag.getValueRange();
    const value = flag.getValue();
    if (range === null || value === null) continue;
    const role = `${instruction.getKeyword()} --${flag.getName()}`;
    if (flag.getName() === 'from') seeSource(role, spotOf(range, value, file), file);
    if (flag.getName() !== 'mount') continue;
    const [, before = '', name] = /^((?:.*,)?"?from=)([^,"]*)/is.exec(value) ?? [];
    if (name === undefined) continue;
    const whole = spotOf(range, value, file);
    const start = file.offsetOf(range.start) + before.length;
    const spot =
      whole.end === undefined ? { ...whole, text: name } : file.passage.spotOf(start, start + name.length);
    seeSource(role, spot, file);
  }
}

function seeSource(role: string, spot: Spot, { stages, firstStage, out }: File): void {
  const name = unquote(spot.text);
  const isStage = /^\d+$/.test(name) ? Number(name) < stages.length : firstStage.has(name.toLowerCase());
  if (isStage || name === '' || name === 'scratch') return;
  if (name.includes('$'))
    out.see({ role, spot, why: 'variables are not replaced here, and BuildKit refuses them' });
  else out.see({ role, spot, name });
}

function stagesOf(instructions: readonly Instruction[]): readonly (string | undefined)[] {
  return instructions
    .filter((instruction) => instruction.getKeyword() === 'FROM')
    .map((from) => {
      const [, as, name] = from.getArguments();
      return as?.getValue().toLowerCase() === 'as' ? name?.getValue().toLowerCase() : undefined;
    });
}

const NAMING: ReadonlySet<string> = new Set(['FROM', 'ARG', 'COPY', 'ADD', 'RUN', 'ONBUILD']);

/**
 * Where the parser cuts a file in another way than BuildKit does, an image could be named in what it takes for the text of
 * something else (`RUN echo \\<<EOF`, `RUN dir C:\\\\`, a form feed before FROM). That is told, whoever is right.
 */
function requireAgreement(
  passage: Passage,
  cut: readonly DockerfileLine[],
  instructions: readonly Instruction[],
  out: Collector,
): void {
  const ours = cut.filter(({ keyword }) => NAMING.has(keyword));
  const theirs = instructions.filter((one) => NAMING.has(one.getKeyword()));
  const wrong = ours.findIndex((line, index) => !agrees(line, theirs[index]));
  if (wrong < 0 && ours.length === theirs.length) return;
  const line = wrong < 0 ? theirs[ours.length]?.getRange().start.line : ours[wrong]?.line;
  const start = offsetsOf(passage.text)({ line: line ?? 0, character: 0 });
  out.unread(passage.spotOf(start, start).start, 'it can be read in two ways from here on');
}

function agrees({ keyword, line, flags, first }: DockerfileLine, other: Instruction | undefined): boolean {
  if (other?.getKeyword() !== keyword || other.getRange().start.line !== line) return false;
  if (keyword === 'ONBUILD') {
    const trigger = (other as Onbuild).getTriggerInstruction();
    return trigger === null ? first === '' : first === trigger.getKeyword() && hasFlags(trigger, flags);
  }
  const [image] = keyword === 'FROM' ? other.getArguments() : [];
  return (keyword !== 'FROM' || (image?.getValue() ?? '') === first) && hasFlags(other, flags);
}

function hasFlags(instruction: Instruction, flags: readonly string[]): boolean {
  if (!('getFlags' in instruction)) return true;
  const read = (instruction as ModifiableInstruction).getFlags().map((flag) => {
    const value = flag.getValue();
    return unquote(`--${flag.getName()}${value === null ? '' : `=${value}`}`);
  });
  return read.length === flags.length && read.every((flag, index) => flag === flags[index]);
}

/** `ARG A=1 B=2`, each with what the ones before it stand for; one without a value has none until somebody gives it. */
function declare(arg: Arg, globals: Map<string, Substituted>): void {
  for (const property of arg.getProperties()) {
    const value = property.getValue();
    if (value === null) globals.delete(property.getName());
    else globals.set(property.getName(), resolve(value, globals));
  }
}

function resolve(text: string, globals: ReadonlyMap<string, Substituted>): Substituted {
  return substitute(unquote(text), {
    plain: '\\',
    lookUp: (name) =>
      globals.get(name) ?? (PLATFORM.test(name) ? { why: `${name} differs by platform` } : undefined),
  });
}

function unquote(text: string): string {
  return text.replaceAll(/["']/g, '');
}

/** Where an argument stands; broken over lines, it is no one piece. */
function spotOf({ start, end }: Range, value: string, { passage, offsetOf }: File): Spot {
  const spot = passage.spotOf(offsetOf(start), offsetOf(end));
  if (spot.text === value) return spot;
  return { text: value, start: spot.start };
}

/** Offsets of the parser's lines and characters, which both count from 0. */
function offsetsOf(text: string): File['offsetOf'] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return ({ line, character }) => (starts[line] ?? text.length) + character;
}
