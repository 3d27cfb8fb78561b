import type { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import type { Reference } from '../../model/reference.ts';
import { AddressGuard } from './addresses.ts';
import { type Answer, faultOf } from './answer.ts';
import { Authorizer } from './authorizer.ts';
import { type Endpoint, endpointOf, originOf } from './hosts.ts';
import type { RegistryOptions } from './registry-options.ts';
import { retrying } from './retry.ts';
import type { Scope } from './scope.ts';
import { scrubFault, scrubText } from './scrub.ts';
import { type Call, Transport } from './transport.ts';

/** A request to the registry. */
export interface Ask {
  readonly method: Call['method'];
  /** path and query below the registry's root, starting with `/v2/`; or a URL that the registry gave, of its own origin */
  readonly at: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Call['body'];
  readonly scope: Scope;
  /** statuses that are returned; any other is thrown as its fault */
  readonly expect: readonly number[];
  /** whether sending it twice does no harm; the default for all but POST */
  readonly repeatable?: boolean;
}

const WARNING = /^299 \S+ "((?:[^"\\]|\\.)*)"/;
const WARNINGS = 20; // told of one registry; more are noise

/** A conversation with one registry about one repository: signs in when asked, tries again, follows. */
export class Session {
  readonly endpoint: Endpoint;
  readonly repository: string;
  readonly options: RegistryOptions;
  private readonly transport: Transport;
  private readonly authorizer: Authorizer;
  private readonly warned = new Set<string>();
  private readonly over = new AbortController();
  private origin: Promise<string> | undefined;

  /** Sends nothing yet. @throws {PratiqueError} `USAGE`, `REFERENCE_INVALID` */
  constructor(reference: Pick<Reference, 'registry' | 'repository'>, options: RegistryOptions) {
    this.endpoint = endpointOf(reference.registry, options.insecure);
    this.repository = reference.repository;
    const { signal } = options;
    const until = signal === undefined ? this.over.signal : AbortSignal.any([signal, this.over.signal]);
    const ending = { ...options, signal: until };
    this.options = { ...ending, warn: (text) => options.warn(scrubText(text, this.authorizer.secrets)) };
    this.transport = new Transport(ending, new AddressGuard(this.endpoint.hostname, options.lookup));
    this.authorizer = new Authorizer(this.endpoint, this.repository, this.transport, ending);
  }

  /** Scheme, host and port of the registry; every URL with our credentials has this origin. */
  root(): Promise<string> {
    this.origin ??= originOf(this.endpoint).then((origin) => new URL(origin).origin);
    return this.origin;
  }

  /** `/v2/REPOSITORY/…`; the parts must be free of what a URL treats specially, as digests and tags are. */
  path(...parts: readonly string[]): string {
    return `/v2/${this.repository}/${parts.join('/')}`;
  }

  /**
   * Sends a request until it has an answer that is expected.
   * @throws {PratiqueError} the fault of any other: the HTTP status is the first thing it says
   */
  async ask(ask: Ask): Promise<Answer> {
    const { at, method, headers = {}, body } = ask;
    const root = await this.root();
    const url = new URL(at, root);
    if (url.origin !== root) throw new TypeError('a request with credentials must stay at its registry');
    const call: Call = { method, url, headers, ...(body === undefined ? {} : { body }) };
    const repeatable = ask.repeatable ?? method !== 'POST';
    const send = () => this.authorized(call, ask.scope);
    const answer = repeatable ? await retrying(send, this.options) : await send();
    this.passWarnings(answer);
    if (ask.expect.includes(answer.status)) return answer;
    throw await this.faultOf(answer);
  }

  /** The fault that an answer with an unwelcome status is; free of secrets. */
  faultOf(answer: Answer): Promise<PratiqueError> {
    return faultOf(answer, this.options.limits.errorBytes, this.authorizer.secrets);
  }

  /**
   * Does work of several requests. What it throws holds nothing that is secret, whatever the registry sent back:
   * everything that speaks to people about a registry leaves through here.
   */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw scrubFault(thrown, this.authorizer.secrets);
    }
  }

  /** `guarded`, for what comes piece by piece. */
  async *guardedEach<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* items;
    } catch (thrown) {
      throw scrubFault(thrown, this.authorizer.secrets);
    }
  }

  /** Breaks off what is under way; what waits for another try waits no longer, and holds the process no longer. */
  async close(): Promise<void> {
    this.over.abort();
    await this.transport.close();
  }

  // A 401 is answered once for each request: by the registry only, never by a host it redirects to.
  private async authorized(call: Call, scope: Scope): Promise<Answer> {
    const known = this.authorizer.authorization(scope);
    const answer = await this.transport.follow(withAuthorization(call, known));
    const header = answer.header('www-authenticate');
    if (answer.status !== 401 || answer.foreign || header === undefined) return answer;
    const fresh = await this.authorizer.renew(header, scope, known, call.url.protocol === 'https:');
    if (fresh === undefined) return answer;
    answer.discard();
    return await this.transport.follow(withAuthorization(call, fresh));
  }

  // RFC 7234 warn-code 299; OCI distribution-spec v1.1, "Warnings".
  private passWarnings(answer: Answer): void {
    const text = answer.foreign ? undefined : answer.header('warning');
    const said = text === undefined ? undefined : WARNING.exec(text)?.[1];
    if (said === undefined || this.warned.has(said) || this.warned.size >= WARNINGS) return;
    this.warned.add(said);
    this.options.warn(`${this.endpoint.registry} says: ${printable(said.replaceAll(/\\(.)/g, '$1'), 300)}`);
  }
}

function withAuthorization(call: Call, authorization: string | undefined): Call {
  return authorization === undefined ? call : { ...call, headers: { ...call.headers, authorization } };
}
