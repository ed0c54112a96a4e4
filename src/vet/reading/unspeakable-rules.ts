import {hostCovers, isWildcard} from '../../mesh/hosts.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import type {Cause, Judgement} from '../../mesh/outcome.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {at, isRecord, record, text} from '../../objects/json.ts'
import type {Json, KubeObject, Path} from '../../objects/object.ts'
import {sampleClients} from './clients.ts'
import {policyBlocks, ruleHost} from './destination-rules.ts'

/** A DestinationRule whose TLS no server behind it can speak, tried with a client that stands for all. */
export interface UnspeakableRule {
  readonly object: KubeObject
  readonly path: Path
  readonly mode: string
  /** `namespace/service:port` that it was tried for. */
  readonly server: string
  readonly service: Service
  readonly cause: Cause
  readonly judgement: Judgement
}

/**
 * Rules that set a TLS mode and fail for a client of which nobody knows that it calls: the rule is there because
 * somebody does. One case a rule is enough.
 */
const unspeakable = perMesh((mesh): readonly UnspeakableRule[] =>
  mesh
    .objects('DestinationRule')
    .filter(setsTls)
    .flatMap(rule => firstFailure(mesh, rule)),
)

export function unspeakableRules(mesh: Mesh, causes: readonly Cause[]): readonly UnspeakableRule[] {
  return unspeakable(mesh).filter(({cause}) => causes.includes(cause))
}

function setsTls(rule: KubeObject): boolean {
  return policyBlocks(rule).some(({value}) => isRecord(value['tls']))
}

function firstFailure(mesh: Mesh, rule: KubeObject): readonly UnspeakableRule[] {
  const clients = sampleClients(mesh, rule.id.namespace)
  for (const service of servicesOf(mesh, rule)) {
    for (const client of clients) {
      if (client.of === null || mesh.destinationRule(client.of, service)?.rules.includes(rule) !== true)
        continue
      for (const port of service.ports) {
        if (port.protocol === 'UDP') continue
        const judgement = mesh.edge(client, {service, port}).judge()
        const {result, cause} = judgement.outcome
        const found = judgement.facts.find(({object}) => object === rule)
        if (cause === null || found === undefined || (result !== 'fails' && result !== 'mixed')) continue
        const server = `${service.namespace}/${service.name}:${port.port}`
        return [
          {
            object: rule,
            path: found.path,
            mode: tlsModeAt(rule.value, found.path),
            server,
            service,
            cause,
            judgement,
          },
        ]
      }
    }
  }
  return []
}

function servicesOf(mesh: Mesh, rule: KubeObject): readonly Service[] {
  const host = ruleHost(rule)
  if (isWildcard(host)) return mesh.services.filter(service => hostCovers(host, service.host))
  const found = mesh.host(host, rule.id.namespace)
  return found === null ? [] : [found]
}

/** The mode of the tls block at a path; a block without one means DISABLE, the enum's zero value. */
export function tlsModeAt(value: Json, path: Path): string {
  return text(record(at(value, path))['mode']) ?? 'DISABLE'
}
