import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { PratiqueError } from '../../errors.ts';
import { readAll } from '../../io/verified.ts';
import { quoted } from '../../model/printable.ts';
import { faultOfAnswer, faultOfConnection, placeOf, wordsOf } from './fault.ts';

/** What came back for one request. Its body is read once or discarded. */
export interface Answer {
  readonly status: number;
  readonly method: string;
  /** who answered, after redirects */
  readonly url: URL;
  /** whether a redirect led away from the registry, at any hop; such a request carried no credentials */
  readonly foreign: boolean;
  /** throws `TIMEOUT` where the bytes stall or drip, `NETWORK` where the connection breaks */
  readonly body: AsyncIterable<Uint8Array>;
  /** the value of a header; several of one name are joined by commas, so that none of them is trusted alone */
  header(name: string): string | undefined;
  /** gives the connection back, or ends it if much is left */
  discard(): void;
}

const SLOWEST = 1024; // bytes a second, on average over the stall time; less is a slow-loris
const DISCARD_LIMIT = 64 * 1024; // bytes; reading more costs more than a new connection

/** Wraps an answer of undici. */
export function answerOf(
  response: Dispatcher.ResponseData,
  about: { method: string; url: URL; foreign: boolean; stallSeconds: number },
): Answer {
  const { method, url, foreign, stallSeconds } = about;
  const place = placeOf(method, url, foreign);
  response.body.on('error', () => {}); // what breaks while nobody reads is told to the next reader
  return {
    status: response.statusCode,
    method,
    url,
    foreign,
    body: paced(response.body, stallSeconds, place),
    header: (name) => headerIn(response.headers, name),
    discard: () => {
      response.body.dump({ limit: DISCARD_LIMIT, signal: AbortSignal.timeout(1000) }).catch(() => {});
    },
  };
}

/**
 * Refuses a body that was encoded on the way: it would have to be unpacked before its digest is known,
 * and a few bytes can unpack to gigabytes (CVE-2020-1702).
 * @throws {PratiqueError} `REGISTRY_ERROR`
 */
export function requirePlain(answer: Answer): void {
  const encoding = answer.header('content-encoding');
  if (encoding === undefined || encoding === 'identity' || encoding === '') return;
  answer.discard();
  throw new PratiqueError('REGISTRY_ERROR', {
    what: `the answer comes with Content-Encoding ${quoted(encoding, 40)}`,
    where: placeOf(answer.method, answer.url, answer.foreign),
    why: 'it was asked for as it is; an encoded answer is never unpacked',
  });
}

/**
 * Reads a small body whole.
 * @param limit bytes
 * @throws {PratiqueError} `LIMIT_EXCEEDED` at the first byte past it
 */
export async function readBody(answer: Answer, limit: number): Promise<Uint8Array> {
  requirePlain(answer);
  return await readAll(answer.body, limit, placeOf(answer.method, answer.url, answer.foreign));
}

/** Turns an answer with an unwelcome status into its fault; at most `limit` bytes of it are read. */
export async function faultOf(
  answer: Answer,
  limit: number,
  secrets: Iterable<string>,
): Promise<PratiqueError> {
  const words = wordsOf(await readStart(answer, limit), secrets);
  return faultOfAnswer(answer, answer.method, words);
}

/** The media type of a body without parameters; `undefined` where the header is absent. */
export function mediaTypeOf(answer: Answer): string | undefined {
  return answer
    .header('content-type')
    ?.replace(/[ \t]*;.*$/s, '')
    .trim();
}

// The status has already told what is wrong, so a body that breaks or never ends changes nothing.
async function readStart(answer: Answer, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= limit) break;
    }
  } catch {
    return '';
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
}

/**
 * Ends a body that stalls, or that drips to hold the gate open (slow-loris). Only the time spent waiting
 * for the registry counts, not the time that the reader takes.
 */
async function* paced(
  body: Dispatcher.ResponseData['body'],
  stallSeconds: number,
  place: string,
): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  let waited = 0;
  let received = 0;
  try {
    for (;;) {
      const before = performance.now();
      const chunk = await soon(chunks, body, stallSeconds, place);
      if (chunk === undefined) return;
      waited += performance.now() - before;
      received += chunk.length;
      if (waited > stallSeconds * 1000) {
        if (received < stallSeconds * SLOWEST) throw tooSlow(stallSeconds, place);
        waited = 0;
        received = 0;
      }
      yield chunk;
    }
  } finally {
    body.destroy();
  }
}

async function soon(
  chunks: AsyncIterator<Uint8Array>,
  body: Dispatcher.ResponseData['body'],
  stallSeconds: number,
  place: string,
): Promise<Uint8Array | undefined> {
  const timer = setTimeout(() => body.destroy(tooSlow(stallSeconds, place)), stallSeconds * 1000);
  try {
    const step = await chunks.next();
    return step.done === true ? undefined : step.value;
  } catch (thrown) {
    throw faultOfConnection(thrown, place);
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(seconds: number, place: string): PratiqueError {
  return new PratiqueError('TIMEOUT', {
    what: 'the answer comes too slowly',
    where: place,
    why: `less than ${SLOWEST} bytes a second for ${seconds} seconds`,
    next: 'try again, or raise limits.stall-seconds',
  });
}

function headerIn(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
