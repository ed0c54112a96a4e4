/** A tree of settings, as in YAML. */
export interface Tree {
  [key: string]: TreeValue
}
export type TreeValue = string | number | boolean | null | Tree | TreeValue[]

/** Lays one tree over another; lists and plain values of the upper one win whole. */
export function merge(lower: Tree, upper: Tree): Tree {
  const merged: Tree = {...lower}
  for (const [key, value] of Object.entries(upper)) {
    const below = merged[key]
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value
  }
  return merged
}

function isTree(value: TreeValue | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
