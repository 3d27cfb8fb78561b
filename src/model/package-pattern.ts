import { PratiqueError } from '../errors.ts';
import { matchesStars } from './glob.ts';
import { PACKAGE_MANAGERS, type Package, type PackageManager } from './package.ts';
import { quoted } from './printable.ts';

/** Names of packages of one manager; `*` stands for any run of characters. */
export interface PackagePattern {
  readonly manager: PackageManager;
  readonly name: string;
}

const LIMIT = 256; // characters of a name; npm's own bound is 214

/**
 * Reads a pattern for packages: `npm:@acme/*`, `deb:acme-*`, `rpm:*`. The manager is named whole.
 * @throws {PratiqueError} `POLICY_INVALID`
 */
export function parsePackagePattern(text: string): PackagePattern {
  const colon = text.indexOf(':');
  const written = text.slice(0, Math.max(0, colon));
  const manager = PACKAGE_MANAGERS.find((one) => one === written);
  if (manager === undefined)
    throw invalid(text, `it starts with a manager and a colon: ${PACKAGE_MANAGERS.join(', ')}`);
  const name = text.slice(colon + 1);
  if (name === '' || name.length > LIMIT || /[\s\p{Cc}]/u.test(name))
    throw invalid(text, `after the colon stands a name of 1 to ${LIMIT} characters, without blanks`);
  return { manager, name };
}

/** The pattern as `parsePackagePattern` reads it. */
export function formatPackagePattern({ manager, name }: PackagePattern): string {
  return `${manager}:${name}`;
}

/** Whether a package fits, its name compared whole; of Python without regard to case, and `-`, `_` and `.` are alike. */
export function matchesPackage(pattern: PackagePattern, { manager, name }: Package): boolean {
  if (pattern.manager !== manager) return false;
  if (manager !== 'pypi') return matchesStars(pattern.name, name);
  return matchesStars(normalName(pattern.name), normalName(name));
}

/** @see PEP 503, "Normalized Names" */
function normalName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

function invalid(text: string, why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', { what: `${quoted(text)} is not a pattern for packages`, why });
}
