import type {ServerSeen} from '../flows/look-at-servers.ts'
import type {Observation} from '../flows/observation.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'
import {wrap} from '../terminal/wrap.ts'
import {section} from './sections.ts'

/** A claim with its window and its number of requests. */
export function seenText({
  by,
  seconds,
  requests,
  unexplained,
}: Pick<Observation, 'by' | 'seconds' | 'requests' | 'unexplained'>): string {
  const {plaintext, tls, mtls, all} = requests
  const foreign = tls === null || tls === 0 ? '' : ` and ${tls} in TLS of another kind`
  const rest = mtls === null ? '' : `, ${mtls} over mTLS`
  const total = all === null ? '' : ` of ${all} requests`
  switch (by) {
    case 'nothing':
      return 'nothing was seen'
    case 'counters': {
      const others =
        unexplained === null ? '' : `, at least ${unexplained} of them sent by no proxy of the mesh`
      return `${all ?? 0} requests in ${seconds} s${others} (counters; they do not say whose)`
    }
    case 'access-log':
      return `${plaintext ?? 0} in plaintext${foreign}${total} in ${seconds} s${rest} (access log)`
    case 'telemetry':
      return `${plaintext ?? 0} in plaintext${foreign}${total} in ${seconds} s (access log of calls without mTLS)`
  }
}

/** One line a server, for the plan of a step; of many at which nothing was seen, one line for all. */
export function serversSeen(observed: readonly ServerSeen[], style: Style): string {
  const unseen = observed.filter(({by, missing}) => by === 'nothing' && missing.length === 0)
  const folded = unseen.length > 3 ? unseen : []
  const told = observed.filter(one => !folded.includes(one)).flatMap(one => serverLines(one, style))
  return section('Seen at the servers', [...told, ...foldedLines(folded, style)], style)
}

function serverLines(one: ServerSeen, style: Style): readonly string[] {
  const known = one.by === 'access-log' || one.by === 'telemetry'
  const more = [...one.missing, ...(one.hint === null ? [] : [one.hint])]
  return [
    `${mark(known ? 'ok' : 'info', style)} ${nameOf(one)}: ${seenText(one)}`,
    ...more.map(text => wrap(text, style.width, '    ')),
  ]
}

function foldedLines(unseen: readonly ServerSeen[], style: Style): readonly string[] {
  const [first] = unseen
  if (first === undefined) return []
  const names = `nothing was seen of ${unseen.length} more: ${unseen.map(nameOf).join(', ')}`
  return [
    `${mark('info', style)} ${wrap(names, style.width - 8, '    ').trimStart()}`,
    ...(first.hint === null ? [] : [wrap(`of ${nameOf(first)}: ${first.hint}`, style.width, '    ')]),
  ]
}

function nameOf({server}: ServerSeen): string {
  return `${server.namespace}/${server.service}`
}
