import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Issued } from './certificate.ts';

/** A request as it came. */
export interface Recorded {
  readonly method: string;
  /** path and query */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What to answer. */
export interface Reply {
  /** 200 by default */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** the connection is cut after so many bytes of the body */
  readonly cutAfter?: number;
  /** takes the connection over, for answers that are not HTTP */
  readonly raw?: (socket: Duplex) => void;
}

export type Script = (request: Recorded) => Reply | undefined | Promise<Reply | undefined>;

export interface ScriptedServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly requests: readonly Recorded[];
  /** changes what is answered from now on */
  script: Script;
  close(): Promise<void>;
}

/**
 * Starts an HTTP server on a loopback port that records every request and answers as the script says;
 * 404 where the script says nothing.
 */
export async function startScriptedServer(
  script: Script = () => undefined,
  tls?: Issued,
): Promise<ScriptedServer> {
  const requests: Recorded[] = [];
  const sockets = new Set<Socket>();
  const state = { script };
  const listener = async (request: import('node:http').IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const recorded = recordOf(
      request.method ?? '',
      request.url ?? '',
      request.headers,
      Buffer.concat(chunks),
    );
    requests.push(recorded);
    await answer(response, (await state.script(recorded)) ?? { status: 404 });
  };
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ cert: tls.pem, key: tls.keyPem }, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    get script() {
      return state.script;
    },
    set script(next: Script) {
      state.script = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function recordOf(method: string, target: string, headers: IncomingHttpHeaders, body: Buffer): Recorded {
  const url = new URL(target, 'http://server.test');
  return { method, target, path: url.pathname, query: url.searchParams, headers, body };
}

async function answer(response: ServerResponse, reply: Reply): Promise<void> {
  const { status = 200, headers = {}, body = '', cutAfter, raw } = reply;
  response.on('error', () => {});
  if (raw !== undefined) {
    const { socket } = response;
    if (socket !== null) raw(socket);
    return;
  }
  const whole = typeof body === 'string' || body instanceof Uint8Array;
  const length = whole && status !== 204 ? { 'content-length': String(Buffer.byteLength(body)) } : {};
  response.writeHead(status, { ...length, ...headers } as Record<string, string | string[]>);
  if (cutAfter !== undefined) {
    response.write(Buffer.from(body as Uint8Array).subarray(0, cutAfter), () => response.destroy());
    return;
  }
  if (whole) {
    response.end(body);
    return;
  }
  for await (const chunk of body) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await new Promise<void>((resolve) => resumed(response, resolve));
  }
  response.end();
}

function resumed(response: ServerResponse, resolve: () => void): void {
  const done = () => {
    response.off('drain', done);
    response.off('close', done);
    resolve();
  };
  response.on('drain', done);
  response.on('close', done);
}
