/** Numbers that a monitoring system reads. */
export interface Metrics {
  /** One more of these. Labels are few and from our own words: a name of an image would make a series each. */
  count(name: string, labels?: Readonly<Record<string, string>>): void;
  /** How long something took, in seconds. */
  observe(name: string, seconds: number): void;
  /** The text that is served. @see Prometheus, "Exposition formats", text format 0.0.4 */
  render(): string;
}

/** A number that is told, and what it says. */
export type MetricDefinition = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'histogram' }
  /** what is so many now */
  | { readonly type: 'gauge'; readonly read: () => number }
);

const BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]; // seconds

type Histogram = { readonly counts: number[]; sum: number; total: number };

/** Starts at zero; what is not defined cannot be counted. */
export function makeMetrics(definitions: readonly MetricDefinition[]): Metrics {
  const counters = new Map<string, Map<string, number>>();
  const histograms = new Map<string, Histogram>();
  for (const { name, type } of definitions) {
    if (type === 'counter') counters.set(name, new Map());
    else if (type === 'histogram') histograms.set(name, { counts: BOUNDS.map(() => 0), sum: 0, total: 0 });
  }
  return {
    count(name, labels = {}) {
      const series = counters.get(name);
      const key = labelsOf(labels);
      series?.set(key, (series.get(key) ?? 0) + 1);
    },
    observe(name, seconds) {
      const histogram = histograms.get(name);
      if (histogram === undefined) return;
      for (const [index, bound] of BOUNDS.entries())
        if (seconds <= bound) histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
      histogram.sum += seconds;
      histogram.total += 1;
    },
    render: () =>
      definitions
        .flatMap((metric) => [
          `# HELP ${metric.name} ${metric.help}`,
          `# TYPE ${metric.name} ${metric.type}`,
          ...linesOf(metric),
        ])
        .map((line) => `${line}\n`)
        .join(''),
  };

  function linesOf(metric: MetricDefinition): readonly string[] {
    const { name } = metric;
    if (metric.type === 'gauge') return [`${name} ${metric.read()}`];
    if (metric.type === 'counter') return linesOfCounter(name, counters.get(name));
    return linesOfHistogram(name, histograms.get(name));
  }
}

function linesOfCounter(name: string, series: ReadonlyMap<string, number> = new Map()): readonly string[] {
  if (series.size === 0) return [`${name} 0`];
  return [...series].map(([labels, value]) => `${name}${labels} ${value}`);
}

function linesOfHistogram(name: string, histogram: Histogram | undefined): readonly string[] {
  if (histogram === undefined) return [];
  const { counts, sum, total } = histogram;
  return [
    ...BOUNDS.map((bound, index) => `${name}_bucket{le="${bound}"} ${counts[index] ?? 0}`),
    `${name}_bucket{le="+Inf"} ${total}`,
    `${name}_sum ${sum}`,
    `${name}_count ${total}`,
  ];
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
