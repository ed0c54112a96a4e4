import type {Mesh} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {at, record, text} from '../../objects/json.ts'
import type {JsonObject, KubeObject} from '../../objects/object.ts'
import {readYaml} from '../../objects/yaml.ts'

/** The configuration of an injector: its ConfigMap, with the installation's values parsed. */
export interface Injector {
  readonly object: KubeObject
  readonly revision: string
  readonly values: JsonObject
}

const prefix = 'istio-sidecar-injector'

/** Injectors by the ConfigMaps of the root namespace: `istio-sidecar-injector`, or with `-<revision>`. */
export const injectors = perMesh((mesh: Mesh): readonly Injector[] =>
  mesh.objects('ConfigMap').flatMap(object => {
    const {name, namespace} = object.id
    if (!name.startsWith(prefix) || namespace !== mesh.meshConfig.rootNamespace) return []
    const values = record(readYaml(text(record(object.value['data'])['values']) ?? '').value)
    return [{object, revision: name === prefix ? 'default' : name.slice(prefix.length + 1), values}]
  }),
)

/** The image of the proxies that an injector makes, as the template puts it together. */
export function proxyImage({values}: Injector): string | null {
  const image = text(at(values, ['global', 'proxy', 'image']))
  const hub = text(at(values, ['global', 'hub']))
  const tag = at(values, ['global', 'tag'])
  if (image === undefined) return null
  if (image.includes('/')) return image
  return hub === undefined || (typeof tag !== 'string' && typeof tag !== 'number')
    ? null
    : `${hub}/${image}:${tag}`
}
