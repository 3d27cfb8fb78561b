import type { Severity } from './finding.ts';

/** A file of YARA rules, read and not compiled yet. */
export interface YaraSource {
  /** the file, as it is shown in messages */
  readonly shown: string;
  readonly text: string;
}

/** What a policy says about YARA rules of its own. */
export interface YaraSetting {
  /** at least one */
  readonly sources: readonly YaraSource[];
  /** of findings whose rule has no `severity` in its meta */
  readonly severity: Severity;
  /** which files the rules are run on: programs and scripts, or every one */
  readonly files: 'programs' | 'all';
  /** what a file larger than `limits.yaraFileBytes` does to the check */
  readonly largerFiles: 'undecided' | 'tell';
}
