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

/** One line a server, for the plan of a step. */
export function serversSeen(observed: readonly ServerSeen[], style: Style): string {
  return section(
    'Seen at the servers',
    observed.flatMap(one => {
      const name = `${one.server.namespace}/${one.server.service}`
      const known = one.by === 'access-log' || one.by === 'telemetry'
      return [
        `${mark(known ? 'ok' : 'info', style)} ${name}: ${seenText(one)}`,
        ...[...one.missing, ...(one.hint === null ? [] : [one.hint])].map(text =>
          wrap(text, style.width, '    '),
        ),
      ]
    }),
    style,
  )
}
