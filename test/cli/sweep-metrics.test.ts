import { SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSweepMetrics } from '../../src/cli/sweep-metrics.ts';
import { spanning } from '../../src/cli/sweep-spans.ts';
import { parseDigest } from '../../src/model/digest.ts';
import type { JudgedItem } from '../../src/sweep/judge-messages.ts';
import { VERSION } from '../../src/version.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';

const item = { digest: parseDigest(`sha256:${'1'.repeat(64)}`), names: ['r.test/a:1'] };
const image: JudgedItem = { ...item, result: 'refused', names: [], at: '', seconds: 0.2 };

describe('the figures of a sweep', () => {
  test('are served as Prometheus reads them, and nothing else is', async () => {
    const { watch, server, close } = await openSweepMetrics({ metrics: '127.0.0.1:0' });
    watch.left(7);
    watch.judged(image);
    watch.judged({ ...image, result: 'admitted' });
    watch.paused();
    watch.died();
    watch.queueFailed();
    const at = `http://127.0.0.1:${server?.port}`;
    const answer = await fetch(`${at}/metrics`);
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    const text = await answer.text();
    for (const line of [
      'pratique_sweep_images_total{result="refused"} 1',
      'pratique_sweep_images_total{result="admitted"} 1',
      'pratique_sweep_image_seconds_bucket{le="0.25"} 2',
      'pratique_sweep_image_seconds_count 2',
      'pratique_sweep_images_left 7',
      'pratique_sweep_pauses_total 1',
      'pratique_sweep_process_deaths_total 1',
      'pratique_sweep_queue_failures_total 1',
    ])
      expect(text.split('\n')).toContain(line);
    expect((await fetch(`${at}/other`)).status).toBe(404);
    expect((await fetch(`${at}/metrics`, { method: 'POST' })).status).toBe(404);
    await close();
    await expect(fetch(`${at}/metrics`)).rejects.toThrow();
  });

  test('are served nowhere unless somebody wants them', async () => {
    const { server, watch, close } = await openSweepMetrics({});
    watch.judged(image);
    expect(server).toBeUndefined();
    await close();
  });

  test.each(['9464', ':9464', '127.0.0.1:99999', 'a b:1', 'http://127.0.0.1:1'])(
    'are served at no such address: %s',
    async (metrics) => {
      await expect(openSweepMetrics({ metrics })).rejects.toThrow(/is no address/);
    },
  );

  test('an address that is taken is told', async () => {
    const { server, close } = await openSweepMetrics({ metrics: '127.0.0.1:0' });
    const taken = openSweepMetrics({ metrics: `127.0.0.1:${server?.port}` });
    await expect(taken).rejects.toThrow(/nothing can listen on .*EADDRINUSE/);
    await close();
  });
});

describe('the spans of a sweep', () => {
  const terminalWith = (env: Record<string, string>) => fakeTerminal([], { env });
  const OTLP = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  beforeAll(() => void trace.setGlobalTracerProvider(provider)); // as the SDK does that the environment loads
  beforeEach(() => exporter.reset());
  afterAll(async () => {
    trace.disable();
    await provider.shutdown();
  });

  test('tell of each image its digest, what was decided and how long it took, and none of its names', async () => {
    const slow = async () => await new Promise<JudgedItem>((resolve) => setTimeout(resolve, 20, image));
    const judge = await spanning(slow, terminalWith(OTLP));
    expect(await judge(item)).toBe(image);
    const [span, ...more] = exporter.getFinishedSpans();
    expect(more).toEqual([]);
    expect(span).toMatchObject({
      name: 'pratique judge image',
      attributes: { 'oci.manifest.digest': item.digest, 'pratique.names': 1, 'pratique.result': 'refused' },
      instrumentationScope: { name: 'pratique', version: VERSION },
      status: { code: SpanStatusCode.UNSET },
      events: [],
    });
    const [seconds = 0, nanoseconds = 0] = span?.duration ?? [];
    expect(seconds * 1000 + nanoseconds / 1e6).toBeGreaterThanOrEqual(19);
  });

  test('end also where judging does, and say that it failed', async () => {
    const judge = await spanning(() => Promise.reject(new Error('over')), terminalWith(OTLP));
    await expect(judge(item)).rejects.toThrow('over');
    const [{ status, events } = { status: undefined, events: [] }] = exporter.getFinishedSpans();
    expect(status).toMatchObject({ code: SpanStatusCode.ERROR, message: expect.stringContaining('over') });
    expect(events.map(({ name }) => name)).toEqual(['exception']);
  });

  test('of images that are judged side by side are apart, and belong to no other', async () => {
    const judge = await spanning(async () => image, terminalWith(OTLP));
    await Promise.all([judge(item), judge(item)]);
    const spans = exporter.getFinishedSpans();
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(2);
    expect(spans.map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined, undefined]);
  });

  test('are looked for only where the environment sends them somewhere', async () => {
    const load = () => Promise.reject(new Error('must not be loaded'));
    const judge = async () => image;
    for (const env of [
      {},
      { OTEL_TRACES_EXPORTER: 'none' },
      { ...OTLP, OTEL_SDK_DISABLED: 'true' },
      { ...OTLP, OTEL_TRACES_EXPORTER: 'none' },
    ])
      expect(await spanning(judge, terminalWith(env), load)).toBe(judge);
  });

  test('that cannot be told keep nothing from being judged', async () => {
    const terminal = terminalWith(OTLP);
    const judge = async () => image;
    expect(await spanning(judge, terminal, () => Promise.reject(new Error('none')))).toBe(judge);
    expect(terminal.text().err).toMatch(/@opentelemetry\/api is not installed/);
  });
});
