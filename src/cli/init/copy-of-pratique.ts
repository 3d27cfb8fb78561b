import { PratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';

/** The job fails until it is replaced. */
export const NO_COMMIT = '0'.repeat(40);
/** Stands in a pipeline until somebody names a copy. */
export const NOBODY = `acme/pratique@${NO_COMMIT}`;
/** On GitLab a project may lie below any number of groups; a dash at the front would be read as an option. */
const PINNED = /^\w[\w.-]*(?:\/\w[\w.-]*)+@[0-9a-f]{40}$/;

/** @throws {PratiqueError} `USAGE` for what is not pinned by a whole commit id: a tag can be moved to another program */
export function requirePinned(copy: string): string {
  if (PINNED.test(copy)) return copy;
  throw new PratiqueError('USAGE', {
    what: `--action ${quoted(copy)} is no copy of pratique at a commit`,
    next: 'write OWNER/REPOSITORY@ and the 40 hex digits of the commit',
  });
}
