import { PratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import type { Endpoint } from './hosts.ts';
import { foreignRealm, imitatingRealm, mayHaveCredentials, readRealm } from './realm.ts';
import type { RegistryOptions } from './registry-options.ts';
import { keyOf, type Scope, scopesFor } from './scope.ts';
import { basic, fetchToken, secretsOf, type Token } from './token.ts';
import type { Transport } from './transport.ts';

const EARLY = 5000; // milliseconds; a token this near its end is not used for a new request

/** Knows who we are to one registry, and holds its tokens, one for each repository and set of actions. */
export class Authorizer {
  private readonly endpoint: Endpoint;
  private readonly repository: string;
  private readonly transport: Transport;
  private readonly options: RegistryOptions;
  private readonly tokens = new Map<string, Token>();
  private readonly underway = new Map<string, Promise<Token>>();
  private found: Promise<Credentials | undefined> | undefined;
  /** the `Authorization` that goes along with every request once the registry asked for it */
  private standing: string | undefined;
  private readonly secret = new Set<string>();

  /** @param repository for credential files with an entry for each namespace */
  constructor(endpoint: Endpoint, repository: string, transport: Transport, options: RegistryOptions) {
    this.endpoint = endpoint;
    this.repository = repository;
    this.transport = transport;
    this.options = options;
  }

  /** Everything that must not appear in a message. */
  get secrets(): ReadonlySet<string> {
    return this.secret;
  }

  /** What to send along, as far as it is known; a first request goes without. */
  authorization(scope: Scope): string | undefined {
    const token = this.tokens.get(keyOf(scope));
    if (token !== undefined && token.expiresAt - EARLY > this.options.now()) return `Bearer ${token.value}`;
    return this.standing;
  }

  /**
   * Answers a 401 of the registry.
   * @param header its `WWW-Authenticate`
   * @param refused what was sent along
   * @returns what to send instead; nothing where there is nothing else to offer
   * @throws {PratiqueError} `CREDENTIALS`, `REALM_REFUSED`, `UNAUTHORIZED`, `NOT_SUPPORTED`, or a transport fault
   */
  async renew(
    header: string,
    scope: Scope,
    refused: string | undefined,
    secure: boolean,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(header);
    const credentials = await this.credentials();
    const fresh = await this.answerTo(challenges, credentials, scope, secure);
    return fresh === refused ? undefined : fresh;
  }

  private async answerTo(
    challenges: readonly Challenge[],
    credentials: Credentials | undefined,
    scope: Scope,
    secure: boolean,
  ): Promise<string | undefined> {
    const bearer = challenges.find(
      ({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'),
    );
    if (credentials?.kind === 'registry') return this.stand(`Bearer ${credentials.token}`);
    if (bearer !== undefined) return `Bearer ${(await this.token(bearer, credentials, scope, secure)).value}`;
    if (!challenges.some(({ scheme }) => scheme === 'basic')) throw this.unknownScheme(challenges);
    if (credentials?.kind !== 'password') return undefined;
    return this.stand(basic(credentials.username, credentials.password));
  }

  private stand(authorization: string): string {
    this.standing = authorization;
    return authorization;
  }

  // Two requests that meet a 401 at once share one token.
  private token(
    challenge: Challenge,
    credentials: Credentials | undefined,
    scope: Scope,
    secure: boolean,
  ): Promise<Token> {
    const key = keyOf(scope);
    const underway = this.underway.get(key);
    if (underway !== undefined) return underway;
    const fresh = this.fetch(challenge, credentials, scope, secure).finally(() => this.underway.delete(key));
    this.underway.set(key, fresh);
    return fresh;
  }

  private async fetch(
    { parameters }: Challenge,
    credentials: Credentials | undefined,
    scope: Scope,
    secure: boolean,
  ): Promise<Token> {
    const realm = readRealm(parameters.get('realm') ?? '', secure);
    if (!mayHaveCredentials(realm, this.endpoint, this.options.allowRealms)) {
      const imitated = this.options.imitated?.(realm.host);
      if (imitated !== undefined) throw imitatingRealm(realm, imitated);
      if (credentials !== undefined) throw foreignRealm(realm, this.endpoint);
    }
    const service = parameters.get('service');
    const scopes = scopesFor(scope, parameters.get('scope'));
    const asked = {
      realm,
      scopes,
      ...(service === undefined ? {} : { service }),
      ...(credentials === undefined ? {} : { credentials }),
    };
    const token = await fetchToken(this.transport, asked, this.options);
    this.secret.add(token.value);
    this.tokens.set(keyOf(scope), token);
    return token;
  }

  private credentials(): Promise<Credentials | undefined> {
    this.found ??= findCredentials(this.endpoint.registry, this.repository, this.options).then(
      (credentials) => {
        for (const secret of credentials === undefined ? [] : secretsOf(credentials)) this.secret.add(secret);
        return credentials;
      },
    );
    return this.found;
  }

  private unknownScheme(challenges: readonly Challenge[]): PratiqueError {
    const names = challenges.map(({ scheme }) => quoted(scheme, 40)).join(', ');
    return new PratiqueError('UNAUTHORIZED', {
      what: `${quoted(this.endpoint.registry)} wants a login in a way that pratique does not know`,
      why:
        names === ''
          ? 'it answered 401 and did not say how'
          : `it offers ${names}; Basic and Bearer are known`,
    });
  }
}
