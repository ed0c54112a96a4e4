import type {Mesh} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {record, text} from '../../objects/json.ts'
import type {JsonObject, Path} from '../../objects/object.ts'
import {readYaml} from '../../objects/yaml.ts'

/** The mesh config as written, with what the model has no name for; empty where it is not in the input. */
export const meshValues = perMesh((mesh): JsonObject => {
  const {object} = mesh.meshConfig
  if (object === null) return {}
  if (object.id.kind === 'IstioOperator') return record(record(object.value['spec'])['meshConfig'])
  return record(readYaml(text(record(object.value['data'])['mesh']) ?? '').value)
})

/** Where a value of the mesh config stands: inside an IstioOperator, or somewhere in the text of the ConfigMap. */
export function meshPath(mesh: Mesh, path: Path): Path {
  return mesh.meshConfig.object?.id.kind === 'IstioOperator'
    ? ['spec', 'meshConfig', ...path]
    : ['data', 'mesh']
}
