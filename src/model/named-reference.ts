import type { Reference } from './reference.ts';
import type { Result, Verdict } from './verdict.ts';

/** The kinds of files that name images. */
export type ReferenceKind =
  | 'dockerfile'
  | 'compose'
  | 'kubernetes'
  | 'kustomization'
  | 'helm-values'
  | 'github-workflow'
  | 'github-action'
  | 'gitlab-ci'
  | 'devcontainer'
  | 'bake'
  | 'pipeline'
  | 'template';

/** An image that a file of a repository names. Texts are foreign and not escaped. */
export interface NamedReference {
  /** as people find it from where they are, with slashes; `-` for standard input */
  readonly file: string;
  /** of the name itself; both from 1, columns in UTF-16 units */
  readonly line: number;
  readonly column: number;
  readonly kind: ReferenceKind;
  /** what names it there: `FROM`, `services.web.image` */
  readonly role: string;
  /** as it is written */
  readonly text: string;
  /** as it is used, with variables replaced; absent where it cannot be known */
  readonly reference?: Reference;
  /** why it cannot be known; a printable clause */
  readonly why?: string;
  /** registry and repository, where no more than the tag or digest is unknown */
  readonly known?: Reference;
  /** where `text` itself stands in the file, offsets in UTF-16 units; absent where nothing can be appended to it */
  readonly range?: { readonly start: number; readonly end: number };
}

/** A part of a file that was not read, or names that stand in another place. */
export interface ReferenceRemark {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** printable clause */
  readonly text: string;
}

/** Everything that the files of a repository name. */
export interface NamedReferences {
  readonly references: readonly NamedReference[];
  /** what could not be read, where images may be named: there is no pass with one of these */
  readonly unread: readonly ReferenceRemark[];
  /** names outside of these files: includes from elsewhere; decides nothing */
  readonly elsewhere: readonly ReferenceRemark[];
  /** things to know that decide nothing; printable */
  readonly notes: readonly string[];
  /** how many files were looked through, and in how many of them a kind was known that names images */
  readonly files: { readonly listed: number; readonly read: number };
}

/** A named image with the verdict on its name alone. */
export interface JudgedReference {
  readonly named: NamedReference;
  readonly result: Result;
  /** absent where nothing of the name is known */
  readonly verdict?: Verdict;
}
