/** A span as Zipkin tells it; times are microseconds. */
export interface Span {
  traceId: string
  id: string
  parentId?: string
  /** Which side of a call reported it. */
  kind?: 'CLIENT' | 'SERVER'
  name?: string
  timestamp?: number
  duration?: number
  /** Who reported it; Istio names a workload `app.namespace`. */
  localEndpoint?: {serviceName?: string}
  tags?: Record<string, string>
}

export interface SpanQuery {
  /** Of the traces in which this service took part, as `productpage.bookinfo`. */
  service?: string
  /** How many traces are read, the newest first; 100 unless told. */
  limit?: number
}

/** The spans that have come to Zipkin, of whole traces. */
export async function readSpans(zipkinUrl: string, {service, limit = 100}: SpanQuery = {}): Promise<Span[]> {
  const query = new URLSearchParams({
    limit: String(limit),
    ...(service === undefined ? {} : {serviceName: service}),
  })
  const answer = await fetch(`${zipkinUrl}/api/v2/traces?${query.toString()}`)
  if (!answer.ok) throw new Error(`Zipkin answered ${answer.status}: ${await answer.text()}`)
  return ((await answer.json()) as Span[][]).flat()
}
