import { BASE_WORDS } from './words/bases.ts';
import { CONFIGURATION_WORDS } from './words/configuration.ts';
import { CONTENT_WORDS } from './words/contents.ts';
import { FILE_WORDS } from './words/files.ts';
import { NAME_WORDS } from './words/names.ts';
import { TRUST_WORDS } from './words/trust.ts';

/** What a person is told of a check: a paragraph of Markdown each, without line breaks. */
export interface CheckWords {
  readonly what: string;
  readonly why: string;
  /** what it reads, what a finding tells, and its rules */
  readonly evidence: string;
  readonly remedy: string;
  /** keys of the policy, and the default level */
  readonly settings: string;
  /** paragraphs under headings of their own */
  readonly more?: Readonly<Record<string, string>>;
}

/** The words of every check, by its id: `docs/checks.md` is made of them, and `pratique explain` shows them. */
export const CHECK_WORDS: Readonly<Record<string, CheckWords>> = {
  ...NAME_WORDS,
  ...TRUST_WORDS,
  ...BASE_WORDS,
  ...CONFIGURATION_WORDS,
  ...FILE_WORDS,
  ...CONTENT_WORDS,
};
