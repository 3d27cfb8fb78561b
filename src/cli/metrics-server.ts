import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';

/** What is served to a monitoring system. */
export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

const CONNECTIONS = 20;
const REQUEST_MS = 5_000;

/**
 * Serves numbers at `/metrics`, over plain HTTP as monitoring systems ask: there is no name of an image and no secret in them.
 * @param address `HOST:PORT`, as the option has it
 * @param render the text; @see Prometheus, "Exposition formats", text format 0.0.4
 * @throws {PratiqueError} `USAGE` for what is no address, `NETWORK` where it cannot be listened on
 */
export async function serveMetrics(address: string, render: () => string): Promise<MetricsServer> {
  const { host, port } = readAddress(address);
  const server = createServer(
    { headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: REQUEST_MS },
    ({ method = '', url = '' }, response) => {
      const isKnown = ['GET', 'HEAD'].includes(method) && url.split('?')[0] === '/metrics';
      response.writeHead(isKnown ? 200 : 404, {
        'content-type': isKnown ? 'text/plain; version=0.0.4; charset=utf-8' : 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
      response.end(isKnown ? render() : 'only /metrics is here\n');
    },
  );
  server.maxConnections = CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => reject(notListening(address, thrown)));
    server.listen(port, host, () => resolve());
  });
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function readAddress(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):([0-9]{1,5})$/.exec(text) ?? [];
  if (host !== '' && Number(port) <= 65_535)
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  throw new PratiqueError('USAGE', {
    what: `--metrics ${quoted(text)} is no address`,
    next: 'write HOST:PORT, as 127.0.0.1:9464, or 0.0.0.0:9464 where others may see the figures',
  });
}

function notListening(address: string, { code }: NodeJS.ErrnoException): PratiqueError {
  return new PratiqueError('NETWORK', {
    what: `nothing can listen on ${quoted(address)}`,
    why: code ?? 'unknown reason',
    next: 'choose another with --metrics HOST:PORT',
  });
}
