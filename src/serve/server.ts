import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ErrorCode, PratiqueError, toPratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { makeRequestLoad, type RequestLoad } from './request-load.ts';
import type { TlsSettings } from './tls-files.ts';

/** One request that was read whole. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** the `Authorization` header; empty where there is none */
  readonly authorization: string;
  readonly body: Uint8Array;
}

export interface Response {
  readonly status: number;
  readonly type?:
    | 'application/json'
    | 'text/plain; charset=utf-8'
    | 'text/plain; version=0.0.4; charset=utf-8';
  readonly body: string;
}

export type Handle = (request: Request) => Promise<Response>;

export interface ServerOptions {
  readonly tls: TlsSettings;
  /** address to listen on, and port; 0 for any that is free */
  readonly host: string;
  readonly port: number;
  readonly handle: Handle;
  /** bytes of all bodies that are read or answered at the same time; 32 MiB where absent */
  readonly bytesAtOnce?: number;
  /** milliseconds for the handshake, and again for the headers; 5,000 where absent */
  readonly headersMs?: number;
  /** milliseconds that open connections have to end once the server closes */
  readonly closingMs: number;
}

export interface RunningServer {
  readonly port: number;
  /** takes another certificate for connections that come from now on */
  renew(tls: TlsSettings): void;
  /** takes no more connections, and resolves once those that are open have been answered, or have had their time */
  close(): Promise<void>;
}

/** bytes; what an API server sends holds an object twice, each of 1.5 MiB at most */
const BODY_LIMIT = 8 * 1024 * 1024;
/** What is read takes some 20 times as much in memory, and a review is seldom larger than 50 kB. */
const BYTES_AT_ONCE = 32 * 1024 * 1024;
const HEADERS_MS = 5_000;
const REQUEST_MS = 15_000;
/** Some 100 kB each. An API server opens one for each review that it waits for, and those who look after the server have to get in too. */
const CONNECTIONS = 1_000;
/** the sender's own mistakes */
const UNREADABLE: ReadonlySet<ErrorCode> = new Set(['JSON_INVALID', 'LIMIT_EXCEEDED', 'REFERENCE_INVALID']);

/**
 * Serves HTTPS and nothing else. Requests are bounded in size and time; whatever a handler throws is an answer without its reasons.
 * @throws {PratiqueError} `NETWORK` where the address cannot be listened on
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { tls, host, port, handle, bytesAtOnce = BYTES_AT_ONCE } = options;
  const { headersMs = HEADERS_MS, closingMs } = options;
  const server = createServer({
    ...tls,
    minVersion: 'TLSv1.2',
    requestCert: tls.ca !== undefined,
    rejectUnauthorized: tls.ca !== undefined,
    // Whoever connects and says nothing holds one of the connections that there are, and the end of the server.
    handshakeTimeout: headersMs,
    headersTimeout: headersMs,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: headersMs,
  });
  server.maxConnections = CONNECTIONS;
  const load = makeRequestLoad(bytesAtOnce);
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const answered = await handled(request, handle, load);
    // A client that keeps its connection, and goes on asking, would keep a server from ever ending.
    answer(response, answered, { isLast: !server.listening });
  });
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    renew: (renewed) => server.setSecureContext({ ...renewed, minVersion: 'TLSv1.2' }),
    close: () =>
      new Promise((resolve) => {
        // A server that closes looks after its timeouts no more: one request without an end would hold it for ever.
        const late = setTimeout(() => server.closeAllConnections(), closingMs);
        server.close(() => {
          clearTimeout(late);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) =>
      reject(
        new PratiqueError('NETWORK', {
          what: `nothing can listen on ${quoted(host)}, port ${port}`,
          why: thrown.code ?? 'unknown reason',
          next: 'choose another with --listen HOST:PORT',
        }),
      ),
    );
    server.listen(port, host, () => resolve());
  });
}

function answer(response: ServerResponse, answered: Response, { isLast }: { isLast: boolean }): void {
  const { status, type = 'text/plain; charset=utf-8', body } = answered;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(isLast || UNREAD.has(status) ? { connection: 'close' } : {}),
  });
  response.end(body);
}

/** answers to a body that was not read to its end */
const UNREAD: ReadonlySet<number> = new Set([413, 503]);

async function handled(request: IncomingMessage, handle: Handle, load: RequestLoad): Promise<Response> {
  let held = 0;
  const reading = load.begin(() => request.destroy());
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      held += chunk.length;
      const hasRoom = reading.take(chunk.length);
      if (held > BODY_LIMIT) return { status: 413, body: 'the request is too large\n' };
      if (!hasRoom) return { status: 503, body: 'too much is asked at once; try again\n' };
      chunks.push(chunk);
    }
    reading.isRead();
    return await handle(requestOf(request, Buffer.concat(chunks)));
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    return UNREADABLE.has(error.code)
      ? { status: 400, body: `${error.message}\n` }
      : { status: 500, body: 'the request could not be answered\n' };
  } finally {
    reading.end();
  }
}

function requestOf({ url, method, headers }: IncomingMessage, body: Uint8Array): Request {
  const { pathname, searchParams } = new URL(url ?? '/', 'https://localhost');
  return {
    method: method ?? '',
    path: pathname,
    query: searchParams,
    contentType: (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
    authorization: headers.authorization ?? '',
    body,
  };
}
