import type {DeclarationsWritten} from '../flows/client-declarations.ts'
import type {ClientsResult, KnownClient} from '../flows/clients.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'
import {wrap} from '../terminal/wrap.ts'
import {factText} from './outcome.ts'
import {section} from './sections.ts'

export function clientsText({clients, unmatched}: ClientsResult, style: Style): string {
  const unknown = clients.filter(({known, client}) => known === 'unknown' && client.inMesh !== true)
  const parts = [
    clients.map(client => clientText(client, style)).join('\n'),
    section(
      'Nothing is known of',
      unknown.map(
        ({client}) =>
          `${mark('warn', style)} ${client.namespace}/${client.workload}: no server that it can reach may demand mTLS until somebody says what it calls\n  meshctl clients declare ${client.namespace}/${client.workload} --calls none --reason "..."`,
      ),
      style,
    ),
    section(
      'Declared, and not in the input',
      unmatched.map(name => `${mark('warn', style)} ${name}`),
      style,
    ),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function clientText({client, known, calls, declaration}: KnownClient, style: Style): string {
  const name = client.namespace === '' ? client.workload : `${client.namespace}/${client.workload}`
  const place =
    client.inMesh === true
      ? 'in the mesh'
      : client.inMesh === false
        ? 'outside the mesh'
        : 'maybe in the mesh'
  const entry =
    declaration === null
      ? []
      : [
          `  meshctl.yaml${declaration.expired ? ' (expired)' : ''}: ${declaration.reason}${declaration.until === null ? '' : `, until ${declaration.until}`}`,
        ]
  return [
    `${style.paint.bold(name)}  ${place}, calls ${known === 'unknown' ? style.paint.yellow('unknown') : known}`,
    ...entry,
    ...calls.map(({server, knowledge, knownBy}) => {
      const [why] = knownBy
      const line = `${server.namespace}/${server.service}:${server.port} ${knowledge}${why === undefined ? '' : `: ${factText(why)}`}`
      return wrap(line, style.width, '      ').replace(/^ {6}/, '    - ')
    }),
  ].join('\n')
}

export function declarationsText(result: DeclarationsWritten, style: Style): string {
  const said = result.written
    ? `${mark('ok', style)} ${result.file} says so now`
    : result.diff === ''
      ? `${mark('ok', style)} nothing to write: ${result.file} is as it should be`
      : `${result.file} would say so; nothing is written`
  const skipped = result.skipped.map(({entry, reason}) => `${mark('warn', style)} ${entry}: ${reason}`)
  return `${[result.diff.trimEnd(), section('Skipped', skipped, style), said].filter(part => part !== '').join('\n\n')}\n`
}
