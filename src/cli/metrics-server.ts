import { type SmallServer, serveBeside } from './small-server.ts';

/**
 * Serves numbers at `/metrics`, over plain HTTP as monitoring systems ask: there is no name of an image and no secret in them.
 * @param address `HOST:PORT`, as the option has it
 * @param render the text; @see Prometheus, "Exposition formats", text format 0.0.4
 * @throws {PratiqueError} `USAGE` for what is no address, `NETWORK` where it cannot be listened on
 */
export async function serveMetrics(address: string, render: () => string): Promise<SmallServer> {
  const example = '127.0.0.1:9464, or 0.0.0.0:9464 where others may see the figures';
  return await serveBeside(
    { option: '--metrics', address, example },
    ({ method = '', url = '' }, response) => {
      const isKnown = ['GET', 'HEAD'].includes(method) && url.split('?')[0] === '/metrics';
      response.writeHead(isKnown ? 200 : 404, {
        'content-type': isKnown ? 'text/plain; version=0.0.4; charset=utf-8' : 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
      response.end(isKnown ? render() : 'only /metrics is here\n');
    },
  );
}
