import {isHttp, protocolOf} from '../../mesh/protocols.ts'
import type {Mesh, Protocol, Service, ServicePort} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {at, record, text, textMap} from '../../objects/json.ts'
import {ignoredNamespaces} from '../../mesh/injection.ts'

/** Label that Istio puts on what its Gateway controllers make. */
const managed = 'gateway.istio.io/managed'

/** Services that people write: not the control plane's, not Kubernetes' own, not those made for a Gateway. */
export const writtenServices = perMesh((mesh: Mesh): readonly Service[] =>
  mesh.services.filter(
    service =>
      service.kind === 'Service' &&
      service.namespace !== mesh.meshConfig.rootNamespace &&
      !ignoredNamespaces.includes(service.namespace) &&
      textMap(record(service.object.value['metadata'])['labels'])[managed] === undefined,
  ),
)

export function appProtocolOf(service: Service, port: ServicePort): string | undefined {
  return text(at(service.object.value, [...port.path, 'appProtocol']))
}

/** The protocol that the port's name alone would declare; null where it declares none. */
export function namedProtocol(port: ServicePort): Protocol | null {
  const {protocol, declaredBy} = protocolOf(port.port, port.name, 'TCP', null)
  return declaredBy === 'name' ? protocol : null
}

/** Protocols that proxies handle alike: TLS of any name is passed through, databases are streams of bytes. */
export function treatment(protocol: Protocol): 'http' | 'http2' | 'tls' | 'tcp' | 'sniffed' | 'udp' {
  if (protocol === 'HTTP2' || protocol === 'GRPC') return 'http2'
  if (isHttp(protocol)) return 'http'
  if (protocol === 'HTTPS' || protocol === 'TLS') return 'tls'
  if (protocol === 'UDP') return 'udp'
  return protocol === 'Auto' ? 'sniffed' : 'tcp'
}

/** `80`, or `http (80)`. */
export function portName({name, port}: ServicePort): string {
  return name === null ? String(port) : `${name} (${port})`
}
