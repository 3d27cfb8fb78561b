import type { ReferencesFormat } from '../format-names.ts';
import { renderReferencesJson } from './references-json.ts';
import type { ReferencesReport } from './references-report.ts';
import { renderReferencesSarif } from './references-sarif.ts';
import { type ReferencesTextOptions, renderReferencesText } from './references-text.ts';

/** Every view of a repository's names, by the name that `-o` takes. */
export const REFERENCES_FORMATS: Readonly<
  Record<ReferencesFormat, (report: ReferencesReport, options: ReferencesTextOptions) => string>
> = { text: renderReferencesText, json: renderReferencesJson, sarif: renderReferencesSarif };
