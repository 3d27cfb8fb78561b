import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { normalizeHost } from '../model/reference.ts';
import type { QueueConnection } from '../sweep/queue/queue-connection.ts';
import type { WaitingSweep } from '../sweep/queue/waiting-sweeps.ts';
import { many, one } from './common-options.ts';
import { type Terminal, warnTo } from './terminal.ts';

/** Shorter ones could be tried out. */
const LEAST_KEY = 16; // characters
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }; // milliseconds

/** Options of every command that has to do with a queue. */
export function queueOptions(parser: Argv): Argv {
  return parser
    .option('queue', {
      type: 'string',
      requiresArg: true,
      describe:
        'redis://HOST[:PORT] of a Redis or Valkey that images go to workers through; PRATIQUE_QUEUE where it has a password',
    })
    .option('allow-volatile-queue', {
      type: 'boolean',
      describe: 'Take also a server that may lose jobs: they are found missing, and judged later',
    });
}

/**
 * Connects to the queue that the command line or the environment names.
 * @returns `undefined` where none is named
 * @throws {PratiqueError} `USAGE`, `NETWORK`, `DENIED`, `NOT_SUPPORTED`
 */
export async function readQueue(
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<QueueConnection | undefined> {
  const given = one(options, 'queue');
  const url = given ?? (terminal.env['PRATIQUE_QUEUE'] || undefined);
  if (url === undefined) return undefined;
  if (given !== undefined && URL.canParse(given) && new URL(given).password !== '')
    throw new PratiqueError('USAGE', {
      what: '--queue has a password in it, which everybody on this machine can read',
      next: 'put the address into PRATIQUE_QUEUE, and leave --queue out',
    });
  const { connectToQueue } = await import('../sweep/queue/queue-connection.ts');
  return await connectToQueue({
    url,
    allowVolatile: options['allowVolatileQueue'] === true,
    warn: warnTo(terminal),
  });
}

/** What sweeps and workers seal their messages with. @throws {PratiqueError} `USAGE` for one that is short */
export function readQueueKey({ env }: Terminal): { readonly secret?: string } {
  const secret = env['PRATIQUE_QUEUE_KEY'];
  if (secret === undefined) return {};
  if (secret.length >= LEAST_KEY) return { secret };
  throw new PratiqueError('USAGE', {
    what: `PRATIQUE_QUEUE_KEY has fewer than ${LEAST_KEY} characters`,
    next: 'give it a long random value, the same for the sweep and all workers',
  });
}

/** How often images of a registry may be begun: `60/m` for each, `ghcr.io=10/s` for one. @throws {PratiqueError} `USAGE` */
export function readRates(options: Record<string, unknown>): (registry: string) => WaitingSweep['rate'] {
  const rates = new Map(
    (many(options, 'rate') ?? []).map((text) => {
      const [, host = '', max = '', unit = ''] = /^(?:([^=]+)=)?([1-9]\d{0,5})\/([smh])$/.exec(text) ?? [];
      const duration = UNITS[unit];
      if (duration === undefined)
        throw new PratiqueError('USAGE', {
          what: `--rate ${quoted(text)} is no rate`,
          next: 'write 60/m for every registry, or ghcr.io=10/s for one',
        });
      return [host === '' ? '' : normalizeHost(host), { max: Number(max), duration }] as const;
    }),
  );
  return (registry) => rates.get(registry) ?? rates.get('');
}

/** The environment for processes that judge: what only the queue is for does not concern them. */
export function withoutQueue({ env }: Terminal): Record<string, string | undefined> {
  const { PRATIQUE_QUEUE: _url, PRATIQUE_QUEUE_KEY: _key, ...rest } = env;
  return rest;
}
