import type { GapReason, TransportName } from '@gamut/protocol'
import type { HistogramName, Metrics, Sample } from './metrics.js'

/** What one transport has done. */
export interface TransportTally {
  connections: number
  opened: number
  deliveries: number
  bytes: number
  writes: number
}

/** Plain numbers that the hot path adds to, turned into samples when somebody scrapes. */
export class Tally {
  readonly transports = new Map<TransportName, TransportTally>()
  readonly gaps = new Map<GapReason, number>()
  readonly refusals = new Map<string, number>()
  published = 0
  encodes = 0
  brokerReads = 0
  sourceFailures = 0
  readonly #metrics: Metrics | undefined

  constructor(metrics: Metrics | undefined) {
    this.#metrics = metrics
  }

  of(transport: TransportName): TransportTally {
    let tally = this.transports.get(transport)
    if (!tally) {
      tally = { connections: 0, opened: 0, deliveries: 0, bytes: 0, writes: 0 }
      this.transports.set(transport, tally)
    }
    return tally
  }

  gap(reason: GapReason): void {
    this.gaps.set(reason, (this.gaps.get(reason) ?? 0) + 1)
  }

  refusal(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
  }

  observe(name: HistogramName, ms: number): void {
    this.#metrics?.observe(name, ms / 1000)
  }

  /** All counters as they stand. */
  samples(): readonly Sample[] {
    const perTransport = [...this.transports].flatMap(([transport, tally]): Sample[] => [
      { name: 'gamut_connections', labels: { transport }, value: tally.connections },
      { name: 'gamut_connections_total', labels: { transport }, value: tally.opened },
      { name: 'gamut_deliveries_total', labels: { transport }, value: tally.deliveries },
      { name: 'gamut_delivered_bytes_total', labels: { transport }, value: tally.bytes },
      { name: 'gamut_writes_total', labels: { transport }, value: tally.writes },
    ])
    return [
      ...perTransport,
      ...[...this.gaps].map(
        ([reason, value]): Sample => ({ name: 'gamut_gaps_total', labels: { reason }, value }),
      ),
      ...[...this.refusals].map(
        ([code, value]): Sample => ({ name: 'gamut_refusals_total', labels: { code }, value }),
      ),
      { name: 'gamut_published_total', labels: {}, value: this.published },
      { name: 'gamut_encodes_total', labels: {}, value: this.encodes },
      { name: 'gamut_broker_reads_total', labels: {}, value: this.brokerReads },
      { name: 'gamut_source_failures_total', labels: {}, value: this.sourceFailures },
    ]
  }
}
