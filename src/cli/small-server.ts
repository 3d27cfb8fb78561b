import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';

/** What is served beside the work of a command. */
export interface SmallServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface SmallServerOptions {
  /** that names the address, for what is told of it */
  readonly option: string;
  /** `HOST:PORT`, as the option has it */
  readonly address: string;
  /** an address that would do */
  readonly example: string;
}

const CONNECTIONS = 20;
const REQUEST_MS = 5_000;

/**
 * Serves over plain HTTP; the command ends without waiting for whoever asks.
 * @throws {PratiqueError} `USAGE` for what is no address, `NETWORK` where it cannot be listened on
 */
export async function serveBeside(
  options: SmallServerOptions,
  answer: RequestListener,
): Promise<SmallServer> {
  const { host, port } = readAddress(options);
  const server = createServer(
    { headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: REQUEST_MS },
    answer,
  );
  server.maxConnections = CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => reject(notListening(options, thrown)));
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

/** Host, without the brackets of an IPv6 address, and port of an option. @throws {PratiqueError} `USAGE` */
export function readAddress({ option, address, example }: SmallServerOptions): {
  readonly host: string;
  readonly port: number;
} {
  const [, host = '', port = ''] = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):([0-9]{1,5})$/.exec(address) ?? [];
  if (host !== '' && Number(port) <= 65_535)
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  throw new PratiqueError('USAGE', {
    what: `${option} ${quoted(address)} is no address`,
    next: `write HOST:PORT, as ${example}`,
  });
}

function notListening(
  { option, address }: SmallServerOptions,
  { code }: NodeJS.ErrnoException,
): PratiqueError {
  return new PratiqueError('NETWORK', {
    what: `nothing can listen on ${quoted(address)}`,
    why: code ?? 'unknown reason',
    next: `choose another with ${option} HOST:PORT`,
  });
}
