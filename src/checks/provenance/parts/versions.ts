import satisfies from 'semver/functions/satisfies.js';

const VERSION = /^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$/;
const TAGS = 'refs/tags/';
const LIMIT = 256; // characters

/**
 * Whether a ref is a tag with a whole version in a range. A branch is none, and neither is `v13`: it is moved from version to version.
 * Versions before a release are in a range only where it names one.
 */
export function isTagIn(ref: string, range: string): boolean {
  if (!ref.startsWith(TAGS) || ref.length > LIMIT) return false;
  const version = VERSION.exec(ref.slice(TAGS.length))?.[1];
  return version !== undefined && satisfies(version, range);
}
