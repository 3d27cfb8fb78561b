import type { EventQueue } from './event-queue.ts';
import type { JudgeEvent } from './judge.ts';
import { type MetricDefinition, type Metrics, makeMetrics } from './metrics.ts';

/** Everything that a gate that is served tells a monitoring system. */
export interface GateMetrics extends Metrics {
  /** counts what happens while images are judged */
  judge(event: JudgeEvent): void;
  /** tells how many images of events wait */
  watch(queue: Pick<EventQueue, 'size'>): void;
}

/** Starts at zero. */
export function makeGateMetrics(): GateMetrics {
  const judging = { waiting: 0, running: 0 };
  let queue: Pick<EventQueue, 'size'> = { size: () => ({ waiting: 0, running: 0 }) };
  const metrics = makeMetrics([
    ...COUNTED,
    gauge(
      'pratique_judgements_waiting',
      'Images that wait for their turn to be judged.',
      () => judging.waiting,
    ),
    gauge('pratique_judgements_running', 'Images that are being judged.', () => judging.running),
    gauge(
      'pratique_registry_events_waiting',
      'Images of events that wait to be judged.',
      () => queue.size().waiting,
    ),
    gauge(
      'pratique_registry_events_running',
      'Images of events that are being judged.',
      () => queue.size().running,
    ),
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss()),
  ]);
  return {
    ...metrics,
    watch(watched) {
      queue = watched;
    },
    judge(event) {
      if (event.kind === 'asked') {
        metrics.count('pratique_images_asked_total', { from: event.from });
        if (event.from === 'new') judging.waiting += 1;
      } else if (event.kind === 'began') {
        judging.waiting -= 1;
        judging.running += 1;
      } else if (event.kind === 'ended') {
        judging.running -= 1;
        metrics.count('pratique_judgements_total', { result: event.result });
        metrics.observe('pratique_judgement_seconds', event.seconds);
      } else metrics.count('pratique_images_late_total');
    },
  };
}

const COUNTED: readonly MetricDefinition[] = [
  counter('pratique_admission_requests_total', 'Objects that were decided about.'),
  histogram('pratique_admission_seconds', 'Seconds until an object was decided about.'),
  counter('pratique_images_asked_total', 'Images that objects named; from: new, running, kept, full.'),
  counter('pratique_images_late_total', 'Images whose object was answered before they were judged.'),
  counter('pratique_judgements_total', 'Images that were judged.'),
  histogram('pratique_judgement_seconds', 'Seconds that an image was judged for.'),
  counter('pratique_malformed_requests_total', 'Requests that could not be read.'),
  counter('pratique_registry_events_total', 'Images that a registry told of.'),
  counter('pratique_registry_events_refused_total', 'Messages of a registry that there was no room for.'),
  counter('pratique_registry_events_judged_total', 'Images of events that were judged.'),
];

function counter(name: string, help: string): MetricDefinition {
  return { name, help, type: 'counter' };
}

function histogram(name: string, help: string): MetricDefinition {
  return { name, help, type: 'histogram' };
}

function gauge(name: string, help: string, read: () => number): MetricDefinition {
  return { name, help, type: 'gauge', read };
}
