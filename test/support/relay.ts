import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server on this machine that breaks off in the middle of what the server sends. */
export interface Relay {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  close(): Promise<void>;
}

/**
 * Starts a relay.
 * @param to `127.0.0.1:PORT`
 * @param after bytes that come through; then `onCut` is called, once, and every connection ends
 */
export async function startRelay(to: string, after: number, onCut: () => Promise<void>): Promise<Relay> {
  const sockets = new Set<Socket>();
  let left = after;
  let isCut = false;
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    const upstream = connect(Number(to.split(':')[1]), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      if (left > 0) return;
      upstream.pause();
      if (!isCut) onCut().then(end);
      isCut = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    async close() {
      end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
