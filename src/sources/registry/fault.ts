import { type ErrorCode, PratiqueError, type Problem } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';

/** What `faultOfAnswer` needs of an answer. */
export interface FailedAnswer {
  readonly status: number;
  readonly url: URL;
  readonly foreign: boolean;
  header(name: string): string | undefined;
}

const TLS_CODES =
  /^(?:ERR_TLS|ERR_SSL|EPROTO|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_)/;
const TIMEOUT_CODES = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
const ABORT_CODES = new Set(['ABORT_ERR', 'UND_ERR_ABORTED', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED']);
const INTERRUPTED = 'the run was interrupted, or the source closed';
const QUERY = /(\bhttps?:\/\/[^\s"'<>?#]*)[?#][^\s"'<>]*/gi;
const CREDENTIAL =
  /\b(bearer|basic|token|password|secret|authorization)([\s"':=]+)(?=\S*\d|\S{24})[A-Za-z0-9._~+/=-]{8,}/gi;
// hub-feedback #1907: Docker Hub's abuse limit answers 429 with bare line feeds, which no parser takes.
const NOT_HTTP = {
  what: 'the answer is not proper HTTP',
  next: 'if this is Docker Hub, it limits requests: wait, or log in',
};
const MESSAGE_LIMIT = 300; // characters of a registry's own words

/**
 * How a request is named to people: no query (it may be presigned) and, away from the registry, no path.
 * @param foreign whether the host is not the registry's
 */
export function placeOf(method: string, url: URL, foreign = false): string {
  return printable(foreign ? `${method} ${url.origin}` : `${method} ${url.origin}${url.pathname}`);
}

/**
 * Takes out of a server's words what must not be repeated: what looks like a credential (a hostile server
 * can echo the header it was sent) and the queries of URLs, which may be presigned (GHSA-5jhf-2qmf-m8c5).
 * @param secrets what is known to be secret, removed wherever it stands
 */
export function redacted(text: string, secrets: Iterable<string> = []): string {
  let clean = text;
  for (const secret of secrets) if (secret.length > 3) clean = clean.replaceAll(secret, '…');
  return printable(clean.replace(QUERY, '$1?…').replace(CREDENTIAL, '$1$2…'), MESSAGE_LIMIT);
}

/** The fault for a status that was not hoped for; the status comes first, the registry's own words after it. */
export function faultOfAnswer(answer: FailedAnswer, method: string, words: string): PratiqueError {
  const { status, url, foreign } = answer;
  const [code, meaning, next] = meaningOf(answer);
  const who = foreign ? `the server ${quoted(url.host)} that the registry redirects to` : 'the registry';
  const why = [rateOf(answer), words].filter((part) => part !== '').join('; ');
  const problem = {
    what: `${who} answered ${status}${meaning === '' ? '' : ` (${meaning})`}`,
    where: placeOf(method, url, foreign),
    ...(why === '' ? {} : { why }),
    ...(next === '' ? {} : { next }),
  };
  const after = /^\d{1,5}$/.exec(answer.header('retry-after') ?? '')?.[0];
  return new PratiqueError(code, problem, after === undefined ? {} : { afterSeconds: Number(after) });
}

function meaningOf({ status, url }: FailedAnswer): readonly [ErrorCode, string, string] {
  if (status === 401)
    return ['UNAUTHORIZED', 'unauthorized', 'check the name, and log in if the image is private'];
  if (status === 403) return ['DENIED', 'denied', 'check the name, and that this login may do this'];
  if (status === 404 && url.pathname.includes('/blobs/'))
    return ['NOT_FOUND', 'not found', 'push the image again: a part of it is missing'];
  if (status === 404) return ['NOT_FOUND', 'not found', 'check the repository and the tag'];
  if (status === 429) return ['RATE_LIMITED', 'too many requests', 'wait, or log in for a higher limit'];
  return ['REGISTRY_ERROR', '', status >= 500 ? 'try again later' : ''];
}

function rateOf({ status, header }: FailedAnswer): string {
  if (status !== 429) return '';
  const after = header('retry-after');
  const left = header('ratelimit-remaining');
  const parts = [after && `it asks to wait: ${printable(after, 40)}`, left && `left: ${printable(left, 40)}`];
  return parts.filter(Boolean).join(', ');
}

/** The words of an error answer, as registries give them; empty where there are none. */
export function wordsOf(body: string, secrets: Iterable<string>): string {
  const texts: string[] = [];
  try {
    const { errors } = JSON.parse(body) as { errors?: unknown };
    for (const error of Array.isArray(errors) ? errors.slice(0, 3) : []) {
      const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
      texts.push([code, message].filter((part) => typeof part === 'string' && part !== '').join(': '));
    }
  } catch {
    return ''; // HTML of a proxy, mostly
  }
  const words = texts.filter((text) => text !== '').join(', ');
  return words === '' ? '' : `it says ${redacted(words, secrets)}`;
}

/**
 * Gives whatever a connection threw a code; a `PratiqueError` passes unchanged.
 * @param place from `placeOf`
 */
export function faultOfConnection(thrown: unknown, place: string): PratiqueError {
  if (thrown instanceof PratiqueError) return thrown;
  const error = rootOf(thrown);
  const code = typeof error.code === 'string' ? error.code : '';
  // The parser's error carries the raw bytes of the answer, so it is not kept as a cause.
  const options = error.name === 'HTTPParserError' ? {} : { cause: error };
  return new PratiqueError(...problemOf(error, code, place), options);
}

function problemOf(error: Error, code: string, place: string): [ErrorCode, Problem] {
  const why = [code, redacted(error.message)].filter((part) => part !== '').join(', ');
  const problem = { where: place, why };
  if (ABORT_CODES.has(code) || error.name === 'AbortError')
    return ['NETWORK', { ...problem, what: 'the request was broken off', why: INTERRUPTED }];
  if (TIMEOUT_CODES.has(code))
    return [
      'TIMEOUT',
      { ...problem, what: 'the registry does not answer', next: 'try again, or raise limits.stall-seconds' },
    ];
  if (TLS_CODES.test(code))
    return ['TLS', { ...problem, what: 'no trusted connection to the registry', next: tlsAdvice(code) }];
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return ['REGISTRY_ERROR', { ...problem, what: 'the headers of the answer are too large' }];
  if (error.name === 'HTTPParserError') return ['REGISTRY_ERROR', { ...problem, ...NOT_HTTP }];
  if (/407/.test(error.message))
    return [
      'NETWORK',
      { ...problem, what: 'the proxy wants a login', next: 'put user and password into the proxy URL' },
    ];
  const next =
    code === 'ENOTFOUND' ? 'check the name of the registry' : 'check the network and the proxy settings';
  return ['NETWORK', { ...problem, what: 'the registry cannot be reached', next }];
}

function tlsAdvice(code: string): string {
  if (/WRONG_VERSION|EPROTO|PACKET_LENGTH/.test(code))
    return 'if it speaks plain http and you trust the network, name it as insecure';
  return 'name the certificate of its authority with the CA file option, if you trust it';
}

// With two addresses tried, Node wraps what happened at each in an AggregateError without a message.
function rootOf(thrown: unknown): Error & { code?: unknown } {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0];
  const wrapped = error.message === '' || error.constructor.name === 'ProxyConnectionError';
  return wrapped && error.cause instanceof Error ? error.cause : error;
}

/** The fault of a request that is not to be finished. */
export function interrupted(place: string): PratiqueError {
  return new PratiqueError('NETWORK', { what: 'the request was broken off', where: place, why: INTERRUPTED });
}

/** Whether a fault may pass by itself. A name that does not exist and a bad certificate do not. */
export function mayPass(error: PratiqueError): boolean {
  const cause = error.cause as { code?: unknown } | undefined;
  if (error.code === 'TIMEOUT') return true;
  return error.code === 'NETWORK' && cause?.code !== 'ENOTFOUND' && error.problem.why !== INTERRUPTED;
}
