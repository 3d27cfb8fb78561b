import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server on this machine that breaks off in the middle of what is sent there; `relay.ts` does it the other way round. */
export interface Cutter {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** connections that were cut so far */
  cuts(): number;
  close(): void;
}

/**
 * Starts one.
 * @param to `127.0.0.1:PORT`
 * @param after bytes that come through on one connection before it is cut
 * @param times how many connections are cut; the others pass
 */
export async function startCutter(to: string, after: number, times: number): Promise<Cutter> {
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(to.split(':')[1]), '127.0.0.1');
    let passed = 0;
    for (const socket of [client, upstream]) {
      sockets.add(socket.on('error', () => {}));
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.pipe(client);
    client.on('data', (chunk: Buffer) => {
      passed += chunk.length;
      if (passed < after || cuts >= times) {
        upstream.write(chunk);
        return;
      }
      cuts += 1;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
