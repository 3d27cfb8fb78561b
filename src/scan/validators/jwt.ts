import { printable } from '../../model/printable.ts';
import type { Judgement } from '../rule.ts';
import { decodeJsonObject } from './json-text.ts';

/** Seconds since 1970 at which these rules were made. A fixed day: what is found must not depend on when one looks. */
const RULES_MADE = Date.UTC(2026, 10, 1) / 1000;
/** The subject of the tokens of jwt.io, from which samples and tests are copied. */
const SAMPLE_SUBJECT = '1234567890';

interface Jwt {
  readonly header: ReadonlyMap<string, unknown>;
  readonly claims: ReadonlyMap<string, unknown>;
}

/**
 * A JSON web token: header and claims are JSON, the header names an algorithm, and there is a signature.
 * An unsigned one opens no door and is refuted. None is more than plausible: documentation and tests are full of
 * well-formed ones, and who signed them is not known here.
 * @see RFC 7519, section 7.2
 */
export function checkJwt(secret: string): Judgement {
  const jwt = decodeJwt(secret);
  if (jwt === undefined || secret.split('.')[2] === '') return 'refuted';
  const algorithm = jwt.header.get('alg');
  if (typeof algorithm !== 'string' || algorithm.toLowerCase() === 'none') return 'refuted';
  return jwt.claims.get('sub') === SAMPLE_SUBJECT ? 'refuted' : 'plausible';
}

/** A token that may still be accepted: it names no expiry, or one after these rules were made. */
export function checkLastingJwt(secret: string): Judgement {
  return isExpired(secret) ? 'refuted' : checkJwt(secret);
}

/** A token that had expired when these rules were made, and so on any day on which they are used. */
export function checkExpiredJwt(secret: string): Judgement {
  return isExpired(secret) ? checkJwt(secret) : 'refuted';
}

function isExpired(secret: string): boolean {
  const expiry = decodeJwt(secret)?.claims.get('exp');
  return typeof expiry === 'number' && expiry < RULES_MADE;
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

/**
 * What a service account token opens: namespace, account, whether it is bound to a pod and ends with it, for whom it
 * is meant, and whether the account is one that runs the cluster.
 * @see Kubernetes documentation, Managing service accounts; kubernetes/enhancements, KEP-1205
 */
export function detailsOfServiceAccountJwt(secret: string): Readonly<Record<string, string>> {
  const claims = decodeJwt(secret)?.claims ?? new Map<string, unknown>();
  const bound = claims.get('kubernetes.io');
  const subject = /^system:serviceaccount:([^:]{1,63}):(.{1,253})$/.exec(String(claims.get('sub') ?? ''));
  const audience = [claims.get('aud')].flat().filter((name) => typeof name === 'string');
  const details: Record<string, string> = { ...detailsOfJwt(secret) };
  if (subject !== null) {
    details['namespace'] = printable(subject[1] ?? '', 63);
    details['account'] = printable(subject[2] ?? '', 253);
  }
  details['form'] = typeof bound === 'object' && bound !== null ? 'bound' : 'legacy, without expiry';
  if (audience.length > 0) details['audience'] = printable(audience.join(', '), 200);
  if (isClusterAccount(subject?.[1], subject?.[2])) details['rights'] = 'runs the cluster';
  return details;
}

function isClusterAccount(namespace: string | undefined, account: string | undefined): boolean {
  return namespace === 'kube-system' || /admin|(?:^|-)root(?:-|$)|controller-manager/i.test(account ?? '');
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
