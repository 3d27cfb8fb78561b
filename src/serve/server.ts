import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ErrorCode, PratiqueError, toPratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
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
}

export interface RunningServer {
  readonly port: number;
  /** takes another certificate for connections that come from now on */
  renew(tls: TlsSettings): void;
  /** takes no more connections, and resolves once those that are open have been answered */
  close(): Promise<void>;
}

/** bytes; what an API server sends holds an object twice, each of 1.5 MiB at most */
const BODY_LIMIT = 8 * 1024 * 1024;
const HEADERS_MS = 5_000;
const REQUEST_MS = 15_000;
const CONNECTIONS = 500;
/** the sender's own mistakes */
const UNREADABLE: ReadonlySet<ErrorCode> = new Set(['JSON_INVALID', 'LIMIT_EXCEEDED', 'REFERENCE_INVALID']);

/**
 * Serves HTTPS and nothing else. Requests are bounded in size and time; whatever a handler throws is an answer without its reasons.
 * @throws {PratiqueError} `NETWORK` where the address cannot be listened on
 */
export async function startServer({ tls, host, port, handle }: ServerOptions): Promise<RunningServer> {
  const server = createServer({
    ...tls,
    minVersion: 'TLSv1.2',
    requestCert: tls.ca !== undefined,
    rejectUnauthorized: tls.ca !== undefined,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
  });
  server.maxConnections = CONNECTIONS;
  server.on('request', (request, response) => void answer(request, response, handle));
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    renew: (renewed) => server.setSecureContext({ ...renewed, minVersion: 'TLSv1.2' }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
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

async function answer(request: IncomingMessage, response: ServerResponse, handle: Handle): Promise<void> {
  const { status, type = 'text/plain; charset=utf-8', body } = await handled(request, handle);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(body);
}

async function handled(request: IncomingMessage, handle: Handle): Promise<Response> {
  try {
    const body = await readBody(request);
    if (body === undefined) return { status: 413, body: 'the request is too large\n' };
    const url = new URL(request.url ?? '/', 'https://localhost');
    return await handle({
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      contentType: (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
      authorization: request.headers.authorization ?? '',
      body,
    });
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    return UNREADABLE.has(error.code)
      ? { status: 400, body: `${error.message}\n` }
      : { status: 500, body: 'the request could not be answered\n' };
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > BODY_LIMIT) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
