import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { isJsonObject, readJson } from '../../io/json/strict-json.ts';
import type { Limits } from '../../io/limits.ts';
import { printable } from '../../model/printable.ts';
import { AddressGuard } from '../../sources/registry/addresses.ts';
import { type Answer, readBody } from '../../sources/registry/answer.ts';
import { placeOf, redacted } from '../../sources/registry/fault.ts';
import { bare, isLoopbackName } from '../../sources/registry/hosts.ts';
import type { RegistryOptions } from '../../sources/registry/registry-options.ts';
import { pause } from '../../sources/registry/retry.ts';
import { Transport } from '../../sources/registry/transport.ts';

/** What the clients of signing services may use of the world; nothing else is read from the process. */
export interface SigningWorld {
  /** for proxies, and for what a CI system says of itself */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limits: Limits;
  readonly now: () => Date;
  /** PEM certificates that are trusted beside those of the system */
  readonly caFile?: string;
  readonly signal?: AbortSignal;
  /** what no service may make us repeat, whole or in part, also one that was never told it */
  readonly secrets?: readonly string[];
  /** the service of Google Cloud that makes tokens for service accounts; tests have their own */
  readonly iamCredentials?: URL;
  /** waits; tests pass their own */
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** One question to a service. */
export interface Question {
  /** who is asked, as messages begin: `the certificate authority` */
  readonly who: string;
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** what must not be repeated to anybody, whole or in part */
  readonly secrets?: readonly string[];
}

/** bytes of an answer; an entry of a log takes some 20 KiB, a timestamp 6 */
const ANSWER_LIMIT = 256 * 1024;
const ATTEMPTS = 3;
const FIRST_DELAY = 1000; // milliseconds; doubled for the third try
const PASSING = new Set([408, 429, 500, 502, 503, 504]);
/** characters of a secret that are too many to repeat */
const TELLTALE = 8;

/**
 * Asks a signing service and gives its answer whole. Redirects are refused: the request may hold a token, and what is signed with
 * should be where the caller said. Errors of the server and broken connections are tried again, three times in all.
 * @returns at most 256 KiB
 * @throws {PratiqueError} `SIGNING_FAILED`, with a sentence of its own for each way to fail and no secret in it
 */
export async function askService(asked: Question, world: SigningWorld): Promise<Uint8Array> {
  const question = { ...asked, secrets: [...(asked.secrets ?? []), ...(world.secrets ?? [])] };
  requireSafe(question);
  const over = new AbortController();
  const signal = world.signal === undefined ? over.signal : AbortSignal.any([world.signal, over.signal]);
  const { url } = question;
  // What a cloud tells its machines is asked on their own link, and never through a proxy.
  const reach = isMetadata(url) ? { ...world, env: {} } : world;
  const transport = new Transport(optionsOf(reach, signal), new AddressGuard(bare(url.hostname)));
  try {
    return await tryToAsk(question, world, transport, over);
  } finally {
    await transport.close();
  }
}

/**
 * The address of a service.
 * @param what for messages: `--fulcio-url`
 * @throws {PratiqueError} `USAGE` for what is no https URL, or http away from this machine; its text may hold a password
 */
export function readServiceUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isSafe(url)) return url;
  throw new PratiqueError('USAGE', {
    what: `${what} is not the address of a signing service`,
    why: 'an https URL without user name was expected; http is for this machine only',
  });
}

/** A path below the address of a service, which may have a path itself. */
export function below(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  return url;
}

/** The fault of a service that answered what it should not have. */
export function badAnswer(
  { who, method, url }: Pick<Question, 'who' | 'method' | 'url'>,
  what: string,
  why?: string,
): PratiqueError {
  return new PratiqueError('SIGNING_FAILED', {
    what: `${who} ${what}`,
    where: placeOf(method, url),
    ...(why === undefined ? {} : { why: printable(why) }),
  });
}

/** Reads an answer; whatever is wrong with it is the service's fault. */
export function readingAnswer<T>(question: Question, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    if (error.code === 'SIGNING_FAILED') throw error;
    const { what, why } = error.problem;
    const cause = safeWords(why ?? what, question.secrets ?? []);
    throw badAnswer(question, 'gave an answer that cannot be read', cause);
  }
}

async function tryToAsk(
  question: Question,
  world: SigningWorld,
  transport: Transport,
  over: AbortController,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await askOnce(question, world, transport, over);
    if (outcome instanceof Uint8Array) return outcome;
    if (!outcome.passing || attempt >= ATTEMPTS) throw outcome.fault;
    await pause(FIRST_DELAY * 2 ** (attempt - 1), optionsOf(world, over.signal));
  }
}

