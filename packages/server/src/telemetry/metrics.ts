function gauge<const Labels extends readonly string[]>(help: string, ...labels: Labels) {
  return { kind: 'gauge', help, labels } as const
}

function counter<const Labels extends readonly string[]>(help: string, ...labels: Labels) {
  return { kind: 'counter', help, labels } as const
}

function histogram<const Labels extends readonly string[]>(help: string, ...labels: Labels) {
  return { kind: 'histogram', help, labels } as const
}

/**
 * The kind, help text and labels of each metric. Names follow Prometheus' conventions, and no label ever holds a channel,
 * an identity or an address: the values of each are a short list. What counts it is `Tally`, what reads it `watchGauges`.
 */
export const metricDefinitions = {
  gamut_connections: gauge(
    'Held connections now: live, behind the head of a channel, or full and given nothing.',
    'transport',
    'state',
  ),
  gamut_connections_max: gauge('Held connections that the server takes at most.'),
  gamut_connections_opened_total: counter('Held connections that were opened.', 'transport'),
  gamut_connections_closed_total: counter('Held connections that ended, and why.', 'transport', 'reason'),
  gamut_subscriptions: gauge('Channels that held connections read now, each reader counted.'),
  gamut_openings_total: counter('Positions that readers asked for, by what became of them.', 'outcome'),
  gamut_gaps_total: counter('Gaps, and snapshots in place of gaps, that readers were told of.', 'reason'),

  gamut_deliveries_total: counter('Messages that were written to readers.', 'transport'),
  gamut_delivered_bytes_total: counter('Bytes that were written to readers.', 'transport'),
  gamut_writes_total: counter('Writes to readers.', 'transport'),
  gamut_encodes_total: counter('Batches that were encoded, once per codec.'),
  gamut_delivery_seconds: histogram('From a batch known to the node to its last write.'),
  gamut_unsent_bytes: gauge('Bytes that connections hold back until their readers have room.'),
  gamut_unanswered_bytes: gauge(
    'Bytes that peers of WebSockets have not answered for, what the kernel holds included.',
  ),
  gamut_blocked_total: counter('Times that a connection had no more room for its reader.', 'transport'),
  gamut_skipped_total: counter('Messages that were left out for a newer one of their key.'),
  gamut_polls_total: counter(
    'Channels that were polled: news, empty, or unchanged since an answer that the reader named.',
    'answer',
  ),
  gamut_channels: gauge('Channels with readers or a window on this node.'),
  gamut_measured_channels: gauge('Channels whose use is measured for advice.'),
  gamut_window_bytes: gauge('Bytes of recent entries kept for readers.'),
  gamut_window_max_bytes: gauge('Bytes of recent entries that are kept at most.'),

  gamut_published_total: counter('Messages that were stored, but for what the server keeps for itself.'),
  gamut_replayed_total: counter('Messages that were published again within the idempotency window.'),
  gamut_idempotency_window_seconds: gauge('How long a repeated publish is recognised.'),
  gamut_publish_seconds: histogram('From a publish to its stored answer.'),
  gamut_source_failures_total: counter('Loads of computed channels that failed.'),

  gamut_broker_up: gauge('1 while the broker can be seen, else 0: readers may be behind.'),
  gamut_broker_interruptions_total: counter('Times that the broker was lost sight of.'),
  gamut_broker_reads_total: counter('Pages that were read from the broker for readers.'),
  gamut_broker_seconds: histogram('How long the broker took, failures too.', 'operation'),
  gamut_broker_errors_total: counter('Calls to the broker that failed.', 'operation'),

  gamut_requests_total: counter(
    'Answered requests; of reads also by which transport. A held response counts when it begins.',
    'route',
    'transport',
    'status',
  ),
  gamut_refusals_total: counter('Requests and frames that were refused.', 'code'),
  gamut_hook_seconds: histogram('How long the hooks of the application took, failures too.', 'hook'),
  gamut_hook_errors_total: counter('Calls of hooks that failed; a refusal is no failure.', 'hook'),
  gamut_draining: gauge('1 from the moment in which the node began to send its readers away.'),
  gamut_reconnect_spread_seconds: gauge('Over how long readers would be told to come back now.'),
  gamut_overload_level: gauge('1 while new readers and publishes are sent away, 2 while polls are too.'),
} as const satisfies Record<string, MetricDefinition>

/** What a metric is. */
export interface MetricDefinition {
  readonly kind: 'gauge' | 'counter' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

type Definitions = typeof metricDefinitions

/** The metrics there are. */
export type MetricName = keyof Definitions

/** The metrics of one kind. */
type NameOf<Kind extends MetricDefinition['kind']> = {
  [N in MetricName]: Definitions[N]['kind'] extends Kind ? N : never
}[MetricName]

/** Metrics that are read at the moment of a scrape. */
export type GaugeName = NameOf<'gauge'>

/** Metrics that only rise. */
export type CounterName = NameOf<'counter'>

/** Metrics that are measured one by one. */
export type HistogramName = NameOf<'histogram'>

type TextFor<Labels extends readonly string[]> = { readonly [Index in keyof Labels]: string }

/** The labels of a metric, a text for each, in the order of its definition. */
export type LabelValues<Name extends MetricName> = TextFor<Definitions[Name]['labels']>

/** One line of a scrape. A histogram has several, as Prometheus' text format wants them. */
export interface Sample {
  readonly name: MetricName
  readonly suffix: '' | '_bucket' | '_sum' | '_count'
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
  render(samples: readonly Sample[]): Promise<Scrape>
}
