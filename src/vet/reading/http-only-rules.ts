import {isSet} from '../../mesh/authorization-rules.ts'
import type {AuthorizationRule, Operation} from '../../mesh/authorization-rules.ts'
import {isHttp} from '../../mesh/protocols.ts'
import type {Mesh, Workload} from '../../mesh/mesh.ts'
import type {Path} from '../../objects/object.ts'

/** A port of a pod on which the proxy sees bytes only. */
export interface TcpPort {
  readonly number: number
  readonly service: string
}

/** Ports of a workload that some Service declares to be no HTTP; sniffed ones may be either. */
export function tcpPorts(mesh: Mesh, workload: Workload): readonly TcpPort[] {
  return mesh.servicesOf(workload).flatMap(({name, namespace, ports}) =>
    ports.flatMap(port => {
      const number = mesh.targetPort(port, workload)
      const bytes = !isHttp(port.protocol) && port.protocol !== 'Auto' && port.protocol !== 'UDP'
      return number !== null && bytes ? [{number, service: `${namespace}/${name}:${port.port}`}] : []
    }),
  )
}

/** Whether a workload has no other declared port than such. */
export function isAllTcp(mesh: Mesh, workload: Workload): boolean {
  const ports = mesh.servicesOf(workload).flatMap(service => service.ports)
  return ports.length > 0 && ports.every(({protocol}) => !isHttp(protocol) && protocol !== 'Auto')
}

/**
 * Where a rule asks for what only HTTP has, null where it does not (istio pilot/pkg/security/authz/model: the
 * generators that refuse `forTCP`). On other ports an ALLOW rule with such a field is left out, and of a DENY rule the
 * field is: it denies more than is written.
 */
export function httpOnlyPath(rule: AuthorizationRule): Path | null {
  const source = rule.from.find(({requestPrincipals}) => isSet(requestPrincipals))
  if (source !== undefined) return source.path
  const operation = rule.to.find(({hosts, methods, paths}) => [hosts, methods, paths].some(isSet))
  if (operation !== undefined) return operation.path
  return rule.when.find(({key}) => key.startsWith('request.'))?.path ?? null
}

/** Whether a rule can be about a port of the pod, by the ports that its operations name. */
export function concernsPort(rule: AuthorizationRule, port: number): boolean {
  return rule.to.length === 0 || rule.to.some(operation => admitsPort(operation, port))
}

function admitsPort({ports}: Operation, port: number): boolean {
  if (ports.notIn.includes(String(port))) return false
  return ports.in.length === 0 || ports.in.includes(String(port))
}