/** Why there is no answer, and whether another try may have one. */
type Failure = { readonly fault: PratiqueError; readonly passing: boolean };

async function askOnce(
  question: Question,
  { limits }: SigningWorld,
  transport: Transport,
  over: AbortController,
): Promise<Uint8Array | Failure> {
  const { method, url, headers = {}, body } = question;
  // The transport watches for stalls; this also ends an answer that comes drop by drop without end.
  const timer = setTimeout(() => over.abort(), limits.stallSeconds * 1000);
  try {
    const answer = await transport.exchange({
      method,
      url,
      headers: { accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const bytes = await readBody(answer, ANSWER_LIMIT);
    if (answer.status === 200 || answer.status === 201) return bytes;
    return { fault: refused(question, answer, bytes), passing: PASSING.has(answer.status) };
  } catch (thrown) {
    const late = over.signal.aborted;
    const error = toPratiqueError(thrown);
    return { fault: unreachable(question, error, late), passing: !late && error.code === 'NETWORK' };
  } finally {
    clearTimeout(timer);
  }
}

function refused(question: Question, { status }: Answer, body: Uint8Array): PratiqueError {
  const said = safeWords(wordsIn(body), question.secrets ?? []);
  return badAnswer(question, meaningOf(status), said === '' ? undefined : `it says ${said}`);
}

function meaningOf(status: number): string {
  if (status >= 300 && status < 400)
    return `answered ${status}: it sends the request elsewhere, and that is refused`;
  if (status === 401) return 'answered 401: it does not believe who we say we are';
  if (status === 403) return 'answered 403: it does not let us do this';
  if (status === 409) return 'answered 409: it has this already';
  if (status === 429) return 'answered 429: it is asked too often';
  if (status >= 500) return `answered ${status}: it is out of order`;
  return `answered ${status}`;
}

const MEANINGS: Readonly<Record<string, string>> = {
  TIMEOUT: 'does not answer in time',
  TLS: 'cannot be reached over a trusted connection',
  NETWORK: 'cannot be reached',
  LIMIT_EXCEEDED: `answers with more than ${ANSWER_LIMIT} bytes`,
};

function unreachable(question: Question, error: PratiqueError, late: boolean): PratiqueError {
  if (error.code === 'USAGE') return error; // the CA file, or the proxy of the environment
  const what = late ? MEANINGS['TIMEOUT'] : MEANINGS[error.code];
  const why = late ? undefined : safeWords(error.problem.why ?? error.problem.what, question.secrets ?? []);
  return badAnswer(question, what ?? 'gave an answer that cannot be read', why);
}

/** Fulcio, Rekor and GitHub say `message`, others `error`; what is no JSON is a proxy's page, mostly. */
function wordsIn(body: Uint8Array): string {
  try {
    const json = readJson(body, { where: 'answer' });
    const said = isJsonObject(json) ? (json.get('message') ?? json.get('error')) : undefined;
    return typeof said === 'string' ? said : '';
  } catch {
    return '';
  }
}

/** What a token of JSON begins with: also one that nobody here knows, in the words of whoever was asked for it. */
const TOKEN = /eyJ[A-Za-z0-9_-]{8}/;

/** A server's own words, or none where they repeat a part of what must stay secret: half a token is still something. */
export function safeWords(words: string, secrets: readonly string[]): string {
  const clean = redacted(words, secrets);
  if (TOKEN.test(words)) return '';
  for (let at = 0; at + TELLTALE <= clean.length; at += 1)
    if (secrets.some((secret) => secret.includes(clean.slice(at, at + TELLTALE)))) return '';
  return clean;
}

function optionsOf({ env, limits, now, caFile, sleep }: SigningWorld, signal: AbortSignal): RegistryOptions {
  return {
    env,
    limits,
    now: () => now().getTime(),
    warn: () => {},
    signal,
    ...(caFile === undefined ? {} : { caFile }),
    ...(sleep === undefined ? {} : { sleep }),
  };
}

function requireSafe({ who, url }: Question): void {
  if (isSafe(url) || isMetadata(url)) return;
  throw new PratiqueError('SIGNING_FAILED', {
    what: `${who} was not asked: its address is no https URL`,
    why: 'a token would go over the wire in clear',
  });
}

function isSafe({ protocol, hostname, username, password }: URL): boolean {
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackName(hostname));
}

/** Google's metadata service has no TLS; its address is of this link and leads nowhere else. */
function isMetadata({ protocol, host }: URL): boolean {
  return protocol === 'http:' && host === '169.254.169.254';
}
