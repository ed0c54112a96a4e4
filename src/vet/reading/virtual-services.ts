import {perMesh} from '../../mesh/per-mesh.ts'
import {entries, number, record, text} from '../../objects/json.ts'
import type {Json, KubeObject, Path} from '../../objects/object.ts'

/** A place to which a VirtualService sends or mirrors, as written, whatever its weight. */
export interface WrittenDestination {
  readonly host: string
  readonly subset: string | null
  readonly port: number | null
  readonly path: Path
  readonly mirror: boolean
}

/** Objects are frozen, and many rules ask for the same. */
const known = new WeakMap<KubeObject, readonly WrittenDestination[]>()

/** Every destination of the object's own routes: HTTP, TLS and TCP, and mirrors. */
export function writtenDestinations(virtualService: KubeObject): readonly WrittenDestination[] {
  const destinations = known.get(virtualService) ?? readDestinations(virtualService)
  known.set(virtualService, destinations)
  return destinations
}

function readDestinations(virtualService: KubeObject): readonly WrittenDestination[] {
  const spec = record(virtualService.value['spec'])
  return (['http', 'tls', 'tcp'] as const).flatMap(protocol =>
    entries(spec[protocol]).flatMap(([index, route]) => {
      const path: Path = ['spec', protocol, index]
      const targets = entries(route['route']).flatMap(([position, one]) =>
        destination(one['destination'], [...path, 'route', position, 'destination'], false),
      )
      const mirrors = entries(route['mirrors']).flatMap(([position, one]) =>
        destination(one['destination'], [...path, 'mirrors', position, 'destination'], true),
      )
      return [...targets, ...destination(route['mirror'], [...path, 'mirror'], true), ...mirrors]
    }),
  )
}

function destination(value: Json | undefined, path: Path, mirror: boolean): readonly WrittenDestination[] {
  const {host, subset, port} = record(value)
  const name = text(host)
  if (name === undefined || name === '') return []
  return [
    {host: name, subset: text(subset) || null, port: number(record(port)['number']) ?? null, path, mirror},
  ]
}

/** The hosts of `spec.hosts` as written, each with its place. */
export function writtenHosts(virtualService: KubeObject): readonly (readonly [string, Path])[] {
  const hosts = record(virtualService.value['spec'])['hosts']
  return Array.isArray(hosts)
    ? hosts.flatMap((host: Json, index) =>
        typeof host === 'string' ? [[host, ['spec', 'hosts', index]] as const] : [],
      )
    : []
}

/** Istio's own VirtualServices, of any version. */
export const virtualServicesOf = perMesh((mesh): readonly KubeObject[] =>
  mesh.objects('VirtualService').filter(isVirtualService),
)

export function isVirtualService(object: KubeObject): boolean {
  return object.id.apiVersion.startsWith('networking.istio.io/')
}
