import { PratiqueError } from '../../errors.ts';
import { readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { type Answer, faultOf, readBody } from './answer.ts';
import type { Credentials } from './credentials.ts';
import { placeOf } from './fault.ts';
import type { RegistryOptions } from './registry-options.ts';
import { retrying } from './retry.ts';
import type { Call, Transport } from './transport.ts';

/** A token, and when to stop using it. */
export interface Token {
  readonly value: string;
  /** milliseconds since 1970 */
  readonly expiresAt: number;
}

export interface TokenRequest {
  readonly realm: URL;
  readonly service?: string;
  readonly scopes: readonly string[];
  /** absent: anonymous */
  readonly credentials?: Credentials;
}

// RFC 6750: anything else could forge a second header.
const TOKEN = /^[\x21-\x7e]+$/;
const TOKEN_LIMIT = 60_000; // characters; what fits into a request's headers
const SHORTEST_LIFE = 60; // seconds; what a token is good for where the server says less or nothing
const LONGEST_LIFE = 86_400; // seconds
const CLIENT_ID = 'pratique';

/**
 * Fetches a token: with a refresh token by OAuth2 POST, otherwise (and where the server has no POST) by GET.
 * Whether this realm may have these credentials was asked before, by `mayHaveCredentials`.
 * @throws {PratiqueError} `UNAUTHORIZED` where the credentials are refused, `REALM_REFUSED`, or a transport fault
 * @see distribution, "Token Authentication Specification" and "Oauth2 Token Authentication"
 */
export async function fetchToken(
  transport: Transport,
  asked: TokenRequest,
  options: RegistryOptions,
): Promise<Token> {
  const { credentials } = asked;
  if (credentials?.kind === 'identity') {
    const answer = await send(transport, postCall(asked, credentials.token), options);
    if (answer.status !== 404 && answer.status !== 405) return await readToken(answer, asked, options);
    answer.discard();
  }
  return await readToken(await send(transport, getCall(asked), options), asked, options);
}

// A realm's redirects are not followed: the credentials were meant for the realm alone.
async function send(transport: Transport, call: Call, options: RegistryOptions): Promise<Answer> {
  try {
    return await retrying(() => transport.exchange(call), options);
  } catch (thrown) {
    if (!(thrown instanceof PratiqueError) || thrown.code !== 'REDIRECT_REFUSED') throw thrown;
    throw new PratiqueError('REALM_REFUSED', thrown.problem);
  }
}

function getCall({ realm, service, scopes, credentials }: TokenRequest): Call {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  url.searchParams.set('client_id', CLIENT_ID);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (credentials !== undefined) {
    const [user, secret] = pairOf(credentials);
    url.searchParams.set('account', user);
    headers['authorization'] = basic(user, secret);
  }
  return { method: 'GET', url, headers };
}

function postCall({ realm, service, scopes }: TokenRequest, refreshToken: string): Call {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: CLIENT_ID,
    refresh_token: refreshToken,
  });
  if (service !== undefined) form.set('service', service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', url: realm, headers, body: Buffer.from(form.toString()) };
}

async function readToken(
  answer: Answer,
  { realm, credentials }: TokenRequest,
  options: RegistryOptions,
): Promise<Token> {
  const { limits, now } = options;
  const secrets = credentials === undefined ? [] : secretsOf(credentials);
  if (answer.status >= 300 && answer.status < 400) throw redirected(answer);
  if (answer.status !== 200) {
    throw inContext(await faultOf(answer, limits.errorBytes, secrets), answer.status, credentials);
  }
  const where = `token answer of ${realm.host}`;
  const fields = readFields(readJson(await readBody(answer, limits.tokenBytes), { where }), { where });
  const value = fields.optionalString('token') || fields.optionalString('access_token') || '';
  if (!TOKEN.test(value) || value.length > TOKEN_LIMIT) throw noToken(where);
  const life = fields.get('expires_in');
  const seconds =
    typeof life === 'number' ? Math.min(Math.max(life, SHORTEST_LIFE), LONGEST_LIFE) : SHORTEST_LIFE;
  return { value, expiresAt: now() + seconds * 1000 };
}

/** The `Authorization` of a user and a password. */
export function basic(user: string, secret: string): string {
  return `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}

/** Everything in the credentials that must never be shown. */
export function secretsOf(credentials: Credentials): readonly string[] {
  const secret = credentials.kind === 'password' ? credentials.password : credentials.token;
  const pair = credentials.kind === 'registry' ? [] : [basic(...pairOf(credentials)).slice('Basic '.length)];
  return [secret, ...pair];
}

function pairOf(credentials: Credentials): [string, string] {
  if (credentials.kind === 'password') return [credentials.username, credentials.password];
  const user = credentials.kind === 'identity' ? credentials.username : '';
  return [user === '' ? '<token>' : user, credentials.token];
}

// OAuth2 servers say 400 for a refresh token that has expired; a 404 is not about the image.
function inContext(
  { code, problem }: PratiqueError,
  status: number,
  credentials: Credentials | undefined,
): PratiqueError {
  const how =
    credentials === undefined ? 'an anonymous token' : `a token for the login in ${credentials.origin}`;
  const what = `${problem.what.replace(/^the registry/, 'the token server')} when asked for ${how}`;
  if (status === 404)
    return new PratiqueError('REGISTRY_ERROR', { ...problem, what, next: 'check the registry' });
  const refused = status === 400 || status === 401 || status === 403;
  return new PratiqueError(refused ? 'UNAUTHORIZED' : code, { ...problem, what });
}

function redirected(answer: Answer): PratiqueError {
  answer.discard();
  return new PratiqueError('REALM_REFUSED', {
    what: 'the token server sends the request elsewhere, and that is refused',
    where: placeOf(answer.method, answer.url),
    why: 'credentials go to the token server alone',
  });
}

function noToken(where: string): PratiqueError {
  return new PratiqueError('REGISTRY_ERROR', { what: 'the token server gave no usable token', where });
}
