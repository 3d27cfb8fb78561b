import { printable } from '../../model/printable.ts';
import type { Judgement } from '../rule.ts';
import { decodeJsonObject } from './json-text.ts';

interface Jwt {
  readonly header: ReadonlyMap<string, unknown>;
  readonly claims: ReadonlyMap<string, unknown>;
}

/**
 * A JSON web token: header and claims are JSON, the header names an algorithm, and there is a signature.
 * An unsigned one opens no door and is refuted. None is more than plausible: documentation and tests are full of
 * well-formed ones, and who signed them is not known here. Whether it has expired is told, not judged: that depends on the day.
 * @see RFC 7519, section 7.2
 */
export function checkJwt(secret: string): Judgement {
  const jwt = decodeJwt(secret);
  if (jwt === undefined || secret.split('.')[2] === '') return 'refuted';
  const algorithm = jwt.header.get('alg');
  if (typeof algorithm !== 'string' || algorithm.toLowerCase() === 'none') return 'refuted';
  return 'plausible';
}

/** A token that Kubernetes gave to a service account, of the old form or a bound one. */
export function checkServiceAccountJwt(secret: string): Judgement {
  if (checkJwt(secret) === 'refuted') return 'refuted';
  const claims = decodeJwt(secret)?.claims ?? new Map<string, unknown>();
  const named = [...claims.keys()].some((key) => key === 'kubernetes.io' || key.startsWith('kubernetes.io/'));
  return named || claims.get('iss') === 'kubernetes/serviceaccount' ? 'verified' : 'refuted';
}

/** A key to a Supabase project that passes by its row level security. */
export function checkServiceRoleJwt(secret: string): Judgement {
  if (checkJwt(secret) === 'refuted') return 'refuted';
  const claims = decodeJwt(secret)?.claims;
  return claims?.get('role') === 'service_role' ? 'verified' : 'refuted';
}

/** The issuer, the subject and the expiry (RFC 3339) as the token tells them. */
export function detailsOfJwt(secret: string): Readonly<Record<string, string>> {
  const claims = decodeJwt(secret)?.claims ?? new Map<string, unknown>();
  const details: Record<string, string> = {};
  for (const [claim, name] of [
    ['iss', 'issuer'],
    ['sub', 'subject'],
  ] as const) {
    const value = claims.get(claim);
    if (typeof value === 'string') details[name] = printable(value, 100);
  }
  const expiry = claims.get('exp');
  if (typeof expiry === 'number' && expiry > 0 && expiry < 8e12) {
    details['expires'] = new Date(expiry * 1000).toISOString();
  }
  return details;
}

function decodeJwt(secret: string): Jwt | undefined {
  const [head = '', body = ''] = secret.split('.');
  const header = decodeJsonObject(head);
  const claims = decodeJsonObject(body);
  return header === undefined || claims === undefined ? undefined : { header, claims };
}
