import type { Judgement } from '../rule.ts';

const LOCATION = 1;
const IDENTIFIER = 2;

/**
 * A PyPI token is a macaroon behind its prefix: version 2, then a location and an identifier, each with its length.
 * @see libmacaroons, "binary format, version 2"; Warehouse documentation, API tokens
 */
export function checkPypiToken(secret: string): Judgement {
  const bytes = Buffer.from(secret.replace(/^pypi-/, ''), 'base64');
  if (bytes[0] !== 2 || bytes[1] !== LOCATION) return 'refuted';
  const locationEnd = 3 + (bytes[2] ?? 0);
  const location = bytes.subarray(3, locationEnd).toString('latin1');
  if (!/^[a-z0-9.-]{4,60}$/.test(location)) return 'plausible';
  return bytes[locationEnd] === IDENTIFIER ? 'verified' : 'plausible';
}
