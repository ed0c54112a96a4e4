import type {Mesh, Workload} from '../../mesh/mesh.ts'
import {record} from '../../objects/json.ts'
import type {Json, JsonObject} from '../../objects/object.ts'
import {readYaml} from '../../objects/yaml.ts'
import {meshValues} from './mesh-values.ts'

const annotation = 'proxy.istio.io/config'

/** A field of a workload's ProxyConfig: of its annotation, else of the mesh's defaultConfig. */
export function proxySetting(mesh: Mesh, workload: Workload, field: string): Json | undefined {
  return ownConfig(workload)[field] ?? defaultConfig(mesh)[field]
}

/** A variable that the proxy is started with; those of the annotation are added to those of the mesh. */
export function proxyVariable(mesh: Mesh, workload: Workload, name: string): Json | undefined {
  return (
    record(ownConfig(workload)['proxyMetadata'])[name] ?? record(defaultConfig(mesh)['proxyMetadata'])[name]
  )
}

function ownConfig({annotations}: Workload): JsonObject {
  const written = annotations[annotation]
  return written === undefined ? {} : record(readYaml(written).value)
}

function defaultConfig(mesh: Mesh): JsonObject {
  return record(meshValues(mesh)['defaultConfig'])
}
