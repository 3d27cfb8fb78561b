import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Queue } from 'bullmq';
import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import type { QueueConnection } from '../sweep/queue/queue-connection.ts';
import { PREFIX, waitingSweeps } from '../sweep/queue/waiting-sweeps.ts';
import type { BoardPages } from './board-pages.ts';
import { one } from './common-options.ts';
import { readAddress, type SmallServer, serveBeside } from './small-server.ts';
import type { Terminal } from './terminal.ts';

const OPTION = '--board';
const EXAMPLE = '127.0.0.1:3000';
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];
/** Its scripts are files of its own, its styles are not; nothing is loaded from, or sent to, anywhere else. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The option that shows the queues of sweeps in a browser. */
export function boardOption(parser: Argv): Argv {
  return parser.option('board', {
    type: 'string',
    requiresArg: true,
    describe: 'HOST:PORT of this machine where bull-board shows the queues, for reading alone',
  });
}

/**
 * The address of a board that is wanted: one of this machine, as it has no login.
 * @throws {PratiqueError} `USAGE`, also where there is no queue to show
 */
export function readBoard(
  options: Record<string, unknown>,
  { env }: Pick<Terminal, 'env'>,
): string | undefined {
  const address = one(options, 'board');
  if (address === undefined) return undefined;
  if (one(options, 'queue') === undefined && !env['PRATIQUE_QUEUE'])
    throw new PratiqueError('USAGE', {
      what: `${OPTION} shows a queue, and none is named`,
      next: 'name one with --queue, or leave --board out',
    });
  const { host } = readAddress({ option: OPTION, address, example: EXAMPLE });
  if (LOOPBACK.includes(host)) return address;
  throw new PratiqueError('USAGE', {
    what: `${OPTION} ${quoted(address)} is no address of this machine alone`,
    why: 'the board has no login, and shows the names of images',
    next: `write ${EXAMPLE}, and reach it through ssh -L or kubectl port-forward`,
  });
}

/**
 * Shows the queues that sweeps have told of, as they come and go.
 * @param secret what their messages are sealed with; the queues of others are not shown
 * @throws {PratiqueError} `USAGE` where bull-board is not installed, `NETWORK`
 */
export async function openBoard(
  address: string,
  connection: QueueConnection,
  secret: string | undefined,
): Promise<SmallServer> {
  const { createBullBoard, BullMQAdapter } = await loadPackages();
  const { BoardPages } = await import('./board-pages.ts');
  const pages = new BoardPages();
  const board = createBullBoard({
    queues: [],
    serverAdapter: pages,
    options: { uiConfig: { boardTitle: 'pratique', hideRedisDetails: true } },
  });
  const queues = new Map<string, Queue>();

  async function refresh(): Promise<void> {
    const told = await waitingSweeps(connection.redis, Date.now(), secret);
    const names = new Map(
      told.flatMap(({ sweep }) => (sweep ? [[sweep.queue, sweep.registry] as const] : [])),
    );
    for (const name of names.keys())
      if (!queues.has(name)) {
        const options = { connection: connection.redis, prefix: PREFIX, skipMetasUpdate: true };
        const queue = new connection.bullmq.Queue(name, options);
        queue.on('error', () => {});
        queues.set(name, queue);
      }
    for (const [name, queue] of queues)
      if (!names.has(name)) {
        queues.delete(name);
        await queue.close();
      }
    board.replaceQueues(
      [...queues].map(
        ([name, queue]) =>
          new BullMQAdapter(queue, { readOnlyMode: true, displayName: names.get(name) ?? name }),
      ),
    );
  }

  const server = await serveBeside({ option: OPTION, address, example: EXAMPLE }, (request, response) => {
    answer(request, response, pages, refresh).catch(() => response.destroy());
  });
  return {
    port: server.port,
    async close() {
      await server.close();
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => {})));
    },
  };
}

async function answer(
  { method = '', url = '', headers: { host = '' } }: IncomingMessage,
  response: ServerResponse,
  pages: BoardPages,
  refresh: () => Promise<void>,
): Promise<void> {
  const refuse = (status: number, text: string) => {
    response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${text}\n`);
  };
  // A page of somebody else whose name leads to this machine would read along (DNS rebinding).
  if (!LOOPBACK.includes(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')))
    return refuse(403, 'the board is shown under the name of this machine alone');
  if (method !== 'GET') return refuse(405, 'the board is for reading alone');
  if (!url.startsWith('/') || !URL.canParse(url, 'http://board')) return refuse(404, 'there is nothing here');
  const place = new URL(`http://board${url}`);
  if (place.pathname.startsWith('/api/')) await refresh();
  const found = await pages.answer(place);
  if (found === undefined) return refuse(404, 'there is nothing here');
  response.writeHead(found.status, { ...HEADERS, 'content-type': found.type });
  response.end(found.body);
}

async function loadPackages() {
  try {
    const [{ createBullBoard }, { BullMQAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
    ]);
    import.meta.resolve('@bull-board/ui/package.json'); // it is looked for by that name
    return { createBullBoard, BullMQAdapter };
  } catch (cause) {
    const problem = {
      what: `${OPTION} needs two packages that are not installed`,
      next: 'npm install @bull-board/api @bull-board/ui beside pratique',
    };
    throw new PratiqueError('USAGE', problem, { cause });
  }
}
