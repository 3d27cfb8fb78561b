import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';

/** As much of an engine as `docker save` needs, on a socket of its own. */
export interface SmallEngine {
  /** archives by the names that the client asks for */
  readonly archives: Map<string, string>;
  close(): Promise<void>;
}

/** Starts one. @param socket path of the socket, at most 100 characters */
export async function startSmallEngine(socket: string): Promise<SmallEngine> {
  const archives = new Map<string, string>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://engine');
    response.setHeader('Api-Version', '1.41');
    response.setHeader('Ostype', 'linux');
    if (pathname === '/_ping') return void response.end('OK');
    const [, one] = /^\/v[\d.]+\/images\/(.+)\/get$/.exec(pathname) ?? [];
    const name = one ?? searchParams.get('names') ?? '';
    const archive = archives.get(name);
    if (archive !== undefined) return void createReadStream(archive).pipe(response);
    response.statusCode = 404;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ message: `No such image: ${name}` }));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    archives,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
