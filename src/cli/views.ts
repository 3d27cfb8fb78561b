import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import type { Verdict } from '../model/verdict.ts';
import { FORMATS, type Format, isFormat } from '../report/formats.ts';
import { type Terminal, wantsColour } from './terminal.ts';
import { writeFileWhole } from './write-file.ts';

/** One `-o FORMAT[=FILE]`. */
export interface View {
  readonly format: Format;
  /** absent: standard output */
  readonly file?: string;
}

/**
 * Reads every `-o`. Text goes to standard output unless another view does.
 * @throws {PratiqueError} `USAGE` for an unknown format, or two views for standard output
 */
export function readViews(texts: readonly string[]): readonly View[] {
  const views = texts.map(readView);
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
  options: { quiet: boolean; verbose: boolean },
): Promise<void> {
  await writeTexts(views, terminal, ({ format, colour }) =>
    FORMATS[format](verdicts, { colour, width: terminal.out.columns, ...options }),
  );
}

/** Writes what `render` makes for each view; files whole or not at all. */
export async function writeTexts(
  views: readonly View[],
  terminal: Terminal,
  render: (view: { readonly format: Format; readonly colour: boolean }) => string,
): Promise<void> {
  for (const { format, file } of views) {
    const text = render({ format, colour: file === undefined && wantsColour(terminal.out, terminal.env) });
    if (file === undefined) terminal.out.write(text);
    else await writeFileWhole(resolve(terminal.cwd, file), text);
  }
}

function readView(text: string): View {
  const equals = text.indexOf('=');
  const format = equals < 0 ? text : text.slice(0, equals);
  if (!isFormat(format)) {
    throw new PratiqueError('USAGE', {
      what: `${quoted(format)} is not a format`,
      next: `use one of ${Object.keys(FORMATS).join(', ')}`,
    });
  }
  const file = equals < 0 ? undefined : text.slice(equals + 1);
  if (file === '') throw new PratiqueError('USAGE', { what: `-o ${format}= names no file` });
  return file === undefined ? { format } : { format, file };
}
