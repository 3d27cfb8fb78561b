import { type Finding, unlistedOf } from '../model/finding.ts';
import type { VouchingPackage } from '../model/package.ts';
import { matchesPackage, type PackagePattern } from '../model/package-pattern.ts';
import { UNSCANNED_RULE } from '../scan/unpack/unscanned.ts';

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
  'secrets.der-private-key',
  'secrets.encrypted-der-key',
  'secrets.open-keystore',
  'secrets.keystore',
  'secrets.openpgp-secret-key',
  'secrets.locked-openpgp-key',
  'secrets.encoded-private-key',
  'secrets.encoded-keystore',
]);

/** Where packages keep what is made for tests and manuals: folders inside the package, and texts. */
const SHOWPIECE =
  /(?:^|\/)(?:__tests__|tests?|specs?|fixtures?|testdata|test-data|examples?|samples?|docs?)\/|\.(?:md|markdown|rst|adoc)$/i;
/** The innermost folder of a package of npm, with all before it: a package may be called `test` itself. */
const PACKAGE_FOLDER = /^.*(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\//;

/**
 * Demotes a secret that a package brought, as everybody who installs the package has it: it lies in a file that a
 * package database of the image vouches for. Never demoted are
 * - tokens that have proven themselves, by a checksum or the like
 * - what is sure by its form, where the database does not vouch for the very bytes; of keys, those that lie where a package
 *   keeps its tests and manuals are spared, as a key that somebody has put beside a program lies elsewhere
 * - what was not looked into, where the database does not vouch for the very bytes
 * - packages of one's own: what they carry is nobody else's
 */
export function demote(finding: Finding, ownPackages: readonly PackagePattern[]): Finding {
  const { package: owner } = finding;
  if (owner === undefined) return finding;
  if (finding.rule === UNSCANNED_RULE && (owner.by !== 'digest' || unlistedOf(finding) > 0)) return finding;
  const own = ownOf(owner, ownPackages);
  if (own !== undefined) return { ...finding, package: own };
  return isPublic(finding, owner) ? { ...finding, demoted: true } : finding;
}

/** The package as the one of one's own that vouches, too, if there is one: two databases may have the same file. */
function ownOf(owner: VouchingPackage, patterns: readonly PackagePattern[]): VouchingPackage | undefined {
  const { also = [], by } = owner;
  const own = [owner, ...also].find((one) => patterns.some((pattern) => matchesPackage(pattern, one)));
  return own && { ...own, by };
}

function isPublic({ rule, confidence, where }: Finding, { by }: VouchingPackage): boolean {
  const isKey = KEY_RULES.has(rule);
  if (by === 'digest') return isKey || confidence !== 'verified';
  if (isKey) return SHOWPIECE.test(fileOf(where.path ?? '').replace(PACKAGE_FOLDER, ''));
  return confidence === 'medium' || confidence === 'low';
}

/** The file that the database knows, without the archives in it: what they call their folders is nobody's word. */
function fileOf(path: string): string {
  return path.split('!/', 1)[0] ?? path;
}
