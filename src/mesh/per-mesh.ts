import type {Mesh, Workload} from './mesh.ts'

/**
 * Remembers what was worked out of a mesh (an index, mostly) for as long as that mesh lives. The model is frozen, so
 * what was built once stays true.
 */
export function perMesh<Value>(build: (mesh: Mesh) => Value): (mesh: Mesh) => Value {
  return remembered(build)
}

/** The same of a workload, for what its own manifest says. */
export function perWorkload<Value>(build: (workload: Workload) => Value): (workload: Workload) => Value {
  return remembered(build)
}

function remembered<Key extends object, Value>(build: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, {readonly value: Value}>()
  return key => {
    const found = known.get(key)
    if (found !== undefined) return found.value
    const value = build(key)
    known.set(key, {value})
    return value
  }
}
