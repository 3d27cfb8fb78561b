import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { PratiqueError } from '../errors.ts';
import { printable, quoted } from '../model/printable.ts';

/** One question to a server that a certificate names. */
export interface UrlRequest {
  readonly url: string;
  /** what is posted, with its type; absent: a GET */
  readonly body?: { readonly bytes: Uint8Array; readonly type: string };
  /** bytes of the answer, at most */
  readonly limitBytes: number;
  /** from the first byte sent to the last received */
  readonly timeoutMilliseconds: number;
}

/**
 * Asks a server.
 * @throws {PratiqueError} `NETWORK`, `TIMEOUT`, `LIMIT_EXCEEDED`; also where it answers with anything but 200
 */
export type FetchUrl = (request: UrlRequest) => Promise<Uint8Array>;

export interface FetchOptions {
  /** the proxy for a URL, if there is one */
  readonly proxyFor?: (url: URL) => string | undefined;
  /** ends what is under way */
  readonly signal?: AbortSignal;
}

/**
 * Makes what asks servers over plain http for lists and answers that are signed themselves. Redirects are not followed: a
 * certificate says where its issuer answers, and nobody on the way may say otherwise. No credentials, no cookies.
 */
export function openFetch({ proxyFor, signal }: FetchOptions = {}): FetchUrl {
  return async ({ url: text, body, limitBytes, timeoutMilliseconds }) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== 'http:' || url.username !== '' || url.password !== '')
      throw failed(text, 'only plain http URLs without a user are asked');
    const proxy = proxyFor?.(url);
    const dispatcher = proxy === undefined ? new Agent() : new ProxyAgent({ uri: proxy });
    const timeout = AbortSignal.timeout(timeoutMilliseconds);
    try {
      return await exchange(url, {
        dispatcher,
        limitBytes,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        ...(body && { body }),
      });
    } catch (thrown) {
      if (thrown instanceof PratiqueError) throw thrown;
      throw timeout.aborted
        ? failed(text, `it did not answer within ${timeoutMilliseconds / 1000} seconds`, 'TIMEOUT')
        : failed(text, printable(thrown instanceof Error ? thrown.message : String(thrown)));
    } finally {
      await dispatcher.destroy();
    }
  };
}

/** The fault that a question is which was not asked, as nobody but the image's registry may be. */
export function notAsked(url: string): PratiqueError {
  return new PratiqueError('NETWORK', {
    what: 'a server was not asked',
    where: quoted(url, 200),
    why: '--offline was given',
    next: 'leave it out, or give what the server would have said in another way',
  });
}

interface Exchange {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  readonly limitBytes: number;
  readonly body?: NonNullable<UrlRequest['body']>;
}

async function exchange(url: URL, { dispatcher, signal, limitBytes, body }: Exchange): Promise<Uint8Array> {
  const answer = await request(url, {
    dispatcher,
    signal,
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'accept-encoding': 'identity', ...(body && { 'content-type': body.type }) },
    body: body?.bytes ?? null,
  });
  if (answer.statusCode !== 200) throw failed(url.href, `it answered with status ${answer.statusCode}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += (chunk as Uint8Array).length;
    if (size > limitBytes)
      throw failed(url.href, `its answer has more than ${limitBytes} bytes`, 'LIMIT_EXCEEDED');
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}

function failed(
  url: string,
  why: string,
  code: 'NETWORK' | 'TIMEOUT' | 'LIMIT_EXCEEDED' = 'NETWORK',
): PratiqueError {
  return new PratiqueError(code, { what: 'a server did not answer', where: quoted(url), why });
}
