import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, Pool, ProxyAgent, request } from 'undici';
import { PratiqueError } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';
import type { AddressGuard } from './addresses.ts';
import { type Answer, answerOf } from './answer.ts';
import { faultOfConnection, interrupted, placeOf } from './fault.ts';
import { proxyFor } from './proxies.ts';
import type { RegistryOptions } from './registry-options.ts';

/** One request as it goes over the wire. */
export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** bytes, or what makes a new stream of them for every try */
  readonly body?: Uint8Array | (() => AsyncIterable<Uint8Array>);
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const HOPS = 5; // registries need one, mirrors two
const CONNECTIONS = 16; // to one host; a run reads a few streams at a time
const HEADER_BYTES = 65_536; // Google's registry sends 21 KB, more than Node's default takes
const CONNECT_MILLISECONDS = 30_000;
/** What may go along to another host: nothing that says who asks or what for. */
const HARMLESS = new Set(['accept', 'accept-encoding', 'range', 'user-agent']);

/**
 * Sends requests and follows redirects. It knows no credentials but those in a call's headers, and takes
 * care that they stay with the host of that call.
 */
export class Transport {
  private readonly options: RegistryOptions;
  private readonly guard: AddressGuard;
  private readonly ca: readonly string[] | undefined;
  private closed = false;
  private readonly dispatchers = new Map<string, Dispatcher>();

  /** @throws {PratiqueError} `USAGE` where the CA file cannot be read */
  constructor(options: RegistryOptions, guard: AddressGuard) {
    this.options = options;
    this.guard = guard;
    this.ca = options.caFile === undefined ? undefined : authorities(options.caFile);
  }

  /**
   * One request and its answer, whatever its status; redirects are answers too.
   * @throws {PratiqueError} `NETWORK`, `TLS`, `TIMEOUT`, `REGISTRY_ERROR`, `RATE_LIMITED`, `REDIRECT_REFUSED`
   */
  async exchange(call: Call, foreign = false): Promise<Answer> {
    const { method, url, headers, body } = call;
    const { signal, limits, userAgent } = this.options;
    if (this.closed) throw interrupted(placeOf(method, url, foreign));
    this.guard.check(url);
    try {
      const response = await request(url, {
        dispatcher: this.dispatcherFor(url),
        method,
        headers: { 'user-agent': userAgent ?? 'pratique', 'accept-encoding': 'identity', ...headers },
        headersTimeout: limits.stallSeconds * 1000,
        bodyTimeout: 0, // watched by `answerOf`, which also notices dripping
        body: typeof body === 'function' ? (body() as unknown as Buffer) : (body ?? null),
        signal: signal ?? null,
      });
      return answerOf(response, { method, url, foreign, stallSeconds: limits.stallSeconds });
    } catch (thrown) {
      throw faultOfConnection(thrown, placeOf(method, url, foreign));
    }
  }

  /**
   * `exchange`, and the redirects of GET and HEAD. From the first hop to another scheme, host or port on,
   * only harmless headers are sent, and they stay off even if a later hop leads back: no Authorization
   * (GHSA-whvf-jp7m-59f3), no cookie, and no answer to a 401 over there (go-containerregistry #2349).
   * @throws {PratiqueError} also `REDIRECT_REFUSED`
   */
  async follow(call: Call): Promise<Answer> {
    let { url, headers } = call;
    let foreign = false;
    for (let hop = 0; ; hop += 1) {
      const answer = await this.exchange({ ...call, url, headers }, foreign);
      if (!REDIRECTS.has(answer.status)) return answer;
      const target = redirectOf(answer, hop);
      answer.discard();
      if (target.hostname !== call.url.hostname) {
        const imitated = this.options.imitated?.(target.host);
        if (imitated !== undefined) throw refused(answer, imitated);
      }
      if (target.origin !== url.origin) {
        foreign = true;
        headers = Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
      }
      url = target;
    }
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    this.closed = true;
    const all = [...this.dispatchers.values()];
    this.dispatchers.clear();
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
  }

  private dispatcherFor(url: URL): Dispatcher {
    const proxy = proxyFor(url, this.options.env);
    const key = proxy ?? '';
    const known = this.dispatchers.get(key);
    if (known !== undefined) return known;
    const made = proxy === undefined ? this.direct() : this.through(proxy);
    this.dispatchers.set(key, made);
    return made;
  }

  private direct(): Dispatcher {
    return new Agent({ ...this.poolOptions(), connect: { ...this.tls(), lookup: this.guard.lookup } });
  }

  // The proxy's own address is the user's choice: no guard.
  private through(uri: string): Dispatcher {
    const options = this.poolOptions();
    return new ProxyAgent({
      uri,
      ...options,
      requestTls: this.tls(),
      proxyTls: this.tls(),
      factory: (origin, more) => new Pool(origin, { ...more, ...options }),
      clientFactory: (origin, more) => new Pool(origin, { ...more, ...options }),
    });
  }

  private poolOptions() {
    return {
      allowH2: false, // one protocol, one set of limits
      connections: CONNECTIONS,
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: this.options.limits.stallSeconds * 1000,
      connectTimeout: Math.min(CONNECT_MILLISECONDS, this.options.limits.stallSeconds * 1000),
    };
  }

  // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment cannot turn it off.
  private tls() {
    const timeout = Math.min(CONNECT_MILLISECONDS, this.options.limits.stallSeconds * 1000);
    const base = { rejectUnauthorized: true, allowH2: false, timeout };
    return this.ca === undefined ? base : { ...base, ca: [...this.ca] };
  }
}

function redirectOf(answer: Answer, hop: number): URL {
  const location = answer.header('location');
  if (answer.method !== 'GET' && answer.method !== 'HEAD')
    throw refused(answer, 'only reading follows redirects; an upload would hand the image to another server');
  if (hop >= HOPS) throw refused(answer, `more than ${HOPS} redirects in a row`);
  return targetOf(location, answer);
}

/**
 * Reads the `Location` of an answer, relative or not.
 * @throws {PratiqueError} `REDIRECT_REFUSED` where it is absent, no http URL, holds a login, or goes from https to http
 */
export function targetOf(location: string | undefined, answer: Answer): URL {
  if (location === undefined || !URL.canParse(location, answer.url.href))
    throw refused(answer, 'it names no URL');
  const target = new URL(location, answer.url.href);
  target.hash = '';
  if (target.protocol !== 'https:' && target.protocol !== 'http:')
    throw refused(answer, 'it is no http or https URL');
  if (target.username !== '' || target.password !== '') throw refused(answer, 'it has a user name in it');
  if (answer.url.protocol === 'https:' && target.protocol === 'http:')
    throw refused(answer, `it leads from https to plain http, at ${quoted(target.host)}`);
  return target;
}

function refused(answer: Answer, why: string): PratiqueError {
  return new PratiqueError('REDIRECT_REFUSED', {
    what: 'the registry sends the request elsewhere, and that is refused',
    where: placeOf(answer.method, answer.url, answer.foreign),
    why,
  });
}

function authorities(path: string): readonly string[] {
  try {
    const pem = readFileSync(path, 'utf8');
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no PEM certificate');
    return [...getCACertificates('default'), pem];
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    const problem = {
      what: 'the CA file cannot be used',
      where: printable(path),
      why: code ?? printable(message),
    };
    throw new PratiqueError('USAGE', problem);
  }
}
