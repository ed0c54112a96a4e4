import type {Mesh} from '../mesh/mesh.ts'
import {perMesh} from '../mesh/per-mesh.ts'

const namesTaken = perMesh(
  (mesh): ReadonlySet<string> =>
    new Set(mesh.objects().map(({id}) => `${id.kind}/${id.namespace}/${id.name}`)),
)

/** A name that no object of the input has yet: the plain one, else the one that says what it is for. */
export function freeName(
  mesh: Mesh,
  kind: string,
  namespace: string,
  wanted: string,
  suffix: string,
): string {
  const taken = (name: string): boolean => namesTaken(mesh).has(`${kind}/${namespace}/${name}`)
  if (!taken(wanted)) return wanted
  let name = `${wanted}-${suffix}`
  for (let count = 2; taken(name); count++) name = `${wanted}-${suffix}-${count}`
  return name
}
