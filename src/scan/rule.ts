import type { Confidence, Severity } from '../model/finding.ts';

/**
 * A kind of secret, as data. One test proves every rule on its own examples.
 * Examples that look like live tokens are assembled at run time from parts, so that no push protection trips.
 */
export interface SecretRule {
  /** `secrets.` + kebab-case; stable, part of the public interface */
  readonly id: `secrets.${string}`;
  readonly provider: string;
  /** noun phrase without an article's capital: "GitHub personal access token" */
  readonly what: string;
  /** at least 4 bytes each, ASCII; any of them in the bytes makes the pattern run around it; compared without case */
  readonly keywords: readonly string[];
  /** linear-time by construction: bounded quantifiers, no nested repetition; group `secret` isolates the secret. Flags: no g, no y */
  readonly pattern: RegExp;
  readonly severity: Severity;
  /** confidence by shape alone; a check that proves the value raises it to `verified` */
  readonly confidence: Exclude<Confidence, 'verified'>;
  /** `verified`: proven genuine in form; `plausible`: goes by shape; `refuted`: not reported */
  readonly check?: (secret: string) => 'verified' | 'plausible' | 'refuted';
  /** bits per character that the secret must reach */
  readonly minEntropy?: number;
  /** one imperative sentence */
  readonly remedy: string;
  /** where the format is documented */
  readonly source: string;
  readonly examples: readonly (() => string)[];
  readonly counterExamples: readonly (() => string)[];
}

/** Evidence families of miners; no single word convicts. */
export type MinerFamily = 'identity' | 'protocol' | 'rpc' | 'algorithm' | 'pool' | 'wallet' | 'config' | 'command' | 'persistence';

/** One piece of evidence for a miner, as data. */
export interface MinerSign {
  readonly id: string;
  readonly family: MinerFamily;
  /** ASCII, at least 4 bytes; compared without case */
  readonly keyword: string;
  readonly weight: 1 | 2 | 3;
  readonly source: string;
}

/** What the scanner is told about the bytes it is given. */
export interface ScanSubject {
  /** path in the image; absent for a field of the configuration */
  readonly path?: string;
  /** `config.Env[3]` and the like */
  readonly field?: string;
  /** bytes, where known beforehand */
  readonly size?: number;
}

/** One rule's hit in one file or field. Never carries the secret. */
export interface Hit {
  readonly check: 'secrets' | 'miners';
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** byte offset in the file or field */
  readonly offset: number;
  readonly message: string;
  readonly remedy: string;
  readonly args: Readonly<Record<string, string | number | readonly string[]>>;
  /** 16 hex digits of a keyed hash over rule and secret */
  readonly fingerprint: string;
}

/** Rules made ready to scan with; `digest` names the exact set. Made once, used by any number of scanners. */
export interface ContentScanner {
  /** starts a file or field; the one before must have ended */
  begin(subject: ScanSubject): void;
  /** the next bytes, any size; the scanner copies what it keeps, the caller may reuse the buffer */
  write(bytes: Uint8Array): void;
  /** ends the file and tells what was found in it */
  end(): readonly Hit[];
}
