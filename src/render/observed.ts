import type {SeenClient} from '../flows/observation.ts'
import type {ObserveResult, ShownLog} from '../flows/observe-clients.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'
import {wrap} from '../terminal/wrap.ts'
import {changeLines} from './adopt.ts'
import {declarationsText} from './clients.ts'
import {section} from './sections.ts'
import {seenText} from './servers-seen.ts'

/** What is turned on for a while, before consent to it is asked for. */
export function logText({server, seconds, changes, until, risks}: ShownLog, style: Style): string {
  const parts = [
    style.paint.bold(`An access log of calls to ${server} without the mesh's mTLS, for ${seconds} s`),
    section('Changes', changeLines(changes, style), style),
    section(
      'What it costs',
      [
        wrap(
          `It is taken away afterwards, and whatever happens it writes nothing after ${until}. Its lines hold paths and addresses of those calls, in the proxies' own log.`,
          style.width,
        ),
        ...risks.map(risk => `${mark('warn', style)} ${risk}`),
      ],
      style,
    ),
  ]
  return `${parts.join('\n\n')}\n`
}

export function observedText(result: ObserveResult, style: Style): string {
  const {clients, hidden, contradictions, missing, ended, rbac, hint, imported} = result
  const parts = [
    ended.map(text => `${mark('info', style)} ${text}`).join('\n'),
    headline(result, style),
    section(
      'Clients',
      clients.map(client => clientLine(client, style)),
      style,
    ),
    section(
      'Hidden',
      hidden.map(({says, agents, ...call}) => {
        const named = agents.length === 0 ? '' : `; they call themselves ${agents.join(', ')}`
        return wrap(`${callText(call)}: ${says}${named}`, style.width, '  ').replace(
          /^ {2}/,
          `${mark('warn', style)} `,
        )
      }),
      style,
    ),
    section(
      'Declared otherwise in meshctl.yaml',
      contradictions.map(text => `${mark('fail', style)} ${text}`),
      style,
    ),
    section(
      'Not seen',
      [...missing, ...(hint === null ? [] : [hint])].map(text => `${mark('warn', style)} ${text}`),
      style,
    ),
    rbac === null
      ? ''
      : `To see it, have an administrator apply this (kubectl apply -f -):\n${rbac.trimEnd()}`,
    imported === null ? next(result) : declarationsText(imported, style).trimEnd(),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function headline(result: ObserveResult, style: Style): string {
  const {server, clients, hidden, pods} = result
  const found = clients.length + hidden.length > 0
  const kind = found ? 'fail' : result.by === 'access-log' || result.by === 'telemetry' ? 'ok' : 'info'
  const part = pods.read < pods.all && result.by !== 'counters' ? ` (${pods.read} of ${pods.all} pods)` : ''
  return `${mark(kind, style)} ${server.namespace}/${server.service}: ${seenText(result)}${part}`
}

function clientLine({client, pods, ...call}: SeenClient, {paint, width}: Style): string {
  const name = client.namespace === '' ? client.workload : `${client.namespace}/${client.workload}`
  const place = client.inMesh === true ? ', though it is in the mesh' : ''
  return wrap(`${paint.bold(name)}  ${callText(call)}${place} (pods ${pods.join(', ')})`, width)
}

function callText({
  server,
  transport,
  requests,
  refused,
}: Pick<SeenClient, 'server' | 'transport' | 'requests' | 'refused'>): string {
  const what = transport === 'plaintext' ? 'in plaintext' : 'in TLS of another kind'
  const failed = refused === 0 ? '' : refused === requests ? ', all refused' : `, ${refused} of them refused`
  return `${requests} ${requests === 1 ? 'request' : 'requests'} to ${server.namespace}/${server.service}:${server.port} ${what}${failed}`
}

function next({calls}: ObserveResult): string {
  if (calls.length === 0) return ''
  return 'Keep it: run it again with --import, or with --json > seen.json and then meshctl clients import seen.json'
}
