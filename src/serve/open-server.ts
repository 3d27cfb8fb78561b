import { formatReference, parseReference, type Reference } from '../model/reference.ts';
import { makeEventQueue } from './event-queue.ts';
import { type Judgement, makeJudge } from './judge.ts';
import { type RunningServer, startServer } from './server.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';
import { makeWebhooks } from './webhooks.ts';

export interface GateServerOptions {
  readonly host: string;
  readonly port: number;
  readonly files: TlsFiles;
  /** Decides about one image; may throw */
  readonly decide: (reference: Reference) => Promise<Judgement>;
  /** seconds that what was decided about a digest counts */
  readonly keepSeconds: number;
  /** serve the mutating webhook, too */
  readonly pin: boolean;
  /** the policy demands a digest in the name of what is deployed */
  readonly needsDigest: boolean;
  readonly events?: {
    readonly registry: string;
    readonly token: string;
    /** Judges what was pushed; never throws */
    readonly judge: (reference: Reference) => Promise<void>;
  };
  /** one line of JSON for each thing that was decided */
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
  readonly now: () => number;
}

export interface GateServer {
  readonly port: number;
  /** Reads the certificate and the key again: they are renewed in their place. */
  renew(): Promise<void>;
  /** Answers what has been asked, and ends. */
  close(): Promise<void>;
}

/**
 * Opens the gate to an API server and to registries. It is ready once this resolves, and no more once it is to end.
 * @throws {PratiqueError} `KEY_INVALID`, `NETWORK`
 */
export async function openGateServer(options: GateServerOptions): Promise<GateServer> {
  const { host, port, files, pin, needsDigest, now, log, events } = options;
  let isEnding = false;
  const judge = makeJudge({
    // A name of Kubernetes is one in a registry: never a folder or a file of this machine.
    decide: (text) => options.decide(parseReference(text)),
    keepSeconds: options.keepSeconds,
    now,
  });
  const queue = events && makeEventQueue(events.judge);
  const server: RunningServer = await startServer({
    host,
    port,
    tls: await readTlsFiles(files),
    handle: makeWebhooks({
      judge,
      pin,
      needsDigest,
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
      await server.close();
      await queue?.idle();
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
