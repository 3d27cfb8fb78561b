import { toPratiqueError } from '../errors.ts';
import type { SweepItem } from '../model/sweep.ts';
import type { JudgedItem } from '../sweep/judge-messages.ts';
import { VERSION } from '../version.ts';
import { type Terminal, warnTo } from './terminal.ts';

/** What is used of `@opentelemetry/api`. @see OpenTelemetry API for JavaScript 1.x, `trace` */
interface TracingApi {
  readonly trace: { getTracer(name: string, version: string): Tracer };
}

interface Tracer {
  startSpan(name: string, options: { attributes: Readonly<Record<string, string | number>> }): Span;
}

interface Span {
  setAttribute(name: string, value: string): unknown;
  recordException(thrown: Error): void;
  setStatus(status: { readonly code: number; readonly message: string }): unknown;
  end(): void;
}

/** @see OpenTelemetry API for JavaScript 1.x, `SpanStatusCode.ERROR` */
const FAILED = 2;

type Judge = (item: SweepItem) => Promise<JudgedItem>;

/** an optional peer; named by a variable so that nothing looks for it before it is wanted */
const PACKAGE = '@opentelemetry/api';

/**
 * Makes a judge that tells a span for each image, where the environment says that spans go somewhere. Who collects them is set up by the
 * SDK that the environment loads; without one they go nowhere.
 * @param load for tests
 * @see OpenTelemetry, "Environment Variable Specification"
 */
export async function spanning(
  judge: Judge,
  terminal: Pick<Terminal, 'env' | 'err'>,
  load: (name: string) => Promise<TracingApi> = (name) => import(name) as Promise<TracingApi>,
): Promise<Judge> {
  if (!wantsSpans(terminal.env)) return judge;
  const api = await load(PACKAGE).catch(() => undefined);
  if (api === undefined) {
    warnTo(terminal)(`no spans are told: ${PACKAGE} is not installed beside pratique`);
    return judge;
  }
  const tracer = api.trace.getTracer('pratique', VERSION);
  return async (item) => {
    const attributes = { 'oci.manifest.digest': item.digest, 'pratique.names': item.names.length };
    const span = tracer.startSpan('pratique judge image', { attributes });
    try {
      const image = await judge(item);
      span.setAttribute('pratique.result', image.result);
      return image;
    } catch (thrown) {
      const { message } = toPratiqueError(thrown);
      span.recordException(new Error(message));
      span.setStatus({ code: FAILED, message });
      throw thrown;
    } finally {
      span.end();
    }
  };
}

function wantsSpans(env: Terminal['env']): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none')
    return false;
  return [
    env['OTEL_TRACES_EXPORTER'],
    env['OTEL_EXPORTER_OTLP_ENDPOINT'],
    env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
  ].some((value) => value !== undefined && value !== '');
}
