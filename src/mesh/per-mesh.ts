import type {Mesh} from './mesh.ts'

/**
 * Remembers what was worked out of a mesh (an index, mostly) for as long as that mesh lives. The model is frozen, so
 * what was built once stays true.
 */
export function perMesh<Value>(build: (mesh: Mesh) => Value): (mesh: Mesh) => Value {
  const known = new WeakMap<Mesh, {readonly value: Value}>()
  return mesh => {
    const found = known.get(mesh)
    if (found !== undefined) return found.value
    const value = build(mesh)
    known.set(mesh, {value})
    return value
  }
}
