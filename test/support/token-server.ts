import { randomUUID, sign } from 'node:crypto';
import type { Issued } from './certificate.ts';
import { TOKEN_AGREEMENT } from './docker-registry.ts';
import { type Recorded, type Reply, type ScriptedServer, startScriptedServer } from './scripted-server.ts';

export interface TokenServerOptions {
  /** RSA; the registry trusts it */
  readonly signer: Issued;
  /** user → password; they may do everything */
  readonly passwords: Readonly<Record<string, string>>;
  /** refresh tokens that may do everything */
  readonly refreshTokens?: readonly string[];
  /** repositories that anybody may pull from */
  readonly open?: readonly string[];
  readonly tls?: Issued;
}

/**
 * Starts a token server for `startDockerRegistry`: JWTs by RS256 with the certificate in `x5c`.
 * @see distribution, "Token Authentication Implementation"
 */
export function startTokenServer(options: TokenServerOptions): Promise<ScriptedServer> {
  return startScriptedServer((request) => {
    if (request.method === 'POST') return refreshed(request, options);
    const { authorization } = request.headers;
    const user = authorization === undefined ? '' : userOf(authorization, options.passwords);
    if (user === undefined)
      return { status: 401, body: '{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}' };
    return grant(request.query.getAll('scope'), user, options, 'token');
  }, options.tls);
}

function refreshed({ body }: Recorded, options: TokenServerOptions): Reply {
  const form = new URLSearchParams(body.toString());
  const known = options.refreshTokens?.includes(form.get('refresh_token') ?? '') === true;
  if (!known || form.get('grant_type') !== 'refresh_token')
    return { status: 400, body: '{"error":"invalid_grant"}' };
  return grant((form.get('scope') ?? '').split(' '), 'refreshed', options, 'access_token');
}

function userOf(authorization: string, passwords: TokenServerOptions['passwords']): string | undefined {
  const text = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
  const [user = '', password] = text.split(':');
  return Object.hasOwn(passwords, user) && passwords[user] === password ? user : undefined;
}

function grant(scopes: readonly string[], user: string, options: TokenServerOptions, field: string): Reply {
  const access = scopes.flatMap((scope) => {
    const [type = '', name = '', actions = ''] = scope.split(':');
    const wanted = actions.split(',');
    const granted =
      user !== '' ? wanted : wanted.filter((action) => action === 'pull' && options.open?.includes(name));
    return granted.length === 0 ? [] : [{ type, name, actions: granted }];
  });
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: TOKEN_AGREEMENT.issuer,
    aud: TOKEN_AGREEMENT.service,
    sub: user,
    nbf: now - 10,
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
    access,
  };
  const body = JSON.stringify({ [field]: jwtOf(claims, options.signer), expires_in: 300 });
  return { headers: { 'content-type': 'application/json' }, body };
}

function jwtOf(claims: object, { key, der }: Issued): string {
  const header = { typ: 'JWT', alg: 'RS256', x5c: [der.toString('base64')] };
  const body = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${body}.${sign('sha256', Buffer.from(body), key).toString('base64url')}`;
}
