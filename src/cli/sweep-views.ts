import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { isSweepFormat, SWEEP_FORMATS, type SweepFormat } from '../report/sweep/sweep-formats.ts';
import type { SweepReport } from '../report/sweep/sweep-report.ts';
import { type Terminal, wantsColour } from './terminal.ts';
import { writeFileWhole } from './write-file.ts';

/** One `-o FORMAT[=FILE]` of a sweep. */
export interface SweepView {
  readonly format: SweepFormat;
  readonly file?: string;
}

/** Reads every `-o`. Text goes to standard output unless another view does. @throws {PratiqueError} `USAGE` */
export function readSweepViews(texts: readonly string[]): readonly SweepView[] {
  const views = texts.map((text): SweepView => {
    const [format = '', ...file] = text.split('=');
    if (!isSweepFormat(format))
      throw new PratiqueError('USAGE', {
        what: `${quoted(format)} is not a format`,
        next: `use one of ${Object.keys(SWEEP_FORMATS).join(', ')}`,
      });
    return file.length === 0 ? { format } : { format, file: file.join('=') };
  });
  return views.some(({ file }) => file === undefined) ? views : [{ format: 'text' }, ...views];
}

/** Writes all views of the same sweep; files whole or not at all. */
export async function writeSweepViews(
  views: readonly SweepView[],
  report: SweepReport,
  terminal: Terminal,
): Promise<void> {
  const { out, cwd, env } = terminal;
  for (const { format, file } of views) {
    const colour = file === undefined && wantsColour(out, env);
    const text = SWEEP_FORMATS[format](report, { colour, width: out.columns });
    if (file === undefined) out.write(text);
    else await writeFileWhole(resolve(cwd, file), text);
  }
}
