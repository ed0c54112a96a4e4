import {number, record, records, text} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'

/** Requests that a server's proxy has passed on since it began, by the pod's port (`/clusters?format=json`). */
export function requestsTaken(answer: Json): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const cluster of records(record(answer)['cluster_statuses'])) {
    const [, port] = /^inbound\|(\d+)\|/.exec(text(cluster['name']) ?? '') ?? []
    if (port === undefined) continue
    const sum = records(cluster['host_statuses']).reduce((total, host) => total + requestsOf(host), 0)
    found.set(Number(port), (found.get(Number(port)) ?? 0) + sum)
  }
  return found
}

/** Requests that a client's proxy has sent since it began, by the endpoint's address and port. */
export function requestsSent(answer: Json): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const cluster of records(record(answer)['cluster_statuses'])) {
    if (!(text(cluster['name']) ?? '').startsWith('outbound|')) continue
    for (const host of records(cluster['host_statuses'])) {
      const socket = record(record(host['address'])['socket_address'])
      const key = `${text(socket['address']) ?? ''} ${number(socket['port_value']) ?? 0}`
      found.set(key, (found.get(key) ?? 0) + requestsOf(host))
    }
  }
  return found
}

/** Where a port is not HTTP there are no requests, and each connection counts for one. */
function requestsOf(host: JsonObject): number {
  const valueOf = (name: string): number =>
    Number(records(host['stats']).find(stat => stat['name'] === name)?.['value'] ?? 0)
  return valueOf('rq_total') || valueOf('cx_total')
}

/** What was added between two readings; a proxy that began anew counts from nothing. */
export function added<Key>(
  before: ReadonlyMap<Key, number>,
  after: ReadonlyMap<Key, number>,
): ReadonlyMap<Key, number> {
  return new Map(
    [...after].map(([key, now]) => {
      const then = before.get(key) ?? 0
      return [key, now < then ? now : now - then] as const
    }),
  )
}
