import type {Mesh} from '../mesh/mesh.ts'

/** A name that no object of the input has yet: the plain one, else the one that says what it is for. */
export function freeName(
  mesh: Mesh,
  kind: string,
  namespace: string,
  wanted: string,
  suffix: string,
): string {
  const taken = new Set(
    mesh
      .objects(kind)
      .filter(({id}) => id.namespace === namespace)
      .map(({id}) => id.name),
  )
  if (!taken.has(wanted)) return wanted
  let name = `${wanted}-${suffix}`
  for (let count = 2; taken.has(name); count++) name = `${wanted}-${suffix}-${count}`
  return name
}
