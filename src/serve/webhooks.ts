import { createHash, timingSafeEqual } from 'node:crypto';
import { toPratiqueError } from '../errors.ts';
import { excerpt } from '../model/printable.ts';
import type { Reference } from '../model/reference.ts';
import { admitPlan, type PlanOptions, planAdmission } from './admission.ts';
import { readAdmissionReview, writeAdmissionReview } from './admission-review.ts';
import type { Judge } from './judge.ts';
import type { Metrics } from './metrics.ts';
import { readRegistryEvents } from './registry-events.ts';
import type { Handle, Request, Response } from './server.ts';

export interface WebhookOptions {
  readonly judge: Judge;
  /** whether the mutating webhook is served, too */
  readonly pin: boolean;
  /** the policy demands a digest in the name of what is deployed; the mutating webhook is what puts it there */
  readonly needsDigest: boolean;
  /** seconds that an answer may take, where the API server does not want it sooner; 30 where absent, the most that it can wait */
  readonly seconds?: number;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** told of each object that was decided about, as one line of JSON */
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
  /** whether images can be judged at all: for readiness */
  readonly isReady: () => boolean;
  /** what is done with the images that a registry tells of; absent: no such webhook is served */
  readonly events?: {
    /** the host that they are pulled from */
    readonly registry: string;
    /** what the registry has to show */
    readonly token: string;
    /** @returns whether there was room to remember it */
    accept(reference: Reference): boolean;
  };
}

/** seconds; what an API server gives where it says nothing, and the most it can give */
const DEFAULT_SECONDS = 10;
const MOST_SECONDS = 30;
/** characters of a kind or an operation in the log; whoever reaches the port may send any */
const NAMED = 128;
/** the part of the time, and seconds at the least, that a busy server may need before it begins and after it has decided */
const SPARE = 0.1;
const SPARE_SECONDS = 0.5;

/**
 * Everything that is served: `/validate` and `/mutate` for an API server, `/events` for a registry, `/healthz`, `/readyz` and
 * `/metrics` for those who look after it.
 */
export function makeWebhooks(options: WebhookOptions): Handle {
  const { metrics } = options;
  const text = (status: number, body: string): Response => ({ status, body: `${body}\n` });
  return async (request) => {
    const { method, path } = request;
    const isRead = method === 'GET' || method === 'HEAD';
    if (path === '/healthz' && isRead) return text(200, 'ok');
    if (path === '/readyz' && isRead) return options.isReady() ? text(200, 'ok') : text(503, 'not ready');
    if (path === '/metrics' && isRead)
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metrics.render() };
    const serve = servantOf(path, options);
    if (serve === undefined) return text(404, 'there is nothing here');
    if (method !== 'POST') return text(405, 'POST was expected');
    try {
      return await serve(request);
    } catch (thrown) {
      metrics.count('pratique_malformed_requests_total');
      options.log({ event: 'malformed', path, why: toPratiqueError(thrown).message });
      throw thrown;
    }
  };
}

function servantOf(path: string, options: WebhookOptions): Handle | undefined {
  if (path === '/validate') return (request) => review(request, { ...options, pin: false });
  if (path === '/mutate' && options.pin)
    return (request) => review(request, { ...options, needsDigest: false });
  if (path === '/events' && options.events !== undefined) {
    const { events, metrics } = options;
    return async (request) => receive(request, events, metrics);
  }
  return undefined;
}

async function review(request: Request, options: WebhookOptions): Promise<Response> {
  const { metrics, judge, pin } = options;
  if (request.contentType !== 'application/json')
    return { status: 415, body: 'application/json was expected\n' };
  const began = options.now();
  const { plan, ...asked } = readAsked(request.body, options);
  const answer = await admitPlan(plan, {
    judge,
    pin,
    seconds: secondsOf(request.query.get('timeout'), options),
  });
  const seconds = (options.now() - began) / 1000;
  metrics.count('pratique_admission_requests_total', { allowed: String(answer.allowed) });
  metrics.observe('pratique_admission_seconds', seconds);
  options.log({
    event: 'admission',
    ...asked,
    allowed: answer.allowed,
    ...(answer.message === undefined ? {} : { message: answer.message }),
    seconds,
  });
  return { status: 200, type: 'application/json', body: writeAdmissionReview(asked.uid, answer) };
}

/** What is held of a review while its images are judged: the object itself takes twenty times its bytes. */
function readAsked(body: Uint8Array, options: PlanOptions) {
  const request = readAdmissionReview(body);
  return {
    uid: request.uid,
    kind: excerpt(request.kind.kind, NAMED),
    namespace: request.namespace,
    operation: excerpt(request.operation, NAMED),
    ...(request.dryRun && { dryRun: true }),
    plan: planAdmission(request, options),
  };
}

/** What the API server says it will wait, less what the answer takes: an answer that comes too late is none. */
function secondsOf(timeout: string | null, { seconds: most = MOST_SECONDS }: WebhookOptions): number {
  const asked = Number(/^([0-9]{1,2})s$/.exec(timeout ?? '')?.[1] ?? DEFAULT_SECONDS);
  const seconds = Math.min(asked, most);
  return Math.max(SPARE_SECONDS, seconds - Math.max(SPARE_SECONDS, seconds * SPARE));
}

/** Answered at once: a registry that waits sends no more, and sends again what it has no answer to. */
function receive(
  request: Request,
  { registry, token, accept }: NonNullable<WebhookOptions['events']>,
  metrics: Metrics,
): Response {
  if (!isSame(request.authorization.replace(/^Bearer /i, ''), token))
    return { status: 401, body: 'the token that --events-token names was expected\n' };
  const references = readRegistryEvents(request.body, registry);
  for (const reference of references) {
    metrics.count('pratique_registry_events_total');
    if (accept(reference)) continue;
    metrics.count('pratique_registry_events_refused_total');
    return { status: 503, body: 'too many images are waiting to be judged, or the server is to end\n' };
  }
  return { status: 202, body: 'accepted\n' };
}

/** Compared in the same time wherever they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
