import type { Verdict } from '../model/verdict.ts';
import { renderJson } from './json.ts';
import { renderSarif } from './sarif/sarif.ts';
import type { Anchor } from './sarif/sarif-text.ts';
import { renderTerminal } from './terminal/terminal.ts';

/** What any format may need; each takes what it knows. */
export interface FormatOptions {
  readonly colour: boolean;
  /** cells of the terminal */
  readonly width: number;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  /** where SARIF results stand */
  readonly anchor?: Anchor;
}

/** The name of a view. */
export type Format = 'text' | 'json' | 'sarif';

type Render = (verdicts: readonly Verdict[], options: FormatOptions) => string;

/** Every view of verdicts, by the name that `-o` takes; a new one is a line here. Each ends with a newline. */
export const FORMATS: Readonly<Record<Format, Render>> = {
  /** a card for each image, for people */
  text: renderTerminal,
  /** all that is known, for programs: `schema/verdict-v1.json` */
  json: renderJson,
  /** SARIF 2.1.0, for code scanning */
  sarif: renderSarif,
};

/** Whether there is a view of this name. */
export function isFormat(text: string): text is Format {
  return Object.hasOwn(FORMATS, text);
}
