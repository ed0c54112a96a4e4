import type {Mesh} from '../../mesh/mesh.ts'
import {record, texts} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'

/** Namespaces that see a VirtualService: `*` alone for all, empty for none. */
export function seenFrom(mesh: Mesh, object: KubeObject): ReadonlySet<string> {
  const written = texts(record(object.value['spec'])['exportTo'])
  const effective = written.length > 0 ? written : mesh.meshConfig.defaultVirtualServiceExportTo
  if (effective.length === 0 || effective.includes('*')) return new Set(['*'])
  return new Set(
    effective.filter(place => place !== '~').map(place => (place === '.' ? object.id.namespace : place)),
  )
}
