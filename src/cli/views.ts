import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import type { Verdict } from '../model/verdict.ts';
import { FORMAT_NAMES, type Format } from '../report/format-names.ts';
import type { Anchor } from '../report/sarif/sarif-text.ts';
import { type Terminal, wantsColour } from './terminal.ts';
import { writeFileWhole } from './write-file.ts';

/** One `-o FORMAT[=FILE]`. */
export interface View<F extends string = Format> {
  readonly format: F;
  /** absent: standard output */
  readonly file?: string;
}

/**
 * Reads every `-o` of `pratique check`. Text goes to standard output unless another view does.
 * @throws {PratiqueError} `USAGE` for an unknown format, or two views for standard output
 */
export function readViews(texts: readonly string[]): readonly View[] {
  return readViewsOf(texts, FORMAT_NAMES);
}

/**
 * The same for a command that has views of its own.
 * @param formats their names; `text` is one of them
 * @throws {PratiqueError} `USAGE`
 */
export function readViewsOf<F extends string>(
  texts: readonly string[],
  formats: readonly (F | 'text')[],
): readonly View<F | 'text'>[] {
  const views = texts.map((text) => readView(text, formats));
  const toOutput = views.filter((view) => view.file === undefined);
  if (toOutput.length > 1) {
    throw new PratiqueError('USAGE', {
      what: 'two views cannot share standard output',
      where: toOutput.map((view) => `-o ${view.format}`).join(' '),
      next: 'give one of them a file, as in -o json=verdict.json',
    });
  }
  const twice = views.find(
    ({ file }, index) => file !== undefined && views.findIndex((one) => one.file === file) !== index,
  );
  if (twice?.file !== undefined) {
    throw new PratiqueError('USAGE', {
      what: 'two views cannot share a file',
      where: quoted(twice.file),
      next: 'name a file for each',
    });
  }
  return toOutput.length === 1 ? views : [{ format: 'text' }, ...views];
}

/** Writes all views of the same verdicts; files whole or not at all. */
export async function writeViews(
  views: readonly View[],
  verdicts: readonly Verdict[],
  terminal: Terminal,
  options: { quiet: boolean; verbose: boolean; anchors?: readonly Anchor[] },
): Promise<void> {
  const { FORMATS } = await import('../report/formats.ts');
  await writeTexts(views, terminal, ({ format, colour }) =>
    FORMATS[format](verdicts, { colour, width: terminal.out.columns, ...options }),
  );
}

/** Writes what `render` makes for each view; files whole or not at all. */
export async function writeTexts<F extends string>(
  views: readonly View<F>[],
  terminal: Terminal,
  render: (view: { readonly format: F; readonly colour: boolean }) => string,
): Promise<void> {
  for (const { format, file } of views) {
    const text = render({ format, colour: file === undefined && wantsColour(terminal.out, terminal.env) });
    if (file === undefined) terminal.out.write(text);
    else await writeFileWhole(resolve(terminal.cwd, file), text);
  }
}

function readView<F extends string>(text: string, formats: readonly F[]): View<F> {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const format = formats.find((one) => one === name);
  if (format === undefined) {
    throw new PratiqueError('USAGE', {
      what: `${quoted(name)} is not a format`,
      next: `use one of ${formats.join(', ')}`,
    });
  }
  const file = equals < 0 ? undefined : text.slice(equals + 1);
  if (file === '') throw new PratiqueError('USAGE', { what: `-o ${format}= names no file` });
  return file === undefined ? { format } : { format, file };
}
