import { formatReference, parseReference, type Reference } from '../model/reference.ts';
import { makeEventQueue } from './event-queue.ts';
import { makeGateMetrics } from './gate-metrics.ts';
import { type Judgement, makeJudge } from './judge.ts';
import { type RunningServer, startServer } from './server.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';
import { makeWebhooks } from './webhooks.ts';

export interface GateServerOptions {
  readonly host: string;
  readonly port: number;
  readonly files: TlsFiles;
  /** Decides about one image; may throw. The signal: nobody waits for it any more */
  readonly decide: (reference: Reference, unwanted: AbortSignal) => Promise<Judgement>;
  /** it goes on deciding where nobody waits any more, and the next try finds the answer */
  readonly goesOn: boolean;
  /** seconds that an answer may take; see `WebhookOptions` */
  readonly seconds?: number;
  /** seconds that the end may take */
  readonly drainSeconds: number;
  /** seconds that what was decided about a digest counts */
  readonly keepSeconds: number;
  /** serve the mutating webhook, too */
  readonly pin: boolean;
  /** the policy demands a digest in the name of what is deployed */
  readonly needsDigest: boolean;
  readonly events?: {
    readonly registry: string;
    readonly token: string;
    /** Judges what was pushed, and tells what became of it */
    readonly judge: (reference: Reference) => Promise<Judgement>;
  };
  /** one line of JSON for each thing that was decided */
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
  readonly now: () => number;
}

export interface GateServer {
  readonly port: number;
  /** Reads the certificate and the key again: they are renewed in their place. */
  renew(): Promise<void>;
  /** Answers what has been asked, judges what was told of, and ends; what there was no time for is told. */
  close(): Promise<void>;
}

/**
 * Opens the gate to an API server and to registries. It is ready once this resolves, and no more once it is to end.
 * @throws {PratiqueError} `KEY_INVALID`, `NETWORK`
 */
export async function openGateServer(options: GateServerOptions): Promise<GateServer> {
  const { host, port, files, pin, needsDigest, now, log, events } = options;
  const drainMs = options.drainSeconds * 1000;
  const metrics = makeGateMetrics();
  let isEnding = false;
  const judge = makeJudge({
    // A name of Kubernetes is one in a registry: never a folder or a file of this machine.
    decide: (text, unwanted) => options.decide(parseReference(text), unwanted),
    goesOn: options.goesOn,
    onEvent: metrics.judge,
    keepSeconds: options.keepSeconds,
    now,
  });
  const queue =
    events &&
    makeEventQueue(async (reference) => {
      const { result } = await events.judge(reference);
      metrics.count('pratique_registry_events_judged_total', { result });
    });
  if (queue) metrics.watch(queue);
  const server: RunningServer = await startServer({
    host,
    port,
    tls: await readTlsFiles(files),
    closingMs: drainMs,
    handle: makeWebhooks({
      judge,
      pin,
      needsDigest,
      metrics,
      ...(options.seconds !== undefined && { seconds: options.seconds }),
      now,
      log,
      isReady: () => !isEnding,
      ...(events && queue && { events: { ...events, accept: queue.accept } }),
    }),
  });
  return {
    port: server.port,
    renew: async () => server.renew(await readTlsFiles(files)),
    async close() {
      isEnding = true;
      const [left = []] = await Promise.all([queue?.end(drainMs), server.close()]);
      for (const reference of left)
        log({ event: 'dropped', image: formatReference(reference), why: 'the time to end was over' });
    },
  };
}

/** What is told of an image that a registry has told of. */
export function eventEntry(reference: Reference, { result, digest, why }: Judgement) {
  return {
    event: 'pushed',
    image: formatReference(reference),
    result,
    ...(digest && { digest }),
    ...(why !== undefined && { why }),
  };
}
