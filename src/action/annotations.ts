import type { PratiqueError } from '../errors.ts';
import type { Verdict } from '../model/verdict.ts';
import { foreign, foreignLines } from '../report/foreign.ts';
import type { Anchor } from '../report/sarif/sarif-text.ts';
import { byGravity, type Entry, entriesOf, faultsOf } from '../report/tally.ts';
import type { RunnerCommand } from './workflow-commands.ts';

/** GitHub shows ten errors and ten warnings of a step; the tenth says how many more there are. */
const SHOWN = 9;
type Level = 'error' | 'warning';
type Note = { readonly level: Level; readonly title: string; readonly text: string; readonly anchor: Anchor };

/**
 * The annotations of some verdicts: what refuses an image or keeps it undecided are errors, what warns are warnings.
 * @param anchors a line for each verdict, in their order
 * @param options `reportOnly`: a refusal is a warning, the step does not fail for it; `reserved`: errors that there are beside these
 * @see GitHub, "Workflow commands"; actions/runner, the limit of 10 for each level
 */
export function annotationsOf(
  verdicts: readonly Verdict[],
  anchors: readonly Anchor[],
  { reportOnly, reserved }: { readonly reportOnly: boolean; readonly reserved: number },
): readonly RunnerCommand[] {
  const notes = verdicts.flatMap((verdict, index) =>
    notesOf(verdict, anchors[index] ?? { uri: 'pratique.yaml', line: 1 }, reportOnly),
  );
  const of = (level: Level) => notes.filter((note) => note.level === level);
  return [...bounded('error', SHOWN - reserved, of('error')), ...bounded('warning', SHOWN, of('warning'))];
}

/** The annotation of a fault that ended the run before there was a verdict. */
export function faultAnnotation({ code, problem }: PratiqueError): RunnerCommand {
  const { what, where, why, next } = problem;
  const lines = [what, where, why, next].flatMap((text) =>
    text === undefined ? [] : foreignLines(text, 20),
  );
  return { name: 'error', properties: { title: `pratique: ${code}` }, message: lines.join('\n') };
}

function bounded(level: Level, most: number, notes: readonly Note[]): readonly RunnerCommand[] {
  const commands = notes.slice(0, most).map(({ title, text, anchor }) => ({
    name: level,
    properties: { file: foreign(anchor.uri), line: anchor.line, title },
    message: text,
  }));
  const more = notes.length - commands.length;
  if (more === 0) return commands;
  const message = `and ${more} more; the summary of this step and its log tell them`;
  return [...commands, { name: level, properties: { title: 'pratique' }, message }];
}

function notesOf(verdict: Verdict, anchor: Anchor, reportOnly: boolean): readonly Note[] {
  const name = foreign(verdict.name, 300);
  const faults = faultsOf(verdict).map(({ error, decides }) => ({
    level: decides ? ('error' as const) : ('warning' as const),
    title: `pratique: ${error.code}`,
    text: `${name} could not be judged: ${foreign(error.message, 1000)}`,
    anchor,
  }));
  const entries = entriesOf(verdict).filter(({ weight }) => weight === 'enforced' || weight === 'warned');
  const findings = entries.toSorted(byGravity).map((entry) => noteOf(entry, name, anchor, reportOnly));
  return [...faults, ...findings];
}

function noteOf({ finding, weight }: Entry, name: string, anchor: Anchor, reportOnly: boolean): Note {
  const { path, field } = finding.where;
  const place = path ?? field;
  return {
    level: weight === 'enforced' && !reportOnly ? 'error' : 'warning',
    title: `pratique: ${foreign(finding.rule, 200)}`,
    text: `${name}${place === undefined ? '' : `, ${foreign(place, 300)}`}: ${foreign(finding.message)}. ${foreign(finding.remedy)}.`,
    anchor,
  };
}
