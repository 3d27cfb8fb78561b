import { PratiqueError } from '../errors.ts';
import { AddressGuard } from './registry/addresses.ts';
import { readBody } from './registry/answer.ts';
import { faultOfConnection, placeOf } from './registry/fault.ts';
import { bare } from './registry/hosts.ts';
import type { RegistryOptions } from './registry/registry-options.ts';
import { Transport } from './registry/transport.ts';

/** Files below a URL. */
export interface WebFolder {
  /**
   * @param path below the folder's URL
   * @param limitBytes of the answer; one more is a fault
   * @returns `undefined` where the server says that there is none (404, and 403 as stores of objects say it)
   * @throws {PratiqueError} `NETWORK`, `TLS`, `TIMEOUT`, `REDIRECT_REFUSED`, `REGISTRY_ERROR`, `RATE_LIMITED`, `LIMIT_EXCEEDED`
   */
  get(path: string, limitBytes: number): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

const ABSENT = new Set([403, 404]);

/**
 * Opens a folder on a web server, over the proxies and with the authorities that registries are reached with. No credentials
 * are ever sent, and no redirect is followed: whoever answers is who was named.
 * @param url of the folder, without user name
 * @throws {PratiqueError} `USAGE` where the CA file cannot be read
 */
export function openWebFolder(url: string, options: RegistryOptions): WebFolder {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const transport = new Transport(options, new AddressGuard(bare(base.hostname)));
  const read = async (url: URL, limitBytes: number) => {
    const answer = await transport.exchange({ method: 'GET', url, headers: {} });
    if (answer.status === 200) return await readBody(answer, limitBytes);
    answer.discard();
    if (ABSENT.has(answer.status)) return undefined;
    throw unwelcome(answer.status, placeOf('GET', answer.url));
  };
  return {
    async get(path, limitBytes) {
      const url = new URL(path, base);
      try {
        return await untilAborted(read(url, limitBytes), options.signal);
      } catch (thrown) {
        throw ofMirror(faultOfConnection(thrown, placeOf('GET', url)));
      }
    },
    close: () => transport.close(),
  };
}

/** A signal does not end the wait for a proxy's answer to CONNECT; the folder's end does. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal?.reason);
  });
  signal?.addEventListener('abort', stop);
  if (signal?.aborted === true) stop();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function unwelcome(status: number, where: string): PratiqueError {
  if (status >= 300 && status < 400)
    return new PratiqueError('REDIRECT_REFUSED', {
      what: 'the mirror sends the request elsewhere, and that is refused',
      where,
      next: 'name the place that it leads to as the mirror, if it is meant',
    });
  return new PratiqueError(status === 429 ? 'RATE_LIMITED' : 'REGISTRY_ERROR', {
    what: `the mirror answered ${status}`,
    where,
    next: 'try again later',
  });
}

/** The transport was made for registries, and says so; and it does not know that a signal can be a deadline. */
function ofMirror(error: PratiqueError): PratiqueError {
  const { where, what, next } = error.problem;
  if (error.cause instanceof Error && error.cause.name === 'TimeoutError')
    return new PratiqueError('TIMEOUT', {
      what: 'the mirror takes too long to answer',
      ...(where !== undefined && { where }),
      next: 'check the network and the proxy settings, or try again later',
    });
  const named = (text: string) => text.replaceAll(/\bthe registry\b/g, 'the mirror');
  const problem = { ...error.problem, what: named(what), ...(next !== undefined && { next: named(next) }) };
  return new PratiqueError(error.code, problem, { cause: error.cause });
}
