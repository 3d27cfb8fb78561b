import { PratiqueError } from '../errors.ts';
import type { Finding } from '../model/finding.ts';
import { quoted } from '../model/printable.ts';
import type { Ruled } from '../model/verdict.ts';

/** The fault of a check that ran, and met what it could not read: one for all such findings, or none. */
export function unreadFault({ outcome, findings }: Ruled): readonly PratiqueError[] {
  const open = findings.filter(({ finding, excepted, leavesOpen }) =>
    // One that stands for others is not answered for by an exception that covers it alone.
    excepted === undefined ? leavesOpen === true : finding.unread === true && unlisted(finding) > 0,
  );
  const [first] = open;
  if (first === undefined) return [];
  const { rule, where, message } = first.finding;
  const more = open.length - 1 + open.reduce((sum, { finding }) => sum + unlisted(finding), 0);
  return [
    new PratiqueError('SCAN_INCOMPLETE', {
      what: `${outcome.check}: ${message}${more > 0 ? `, and ${more} more` : ''}`,
      where: quoted(where.path ?? where.field ?? ''),
      next: `take it out of the image, or say in the policy what ${rule} weighs (checks: {${rule}: warn}), or except the path`,
    }),
  ];
}

/** How many more a finding stands for, which are not listed. */
function unlisted({ args }: Finding): number {
  const more = args['more'];
  return typeof more === 'number' ? more : 0;
}
