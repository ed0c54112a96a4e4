import {record, records, text} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'

/** Counters of one cluster of a proxy, over all its endpoints. */
export interface Counters {
  readonly requests: number
  readonly succeeded: number
  /** Failed as Envoy counts it: 5xx answers, resets, timeouts. */
  readonly failed: number
  readonly timedOut: number
  readonly connections: number
  readonly connectFailures: number
  /** Endpoints that outlier detection holds ejected now. */
  readonly ejected: number
}

export type Traffic = ReadonlyMap<string, Counters>

const nothing: Counters = {
  requests: 0,
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  connections: 0,
  connectFailures: 0,
  ejected: 0,
}

/**
 * Reads `/clusters?format=json`. These counters belong to the endpoints and are there on every Envoy, while the
 * statistics of clusters and listeners are left out by Istio's default stats matcher (pkg/bootstrap/config.go).
 */
export function readTraffic(answer: Json): Traffic {
  const found = new Map<string, Counters>()
  for (const cluster of records(record(answer)['cluster_statuses'])) {
    const hosts = records(cluster['host_statuses'])
    const sum = hosts.reduce<Counters>((total, host) => {
      const stats = new Map(
        records(host['stats']).map(stat => [text(stat['name']) ?? '', Number(stat['value'] ?? 0)]),
      )
      const of = (name: string): number => stats.get(name) ?? 0
      return {
        requests: total.requests + of('rq_total'),
        succeeded: total.succeeded + of('rq_success'),
        failed: total.failed + of('rq_error'),
        timedOut: total.timedOut + of('rq_timeout'),
        connections: total.connections + of('cx_total'),
        connectFailures: total.connectFailures + of('cx_connect_fail'),
        ejected: total.ejected + (record(host['health_status'])['failed_outlier_check'] === true ? 1 : 0),
      }
    }, nothing)
    found.set(text(cluster['name']) ?? '', sum)
  }
  return found
}

/** What was added between two readings; a proxy that restarted meanwhile counts from nothing. */
export function since(before: Traffic, after: Traffic): Traffic {
  const result = new Map<string, Counters>()
  for (const [name, now] of after) {
    const then = before.get(name) ?? nothing
    const base = then.requests > now.requests ? nothing : then
    result.set(name, {
      requests: now.requests - base.requests,
      succeeded: now.succeeded - base.succeeded,
      failed: now.failed - base.failed,
      timedOut: now.timedOut - base.timedOut,
      connections: now.connections - base.connections,
      connectFailures: now.connectFailures - base.connectFailures,
      ejected: now.ejected,
    })
  }
  return result
}

export function countersOf(traffic: Traffic, cluster: string): Counters {
  return traffic.get(cluster) ?? nothing
}
