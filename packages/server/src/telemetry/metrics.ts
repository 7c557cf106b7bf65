/** The kind, help text and labels of each metric; names follow Prometheus' conventions. */
export const metricDefinitions = {
  gamut_connections: { kind: 'gauge', help: 'Held connections now.', labels: ['transport'] },
  gamut_connections_total: {
    kind: 'counter',
    help: 'Held connections that were opened.',
    labels: ['transport'],
  },
  gamut_channels: { kind: 'gauge', help: 'Channels with readers or a window on this node.', labels: [] },
  gamut_window_bytes: { kind: 'gauge', help: 'Bytes of recent entries kept for readers.', labels: [] },
  gamut_published_total: { kind: 'counter', help: 'Messages that were stored.', labels: [] },
  gamut_deliveries_total: {
    kind: 'counter',
    help: 'Messages that were written to readers.',
    labels: ['transport'],
  },
  gamut_delivered_bytes_total: {
    kind: 'counter',
    help: 'Bytes that were written to readers.',
    labels: ['transport'],
  },
  gamut_writes_total: { kind: 'counter', help: 'Writes to held connections.', labels: ['transport'] },
  gamut_encodes_total: { kind: 'counter', help: 'Batches that were encoded, once per codec.', labels: [] },
  gamut_broker_reads_total: { kind: 'counter', help: 'Pages that were read from the broker.', labels: [] },
  gamut_gaps_total: { kind: 'counter', help: 'Gaps that readers were told of.', labels: ['reason'] },
  gamut_refusals_total: { kind: 'counter', help: 'Requests and frames that were refused.', labels: ['code'] },
  gamut_source_failures_total: {
    kind: 'counter',
    help: 'Loads of computed channels that failed.',
    labels: [],
  },
  gamut_idempotency_window_seconds: {
    kind: 'gauge',
    help: 'How long a repeated publish is recognised.',
    labels: [],
  },
  gamut_publish_seconds: { kind: 'histogram', help: 'From a publish to its stored answer.', labels: [] },
  gamut_delivery_seconds: {
    kind: 'histogram',
    help: 'From a batch known to the node to its last write.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>

/** What a metric is. */
export interface MetricDefinition {
  readonly kind: 'gauge' | 'counter' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

/** The metrics there are. */
export type MetricName = keyof typeof metricDefinitions

/** The metrics of one kind. */
type NameOf<Kind> = {
  [N in MetricName]: (typeof metricDefinitions)[N]['kind'] extends Kind ? N : never
}[MetricName]

/** Metrics that are measured one by one. */
export type HistogramName = NameOf<'histogram'>

/** The value of a counter or gauge with its labels, read at the moment of a scrape. */
export interface Sample {
  readonly name: NameOf<'counter' | 'gauge'>
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The answer to a scrape. */
export interface Scrape {
  readonly contentType: string
  readonly text: string
}

/** What turns numbers into an answer for a scraper. The CLI brings one made with prom-client. */
export interface Metrics {
  /** One measurement, in seconds. */
  observe(name: HistogramName, seconds: number): void
  render(samples: readonly Sample[]): Promise<Scrape>
}
