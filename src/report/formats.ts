import type { Verdict } from '../model/verdict.ts';
import type { Format } from './format-names.ts';
import { renderGitlab } from './gitlab.ts';
import { renderHtml } from './html/html.ts';
import { renderJson } from './json.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
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
  /** a place of its own for each verdict, in their order */
  readonly anchors?: readonly Anchor[];
  /** bytes that Markdown must not pass */
  readonly budget?: number;
}

type Render = (verdicts: readonly Verdict[], options: FormatOptions) => string;

/** Every view of verdicts, by the name that `-o` takes; a new one is a line here and a name in `FORMAT_NAMES`. Each ends with a newline. */
export const FORMATS: Readonly<Record<Format, Render>> = {
  /** a card for each image, for people */
  text: renderTerminal,
  /** all that is known, for programs: `schema/verdict-v1.json` */
  json: renderJson,
  /** SARIF 2.1.0, for code scanning */
  sarif: renderSarif,
  /** test results, for Jenkins and GitLab */
  junit: renderJunit,
  /** a container-scanning report of GitLab */
  gitlab: renderGitlab,
  /** for the summary of a step, or a comment */
  markdown: renderMarkdown,
  /** one file with everything in it, for people with a browser */
  html: renderHtml,
};
