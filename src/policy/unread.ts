import { PratiqueError } from '../errors.ts';
import { unlistedOf } from '../model/finding.ts';
import { quoted } from '../model/printable.ts';
import type { Ruled } from '../model/verdict.ts';

/** The fault of a check that ran, and met what it could not read: one for all such findings, or none. */
export function unreadFault({ outcome, findings }: Ruled): readonly PratiqueError[] {
  const open = findings.filter(({ leavesOpen }) => leavesOpen === true);
  const [first] = open;
  if (first === undefined) return [];
  const { rule, where, message } = first.finding;
  const more = open.length - 1 + open.reduce((sum, { finding }) => sum + unlistedOf(finding), 0);
  return [
    new PratiqueError('SCAN_INCOMPLETE', {
      what: `${outcome.check}: ${message}${more > 0 ? `, and ${more} more` : ''}`,
      where: quoted(where.path ?? where.field ?? ''),
      next: `take it out of the image, or say in the policy what ${rule} weighs (checks: {${rule}: warn}), or except the path`,
    }),
  ];
}
