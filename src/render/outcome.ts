import type {EdgeAnswer, FactAnswer} from '../flows/answers.ts'
import type {Outcome} from '../mesh/outcome.ts'
import type {Style} from '../terminal/style.ts'

/** `batch/ratings-export -> bookinfo/ratings:9080` */
export function edgeName({client, server}: Pick<EdgeAnswer, 'client' | 'server'>, style: Style): string {
  const from = client.namespace === '' ? client.workload : `${client.namespace}/${client.workload}`
  const kind = client.kind === 'workload' ? '' : `${client.kind} `
  return `${kind}${from} ${style.unicode ? '→' : '->'} ${server.namespace}/${server.service}:${server.port}`
}

/** `ok over mtls`, `fails: connection reset (client-not-in-mesh)`, `unknown: …` */
export function outcomeText(outcome: Outcome, {paint}: Style): string {
  switch (outcome.result) {
    case 'ok':
      return `${paint.green('ok')} over ${outcome.transport}`
    case 'fails':
      return `${paint.red('fails')}: ${causeOf(outcome)}`
    case 'mixed':
      return `${paint.yellow('mixed')}: ${Math.round(outcome.failingShare * 100)} % fail: ${causeOf(outcome)}`
    case 'unknown':
      return `${paint.yellow('unknown')}: ${outcome.unknownBecause.map(one => one.message).join('; ')}`
  }
}

function causeOf({failure, cause}: Outcome): string {
  return [failure ?? 'the request does not arrive', ...(cause === null ? [] : [`(${cause})`])].join(' ')
}

/** Timeout, retries, outlier detection and faults: what a route adds to an outcome. */
export function behaviour(outcome: Outcome): string {
  const {timeout, retries, outlierDetection: outlier, faults} = outcome
  const parts = [timeout === null ? 'no timeout' : `timeout ${timeout}`]
  if (retries === null || retries.attempts === 0) parts.push('no retries')
  else parts.push(`${retries.attempts} retries on ${retries.retryOn.join(', ')} (${retries.source})`)
  if (outlier === null) parts.push('no outlier detection')
  else parts.push(`ejects for ${outlier.baseEjectionTime} after ${outlier.consecutive5xxErrors} errors`)
  const {delay = null, abort = null} = faults ?? {}
  if (delay !== null) parts.push(`delays ${delay.percentage} % by ${delay.fixedDelay}`)
  if (abort !== null) parts.push(`aborts ${abort.percentage} % with ${abort.status}`)
  return parts.join(', ')
}

/** `the text (PeerAuthentication bookinfo/strict, mesh/mtls.yaml:12)` */
export function factText({text, object}: FactAnswer): string {
  if (object === null) return text
  const name = object.namespace === '' ? object.name : `${object.namespace}/${object.name}`
  const place = object.file === null ? '' : `, ${object.file}${object.line === null ? '' : `:${object.line}`}`
  return `${text} (${object.kind} ${name}${place})`
}
