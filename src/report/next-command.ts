import type { Finding } from '../model/finding.ts';
import { formatReference, parseReference } from '../model/reference.ts';
import type { Verdict } from '../model/verdict.ts';

/** What may stand in a command line as it is; all else could be read as more than a name. */
const PLAIN = /^\w[\w.:/@-]{0,599}$/; // an image's whole name, with tag and digest, is never longer
/** Targets that stand in no registry. */
const LOCAL = /^(?:oci|oci-archive|docker-archive|docker-daemon):/;

/**
 * The command that mends what a finding tells of, or shows more of it: to be copied. Foreign text is in it only where it is plain.
 * @returns `undefined` where there is none to give
 */
export function commandFor({ rule, args }: Finding, verdict: Verdict): string | undefined {
  const name = verdict.name.replace(/^(?:docker:\/\/|docker-daemon:)/, '');
  const pinned = pinnedName(verdict);
  if (rule.startsWith('signature.') && pinned !== undefined) return `cosign sign ${pinned}`;
  if (rule === 'hygiene.pinned-reference' || rule === 'hygiene.latest-tag')
    return pinned === undefined ? undefined : `docker pull ${pinned}`;
  const { meant } = args;
  if (rule === 'name.lookalike' && typeof meant === 'string' && PLAIN.test(meant))
    return `pratique check ${meant}`;
  if (rule.startsWith('name.'))
    return PLAIN.test(name) && !LOCAL.test(name) ? `pratique explain ${name}` : undefined;
  return /^[a-z][a-z0-9.-]{0,99}$/.test(rule) ? `pratique explain ${rule}` : undefined;
}

/** The image by the digest that was judged; `undefined` for what is in no registry, or was never resolved. */
export function pinnedName({ name, subject }: Verdict): string | undefined {
  if (subject === undefined || LOCAL.test(name)) return undefined;
  try {
    const { registry, repository } = parseReference(name.replace(/^docker:\/\//, ''));
    return formatReference({ registry, repository, digest: subject.digest });
  } catch {
    return undefined; // a name that cannot be parsed is shown by its digest
  }
}

/** The name as a word of a command line; a placeholder where it is not plain. */
export function nameToType({ name }: Verdict): string {
  return PLAIN.test(name) ? name : 'IMAGE';
}
