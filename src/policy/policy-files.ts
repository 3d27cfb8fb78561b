/**
 * Where a policy, and all the files that it names, are read from: the disk, or a commit of a repository. Whoever reads
 * for a policy reads through this alone, since what a pull request has changed on the disk must not decide about it.
 * Paths are absolute.
 */
export interface PolicyFiles {
  /** A file's text; as `readSmallFile`. @param shown the path as it stands in messages */
  read(path: string, shown: string, limit?: number): Promise<string>;
  /** Names of what is in a folder, in no order. Why that fails is told by `whyNoFolder`. */
  list(path: string): Promise<readonly string[]>;
  /** The files of a folder and of the folders in it. Why that fails is told by `whyNoFolder`. */
  walk(path: string): Promise<WalkedFolder>;
  /** The folders in which a policy is looked for, the nearest first. @param start absolute */
  foldersFrom(start: string): Promise<readonly string[]>;
  /** Whether something is there; also a link that leads nowhere is. @throws {PratiqueError} `POLICY_INVALID` where that cannot be found out */
  isThere(path: string): Promise<boolean>;
}

/** Paths from a folder, in no order. */
export interface WalkedFolder {
  readonly files: readonly string[];
  /** what may hold files that are not read; `what` as in "it is a link to a folder, which is not followed" */
  readonly notFollowed: readonly { readonly name: string; readonly what: string }[];
}
