import { renderSweepHtml } from './html/sweep-html.ts';
import { renderSweepCsv } from './sweep-csv.ts';
import { renderSweepLines } from './sweep-lines.ts';
import type { SweepReport } from './sweep-report.ts';
import { renderSweepText } from './sweep-text.ts';

/** What a view of a sweep may need. */
export interface SweepFormatOptions {
  readonly colour: boolean;
  /** cells of the terminal */
  readonly width: number;
}

/** Every view of a sweep, by the name that `-o` takes. Each ends with a newline. */
export const SWEEP_FORMATS = {
  /** what is not admitted, for people */
  text: renderSweepText,
  /** JSON Lines, for programs */
  jsonl: renderSweepLines,
  /** a row for each name */
  csv: renderSweepCsv,
  /** names × stations, one page */
  html: renderSweepHtml,
} as const satisfies Readonly<Record<string, (report: SweepReport, options: SweepFormatOptions) => string>>;

/** The name of a view. */
export type SweepFormat = keyof typeof SWEEP_FORMATS;

/** Whether there is a view of this name. */
export function isSweepFormat(text: string): text is SweepFormat {
  return Object.hasOwn(SWEEP_FORMATS, text);
}
