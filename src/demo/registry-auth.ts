import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who may use the demo registry. `basic`: user and password with every request; `token`: with the token server. */
export interface RegistryAuth {
  readonly kind: 'basic' | 'token';
  readonly user: string;
  readonly password: string;
}

/** Decides about requests; a token lets in for the scopes that it was given for. */
export class Doorkeeper {
  private readonly auth: RegistryAuth;
  /** token → scopes such as `repository:shop:pull` */
  private readonly tokens = new Map<string, ReadonlySet<string>>();

  constructor(auth: RegistryAuth) {
    this.auth = auth;
  }

  /** @returns nothing where the request may pass, else the challenge to answer with */
  challenge(request: IncomingMessage, host: string, repository: string | undefined): string | undefined {
    const action = request.method === 'GET' || request.method === 'HEAD' ? 'pull' : 'push';
    if (this.auth.kind === 'basic')
      return this.knows(request.headers.authorization) ? undefined : 'Basic realm="pratique demo"';
    const scope = repository === undefined ? undefined : `repository:${repository}:${action}`;
    if (this.bears(request.headers.authorization, scope)) return undefined;
    const wanted =
      repository === undefined
        ? ''
        : `,scope="repository:${repository}:${action === 'push' ? 'pull,push' : 'pull'}"`;
    return `Bearer realm="http://${host}/token",service="${host}"${wanted}`;
  }

  /** Answers a request for a token: GET with Basic, or an OAuth2 POST. `undefined` for a wrong password. */
  issue(request: IncomingMessage, scopes: readonly string[], form?: URLSearchParams): string | undefined {
    const granted =
      form === undefined
        ? this.knows(request.headers.authorization)
        : this.isUser(form.get('username') ?? '', form.get('password') ?? '');
    if (!granted) return undefined;
    const token = randomBytes(24).toString('base64url');
    this.tokens.set(token, new Set(scopes.flatMap(eachAction)));
    return token;
  }

  private bears(header: string | undefined, scope: string | undefined): boolean {
    const token = /^Bearer ([\w-]+)$/.exec(header ?? '')?.[1];
    const scopes = token === undefined ? undefined : this.tokens.get(token);
    return scopes !== undefined && (scope === undefined || scopes.has(scope));
  }

  private knows(header: string | undefined): boolean {
    const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(header ?? '')?.[1] ?? '';
    const [user = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':');
    return this.isUser(user, rest.join(':'));
  }

  private isUser(user: string, password: string): boolean {
    return same(user, this.auth.user) && same(password, this.auth.password);
  }
}

function eachAction(scope: string): readonly string[] {
  const at = scope.lastIndexOf(':');
  return scope
    .slice(at + 1)
    .split(',')
    .map((action) => `${scope.slice(0, at)}:${action}`);
}

function same(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
