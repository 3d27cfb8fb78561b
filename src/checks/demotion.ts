import type { Finding } from '../model/finding.ts';
import { matchesPackage, type PackagePattern } from '../model/package-pattern.ts';

/**
 * Keys: that one parses proves it to be a key, and nothing about what it opens, and libraries carry keys to test
 * themselves. A token that is verified has proven itself by what only its issuer puts in, and is live in a package, too.
 */
export const KEY_RULES: ReadonlySet<string> = new Set([
  'secrets.private-key',
  'secrets.encrypted-private-key',
  'secrets.base64-private-key',
  'secrets.pgp-private-key',
  'secrets.putty-private-key',
  'secrets.private-jwk',
]);

/**
 * Demotes a secret that a package brought, as everybody who installs the package has it: it lies in a file that a
 * package database of the image vouches for. Never demoted are
 * - tokens that have proven themselves, by a checksum or the like
 * - what is sure by its form, where the database vouches for the path only
 * - packages of one's own: what they carry is nobody else's
 */
export function demote(finding: Finding, ownPackages: readonly PackagePattern[]): Finding {
  const { package: owner } = finding;
  if (owner === undefined || ownPackages.some((pattern) => matchesPackage(pattern, owner))) return finding;
  return isPublic(finding, owner.by === 'path') ? { ...finding, demoted: true } : finding;
}

function isPublic({ rule, confidence }: Finding, byPath: boolean): boolean {
  if (KEY_RULES.has(rule)) return true;
  return confidence !== 'verified' && !(byPath && confidence === 'high');
}
