import type { Confidence, Severity } from './finding.ts';
import type { PathPattern } from './path-pattern.ts';

/** A rule for secrets that the policy's owner wrote, read from a file but not compiled yet. */
export interface CustomRule {
  /** `secrets.custom-` and the id in the file, in lower case with dashes */
  readonly id: `secrets.custom-${string}`;
  /** noun phrase, printable */
  readonly what: string;
  /** ASCII, lower case; one of them must be near a match; empty: the pattern runs over everything */
  readonly keywords: readonly string[];
  /** RE2 syntax over bytes; absent: that a file of this path is there is the finding */
  readonly pattern?: string;
  /** group of the pattern that is the secret, by name or number; absent: the first that took part, else all */
  readonly secret?: string | number;
  /** bits per character that the secret must have more of; 0: any */
  readonly entropy: number;
  /** paths in which it looks, any of them; empty: everywhere, fields of the configuration too */
  readonly paths: readonly PathPattern[];
  readonly exceptPaths: readonly PathPattern[];
  /** RE2 syntax; the path must match too */
  readonly pathPattern?: string;
  readonly allow: readonly Allowance[];
  readonly severity: Severity;
  readonly confidence: Exclude<Confidence, 'verified'>;
  /** imperative sentence, printable */
  readonly remedy: string;
  readonly tags: readonly string[];
  readonly examples: readonly string[];
  readonly counterExamples: readonly string[];
  /** `line:column` of a part (`pattern`, `examples.0`), and of the rule under the empty name */
  readonly places: ReadonlyMap<string, string>;
  /** file, as it is shown in messages */
  readonly shown: string;
}

/** What a rule spares, as gitleaks has it. */
export interface Allowance {
  /** each kind of condition that is given must hold; else any one of them */
  readonly all: boolean;
  /** what `patterns` are held against */
  readonly target: 'secret' | 'match' | 'line';
  /** RE2 syntax, found anywhere */
  readonly patterns: readonly string[];
  /** lower case; any of them in the secret, without case */
  readonly words: readonly string[];
  /** RE2 syntax over the path */
  readonly paths: readonly string[];
}
