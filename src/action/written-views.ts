import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFileWhole } from '../cli/write-file.ts';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import type { Verdict } from '../model/verdict.ts';
import { FORMAT_NAMES, type Format } from '../report/format-names.ts';
import { FORMATS } from '../report/formats.ts';
import { renderSarif, supersedes } from '../report/sarif/sarif.ts';
import type { Anchor } from '../report/sarif/sarif-text.ts';
import { isLinked, wayInto } from './in-workspace.ts';

/** A view that is to be written, and where. */
export interface WantedView {
  readonly format: Format;
  /** from the workspace; absent: a file of the step's own folder */
  readonly file?: string;
}

/** How the file of a view ends, so that people and programs open it rightly; else by the format's name. */
const ENDINGS: Readonly<Record<string, string>> = {
  text: 'txt',
  markdown: 'md',
  junit: 'junit.xml',
  gitlab: 'gitlab.json',
};

/** What is written where nobody says: for programs, for code scanning, for people. The Markdown is the summary of the step. */
const USUAL: readonly Format[] = ['json', 'sarif', 'html'];

/**
 * Reads the input `formats`: a `FORMAT` or `FORMAT=FILE` in each line.
 * @throws {PratiqueError} `USAGE`
 */
export function readFormats(lines: readonly string[]): readonly WantedView[] {
  if (lines.length === 0) return USUAL.map((format) => ({ format }));
  const wanted = lines.map(readLine);
  const twice = wanted.find(
    ({ format }, index) => wanted.findIndex((one) => one.format === format) !== index,
  );
  if (twice === undefined) return wanted;
  throw new PratiqueError('USAGE', {
    what: `the input formats names ${twice.format} twice`,
    next: 'name it once; an output tells where it is, and it can be copied',
  });
}

function readLine(line: string): WantedView {
  const [, name = '', file] = /^([^=]*)(?:=(.*))?$/s.exec(line) ?? [];
  const format = FORMAT_NAMES.find((one) => one === name);
  if (format === undefined)
    throw new PratiqueError('USAGE', {
      what: `${quoted(name)} is not a format`,
      next: `use one of ${FORMAT_NAMES.join(', ')}`,
    });
  if (file === '')
    throw new PratiqueError('USAGE', { what: `the input formats names no file after ${format}=` });
  return file === undefined ? { format } : { format, file };
}

/**
 * Finds out before anything is judged whether the files can be where they are wanted. Behind a link a pull request could have them
 * written to any folder of the runner.
 * @param workspace absolute
 * @throws {PratiqueError} `USAGE`
 */
export async function requirePlaces(wanted: readonly WantedView[], workspace: string): Promise<void> {
  for (const { file } of wanted) {
    if (file === undefined) continue;
    const folder = dirname(resolve(workspace, file));
    const way = wayInto(workspace, folder);
    if (way !== undefined && (await isLinked(workspace, way)))
      throw misplaced(file, 'in a folder that is a link, or behind one', 'name the folder itself');
    const isFolder = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder)
      throw misplaced(file, 'in a folder that is not there', 'make it in a step before this one');
  }
}

function misplaced(file: string, how: string, next: string): PratiqueError {
  return new PratiqueError('USAGE', { what: `the input formats wants ${quoted(file)} ${how}`, next });
}

export interface ViewPlaces {
  /** that files of `formats` count from */
  readonly workspace: string;
  /** of this step alone */
  readonly folder: string;
  /** a line for each verdict */
  readonly anchors: readonly Anchor[];
}

/**
 * Writes the views, each whole.
 * @returns where each of them is. There is no SARIF where no image was looked at whole: an upload of it would close alerts
 * @throws {PratiqueError} `WRITE_FAILED`
 */
export async function writeWanted(
  wanted: readonly WantedView[],
  verdicts: readonly Verdict[],
  { workspace, folder, anchors }: ViewPlaces,
): Promise<ReadonlyMap<Format, string>> {
  const written = new Map<Format, string>();
  for (const { format, file } of wanted) {
    if (format === 'sarif' && !verdicts.some(supersedes)) continue;
    const path =
      file === undefined ? join(folder, `verdict.${ENDINGS[format] ?? format}`) : resolve(workspace, file);
    await writeFileWhole(path, textOf(format, verdicts, anchors));
    written.set(format, path);
  }
  return written;
}

function textOf(format: Format, verdicts: readonly Verdict[], anchors: readonly Anchor[]): string {
  if (format === 'sarif') return renderSarif(verdicts, { anchors, onlySuperseding: true });
  return FORMATS[format](verdicts, { colour: false, width: 120, verbose: true });
}
