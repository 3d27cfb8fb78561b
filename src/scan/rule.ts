import type { Digest } from '../model/digest.ts';
import type { Confidence, Severity } from '../model/finding.ts';

/**
 * What a look at the value itself says: proven genuine in form, as good as its shape, a password that samples use where
 * a login stands (a hint, and never more), or not a secret.
 */
export type Judgement = 'verified' | 'plausible' | 'doubtful' | 'refuted';

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
  /**
   * At least 4 bytes each, ASCII; any of them in the bytes makes the pattern run around it.
   * Compared without case where the pattern has flag `i`, else exactly.
   */
  readonly keywords: readonly string[];
  /**
   * Linear-time by construction: bounded quantifiers, no nested repetition, no anchors (see `measurePattern`);
   * group `secret` isolates the secret. It reads bytes as Latin-1. Flags: none, or i
   */
  readonly pattern: RegExp;
  /** bytes of the match that may stand before the keyword; 0, where absent: the match begins with the keyword */
  readonly before?: number;
  /** files and fields in which the rule looks, by path or field name; everywhere where absent */
  readonly places?: RegExp;
  /**
   * 0, where absent: one kind of thing; 1: a family (any JWT, any URL); 2: a mere context; 3: any name and a random
   * value; 4: any name and any value. The narrower wins
   */
  readonly breadth?: 0 | 1 | 2 | 3 | 4;
  readonly severity: Severity;
  /** confidence by shape alone; a check that proves the value raises it to `verified` */
  readonly confidence: Exclude<Confidence, 'verified'>;
  /** `check` alone says what counts: no stop-words, which letters of base64 make by chance, and no entropy */
  readonly checkDecides?: true;
  /** a named function, as its name is part of the rule set's digest; a refuted value is not reported */
  readonly check?: (secret: string) => Judgement;
  /** what may be told of a value without giving it away: the account it belongs to, its expiry. Printable */
  readonly details?: (secret: string) => Readonly<Record<string, string | number>>;
  /** bits per character that the secret must reach */
  readonly minEntropy?: number;
  /** one imperative sentence */
  readonly remedy: string;
  /** where the format is documented */
  readonly source: string;
  readonly examples: readonly (() => string)[];
  readonly counterExamples: readonly (() => string)[];
}

/**
 * A kind of key that no keyword announces, as data: known by the path or the first bytes of its file, and judged by the
 * structure of the whole. One test proves every rule on its own examples.
 */
export interface FileRule {
  /** as of `SecretRule` */
  readonly id: `secrets.${string}`;
  readonly provider: string;
  readonly what: string;
  /** must fit the path in the image, where it is there */
  readonly path?: RegExp;
  /** first bytes, in lower-case hex, `?` for any digit; one must fit, where there are any */
  readonly magic?: readonly string[];
  readonly severity: Severity;
  readonly confidence: Exclude<Confidence, 'verified'>;
  /**
   * A named function, as its name is part of the rule set's digest; `undefined`: there is none in it.
   * @param isWhole whether these are all bytes of the file
   */
  readonly judge: (file: Buffer, isWhole: boolean) => KeyInFile | undefined;
  /** one imperative sentence */
  readonly remedy: string;
  /** where the format is documented */
  readonly source: string;
  readonly examples: readonly (() => FileExample)[];
  readonly counterExamples: readonly (() => FileExample)[];
}

/** What a file turned out to hold. */
export interface KeyInFile {
  /** bytes that make it this key and no other: for the fingerprint, never shown */
  readonly secret: Uint8Array;
  /** whether its form leaves no doubt */
  readonly isVerified?: true;
  /** what may be told of it. Printable */
  readonly details?: Readonly<Record<string, string | number>>;
}

/** A file as an image may have it. */
export interface FileExample {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Evidence families of miners; no single word convicts. */
export type MinerFamily =
  | 'identity'
  | 'protocol'
  | 'rpc'
  | 'algorithm'
  | 'pool'
  | 'wallet'
  | 'config'
  | 'command'
  | 'persistence'
  /** settings that nobody has filled in */
  | 'sample'
  /** what tells of miners without being one: speaks against all others */
  | 'rule-file';

/**
 * Where the keyword of a sign must stand. No longer word goes around a `word`; a `host` may have names before it, and
 * none behind it; a `host-port` has a port, a `url` a host behind it, a `value` the value of an option, a `name` the rest of
 * its name, a `key` of JSON a colon; a `line` begins one, but for blanks.
 */
export type SignBounds = 'word' | 'host' | 'host-port' | 'url' | 'value' | 'name' | 'key' | 'line';

/** One piece of evidence for a miner, as data. */
export interface MinerSign {
  readonly id: string;
  readonly family: MinerFamily;
  /** ASCII, 4 bytes at least where there are as many that tell it; compared without case */
  readonly keyword: string;
  /** where the keyword must stand; anywhere, where absent */
  readonly bounds?: SignBounds;
  /** says what to do, rather than naming something: an option with its value, an address with its port */
  readonly acts?: true;
  /** must match from the keyword on, and `check` must not refute its group `secret` */
  readonly pattern?: RegExp;
  readonly check?: (text: string) => Judgement;
  readonly weight: 1 | 2 | 3;
  readonly source: string;
}

/** Bytes that the patterns of a rule set may want, at the most: before a keyword, and from its first byte on. */
export interface Reach {
  readonly before: number;
  readonly after: number;
}

/** All content rules together; `digest` names the exact set. */
export interface RuleSet {
  readonly secrets: readonly SecretRule[];
  readonly files: readonly FileRule[];
  readonly minerSigns: readonly MinerSign[];
  /** over ids, patterns, keywords, severities and the names of checks */
  readonly digest: Digest;
  /** `secrets`: those of files among them */
  readonly counts: { readonly secrets: number; readonly minerSigns: number };
  /** spares measuring every pattern where most are never met; measured where absent */
  readonly reach?: Reach;
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
  readonly check: 'secrets' | 'miners' | 'yara';
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
  /** nothing was found: something could have been read, and this version cannot */
  readonly unread?: true;
}

/** Reads files and fields one after another and tells what is in them. Holds no more than a window of each. */
export interface ContentScanner {
  /** starts a file or field; the one before must have ended */
  begin(subject: ScanSubject): void;
  /** the next bytes, any size; the scanner copies what it keeps, the caller may reuse the buffer */
  write(bytes: Uint8Array): void;
  /** so many zero bytes: a hole of a sparse file, passed over at no cost; absent where `write` will do */
  hole?(length: number): void;
  /** ends the file and tells what was found in it, by offset */
  end(): readonly Hit[];
  /**
   * Whether anything might be found in bytes that are all there is of a file or field; `false` is certain, and learnt at
   * less cost than by `begin`, `write` and `end`. Asked at any time, whatever is open. Absent: it might.
   */
  mayFind?(subject: ScanSubject, bytes: Uint8Array): boolean;
  /**
   * Another scanner with the same rules, independent of this one: for what must be read at the same time.
   * Absent where the scanner keeps nothing between calls.
   */
  fork?(): ContentScanner;
}
