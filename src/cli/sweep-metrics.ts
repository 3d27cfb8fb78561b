import type { Argv } from 'yargs';
import { type MetricDefinition, makeMetrics } from '../serve/metrics.ts';
import { NOBODY, type SweepWatch } from '../sweep/sweep-watch.ts';
import { one } from './common-options.ts';
import { serveMetrics } from './metrics-server.ts';
import type { SmallServer } from './small-server.ts';

/** The figures of a sweep or of a worker, where somebody wants them. */
export interface SweepMetrics {
  readonly watch: SweepWatch;
  readonly server?: SmallServer;
  close(): Promise<void>;
}

/** The option that serves figures. */
export function metricsOption(parser: Argv): Argv {
  return parser.option('metrics', {
    type: 'string',
    requiresArg: true,
    describe: 'HOST:PORT where figures are served for Prometheus, at /metrics',
  });
}

const COUNTED: readonly MetricDefinition[] = [
  { name: 'pratique_sweep_images_total', type: 'counter', help: 'Images that were judged, by result.' },
  {
    name: 'pratique_sweep_image_seconds',
    type: 'histogram',
    help: 'Seconds that an image was judged for, by all of its names.',
  },
  {
    name: 'pratique_sweep_pauses_total',
    type: 'counter',
    help: 'Times that a registry wanted to be left alone.',
  },
  {
    name: 'pratique_sweep_process_deaths_total',
    type: 'counter',
    help: 'Judging processes that died, or were ended for taking too long.',
  },
  {
    name: 'pratique_sweep_queue_failures_total',
    type: 'counter',
    help: 'Images that a queue lost, refused or failed, and that were put in again.',
  },
];

/**
 * Serves figures where `--metrics` says so.
 * @throws {PratiqueError} `USAGE`, `NETWORK`
 */
export async function openSweepMetrics(options: Record<string, unknown>): Promise<SweepMetrics> {
  const address = one(options, 'metrics');
  if (address === undefined) return { watch: NOBODY, async close() {} };
  let left = 0;
  const metrics = makeMetrics([
    ...COUNTED,
    {
      name: 'pratique_sweep_images_left',
      type: 'gauge',
      help: 'Images of this sweep that are not judged yet; 0 at a worker.',
      read: () => left,
    },
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      help: 'Resident memory size in bytes.',
      read: () => process.memoryUsage.rss(),
    },
  ]);
  const server = await serveMetrics(address, metrics.render);
  return {
    server,
    close: server.close,
    watch: {
      left(count) {
        left = count;
      },
      judged({ result, seconds }) {
        metrics.count('pratique_sweep_images_total', { result });
        metrics.observe('pratique_sweep_image_seconds', seconds);
      },
      paused: () => metrics.count('pratique_sweep_pauses_total'),
      died: () => metrics.count('pratique_sweep_process_deaths_total'),
      queueFailed: () => metrics.count('pratique_sweep_queue_failures_total'),
    },
  };
}
