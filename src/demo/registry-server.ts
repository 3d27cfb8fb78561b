import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Doorkeeper, type RegistryAuth } from './registry-auth.ts';
import { type Reply, route } from './registry-routes.ts';
import { RegistryFault, RegistryStore } from './registry-store.ts';

export interface RegistryServerOptions {
  /** false: no referrers API and no `OCI-Subject`, as in Docker's registry 2.8; true where absent */
  readonly referrers?: boolean;
  /** anybody may push and pull where absent */
  readonly auth?: RegistryAuth;
}

export interface RegistryServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** what it holds; to put images in without HTTP, or to spoil them in tests */
  readonly store: RegistryStore;
  close(): Promise<void>;
}

const BODY_LIMIT = 512 * 1024 * 1024; // bytes of one request

/**
 * Starts a small registry in this process, in memory, for this machine only.
 * @see OCI distribution-spec v1.1
 */
export async function startRegistry(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const store = new RegistryStore();
  const { referrers = true, auth } = options;
  const door = auth === undefined ? undefined : new Doorkeeper(auth);
  const server = createServer((request, response) => {
    serve(request, response, { store, referrers, door }).catch((thrown) => fail(response, thrown));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Setting {
  readonly store: RegistryStore;
  readonly referrers: boolean;
  readonly door: Doorkeeper | undefined;
}

async function serve(request: IncomingMessage, response: ServerResponse, setting: Setting): Promise<void> {
  const host = request.headers.host ?? 'localhost';
  const url = new URL(request.url ?? '/', `http://${host}`);
  const body = await readBody(request);
  if (url.pathname === '/token' && setting.door !== undefined)
    return send(request, response, giveToken(request, url, body, setting.door));
  const repository = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(url.pathname)?.[1];
  const challenge = setting.door?.challenge(request, host, repository);
  if (challenge !== undefined) {
    response.setHeader('www-authenticate', challenge);
    throw new RegistryFault(401, 'UNAUTHORIZED', 'log in first');
  }
  const { store, referrers } = setting;
  send(request, response, route({ request, url, body, store, referrers }));
}

function giveToken(request: IncomingMessage, url: URL, body: Uint8Array, door: Doorkeeper): Reply {
  const form =
    request.method === 'POST' ? new URLSearchParams(Buffer.from(body).toString('utf8')) : undefined;
  const scopes = (form ?? url.searchParams).getAll('scope').flatMap((text) => text.split(' '));
  const token = door.issue(request, scopes, form);
  if (token === undefined) throw new RegistryFault(401, 'UNAUTHORIZED', 'wrong user or password');
  const json = { token, access_token: token, expires_in: 300 };
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(json)),
  };
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new RegistryFault(413, 'SIZE_INVALID', 'the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { status, headers = {}, body = new Uint8Array(0) } = reply;
  response.writeHead(status, { 'content-length': body.length, ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function fail(response: ServerResponse, thrown: unknown): void {
  const { status, code, message } =
    thrown instanceof RegistryFault
      ? thrown
      : new RegistryFault(500, 'UNKNOWN', 'the registry failed inside');
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
