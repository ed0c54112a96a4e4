import {entries, number, record, text, textMap, texts} from '../objects/json.ts'
import type {JsonObject, KubeObject} from '../objects/object.ts'
import {serviceHost} from './hosts.ts'
import type {MeshConfig, Service, ServicePort} from './mesh.ts'
import {protocolOf} from './protocols.ts'

/** Every host of the registry: Kubernetes Services, and each host of each ServiceEntry. */
export function readServices(objects: readonly KubeObject[], config: MeshConfig): readonly Service[] {
  return objects.flatMap(object => {
    if (object.id.kind === 'Service' && object.id.apiVersion === 'v1') return [readService(object, config)]
    if (object.id.kind === 'ServiceEntry') return readServiceEntry(object, config)
    return []
  })
}

function readService(object: KubeObject, config: MeshConfig): Service {
  const spec = record(object.value['spec'])
  const selector = textMap(spec['selector'])
  const annotation = textMap(record(object.value['metadata'])['annotations'])['networking.istio.io/exportTo']
  const type = serviceType(spec)
  return {
    object,
    kind: 'Service',
    namespace: object.id.namespace,
    name: object.id.name,
    host: serviceHost(object.id.name, object.id.namespace),
    ports: entries(spec['ports']).flatMap(([index, port]) => readServicePort(port, index)),
    selector: Object.keys(selector).length === 0 ? null : selector,
    type,
    location: type === 'ExternalName' ? 'external' : 'mesh',
    resolution: type === 'Headless' ? 'none' : type === 'ExternalName' ? 'dns' : 'static',
    exportTo:
      annotation === undefined ? config.defaultServiceExportTo : annotation.split(',').map(one => one.trim()),
  }
}

function serviceType(spec: JsonObject): Service['type'] {
  const type = spec['type']
  if (type === 'ExternalName') return 'ExternalName'
  if (spec['clusterIP'] === 'None') return 'Headless'
  return type === 'NodePort' || type === 'LoadBalancer' ? type : 'ClusterIP'
}

function readServicePort(port: JsonObject, index: number): readonly ServicePort[] {
  const value = number(port['port'])
  if (value === undefined) return []
  const name = text(port['name']) ?? null
  const target = port['targetPort']
  return [
    {
      name,
      port: value,
      // targetPort 0 is what an unset one serialises to; it means the port itself.
      targetPort:
        (typeof target === 'number' && target !== 0) || (typeof target === 'string' && target !== '')
          ? numeric(target)
          : value,
      ...protocolOf(value, name, text(port['protocol']) ?? 'TCP', text(port['appProtocol']) ?? null),
      path: ['spec', 'ports', index],
    },
  ]
}

/** The API server takes `targetPort: "8080"` for the number. */
function numeric(target: number | string): number | string {
  return typeof target === 'string' && /^\d+$/.test(target) ? Number(target) : target
}

function readServiceEntry(object: KubeObject, config: MeshConfig): readonly Service[] {
  const spec = record(object.value['spec'])
  const selector = textMap(record(spec['workloadSelector'])['labels'])
  const exportTo = texts(spec['exportTo'])
  const resolution = text(spec['resolution'])
  const ports = entries(spec['ports']).flatMap(([index, port]) => readEntryPort(port, index))
  return texts(spec['hosts']).map(host => ({
    object,
    kind: 'ServiceEntry' as const,
    namespace: object.id.namespace,
    name: object.id.name,
    host,
    ports,
    selector: Object.keys(selector).length === 0 ? null : selector,
    type: 'ServiceEntry' as const,
    // MESH_EXTERNAL is the enum's zero value (serviceentry/conversion.go).
    location: spec['location'] === 'MESH_INTERNAL' ? ('mesh' as const) : ('external' as const),
    resolution:
      resolution === 'STATIC'
        ? ('static' as const)
        : resolution?.startsWith('DNS') === true
          ? ('dns' as const)
          : ('none' as const),
    exportTo: exportTo.length === 0 ? config.defaultServiceExportTo : exportTo,
  }))
}

function readEntryPort(port: JsonObject, index: number): readonly ServicePort[] {
  const value = number(port['number'])
  if (value === undefined) return []
  const protocol = text(port['protocol'])?.toLowerCase() ?? null
  return [
    {
      name: text(port['name']) ?? null,
      port: value,
      targetPort: number(port['targetPort']) || value,
      ...protocolOf(value, null, 'TCP', protocol),
      path: ['spec', 'ports', index],
    },
  ]
}
