import {perMesh} from '../../mesh/per-mesh.ts'
import {isRecord} from '../../objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../../objects/object.ts'
import {checks} from './checks.ts'
import {nodeAt, propertyOf, specSchema} from './schema.ts'
import type {Node} from './schema.ts'

/** Something in an object that the API server would not take. */
export type Fault = {readonly object: KubeObject; readonly path: Path} & (
  | {
      readonly what: 'unknown'
      readonly field: string
      /** Names that would be right here. */
      readonly known: readonly string[]
      /** The place further out where the field belongs, where there is one. */
      readonly belongs: Path | null
    }
  | {readonly what: 'newer'; readonly field: string}
  | {readonly what: 'type'; readonly wanted: NonNullable<Node['t']>; readonly value: Json}
  | {readonly what: 'option'; readonly options: readonly string[]; readonly value: string}
  | {readonly what: 'required'; readonly field: string}
  | {readonly what: 'exclusive'; readonly fields: readonly string[]}
  | {readonly what: 'value'; readonly problem: string}
)

type Tell = (fault: Said) => void
type Said = Fault extends infer F ? (F extends unknown ? Omit<F, 'object' | 'path'> : never) : never

/** The records around a value, from the inside out. */
interface Ancestor {
  readonly node: Node
  /** Length of the path to it. */
  readonly depth: number
  readonly above: Ancestor | null
}

/** Where a walk is; one path for the whole walk, copied only for what is told. */
interface Walk {
  readonly path: (string | number)[]
  readonly tell: Tell
}

/** Every fault of the mesh's Istio objects by the schemas of Istio's own CRDs; found once for all rules. */
export const schemaFaults = perMesh((mesh): readonly Fault[] => {
  const faults: Fault[] = []
  for (const object of mesh.objects()) {
    if (!object.id.apiVersion.includes('istio.io/')) continue
    const schema = specSchema(object.id.apiVersion, object.id.kind)
    if (schema === null) continue
    const path: (string | number)[] = []
    const walk = {path, tell: (fault: Said) => faults.push({object, path: [...path], ...fault})}
    topLevel(object.value, walk)
    path.push('spec')
    const spec = object.value['spec']
    if (spec !== undefined && spec !== null) visit(spec, schema, null, walk)
    else for (const field of schema.r ?? []) walk.tell({what: 'required', field})
  }
  return faults
})

const objectFields = ['apiVersion', 'kind', 'metadata', 'spec', 'status']

function topLevel(value: JsonObject, walk: Walk): void {
  for (const field of Object.keys(value)) {
    if (!objectFields.includes(field))
      at(field, walk, () => walk.tell({what: 'unknown', field, known: objectFields, belongs: null}))
  }
}

/** Takes one step, and comes back. */
function at(step: string | number, {path}: Walk, there: () => void): void {
  path.push(step)
  there()
  path.pop()
}

function visit(value: Json, node: Node, above: Ancestor | null, walk: Walk): void {
  // The API server drops some nulls and refuses others; a key without a value is not worth an error here.
  if (value === null) return
  if (node.t !== undefined && !fits(value, node.t)) return walk.tell({what: 'type', wanted: node.t, value})
  for (const name of node.c ?? []) {
    const problem = checks[name]?.(value) ?? null
    if (problem !== null) walk.tell({what: 'value', problem})
  }
  if (Array.isArray(value)) return visitList(value as readonly Json[], node, above, walk)
  if (isRecord(value)) return visitRecord(value, node, above, walk)
  if (typeof value === 'string') return checkText(value, node, walk.tell)
  if (typeof value === 'number') checkNumber(value, node, walk.tell)
}

function fits(value: Json, type: NonNullable<Node['t']>): boolean {
  switch (type) {
    case 'object':
      return isRecord(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value)
    case 'port':
      return typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
  }
}

function visitList(items: readonly Json[], node: Node, above: Ancestor | null, walk: Walk): void {
  if (node.minI !== undefined && items.length < node.minI)
    walk.tell({
      what: 'value',
      problem: `the list has ${items.length} items, at least ${node.minI} are needed`,
    })
  if (node.maxI !== undefined && items.length > node.maxI)
    walk.tell({what: 'value', problem: `the list has ${items.length} items, at most ${node.maxI} are taken`})
  const item = nodeAt(node.i)
  if (item === null) return
  for (const [index, one] of items.entries()) {
    walk.path.push(index)
    visit(one, item, above, walk)
    walk.path.pop()
  }
}

function visitRecord(fields: JsonObject, node: Node, above: Ancestor | null, walk: Walk): void {
  const rest = nodeAt(node.m)
  const here = node.p === undefined ? above : {node, depth: walk.path.length, above}
  for (const name of Object.keys(fields)) {
    walk.path.push(name)
    const child = propertyOf(node, name) ?? rest
    if (child === null) unknown(name, node, above, walk)
    else {
      if (node.new?.includes(name) === true) walk.tell({what: 'newer', field: name})
      const value = fields[name]
      if (value !== undefined) visit(value, child, here, walk)
    }
    walk.path.pop()
  }
  for (const field of node.r ?? []) {
    if (!Object.hasOwn(fields, field)) walk.tell({what: 'required', field})
  }
  for (const group of node.x ?? []) {
    const set = group.filter(name => Object.hasOwn(fields, name) && fields[name] !== null)
    if (set.length > 1) at(set[1] ?? '', walk, () => walk.tell({what: 'exclusive', fields: set}))
  }
}

function unknown(field: string, node: Node, above: Ancestor | null, {path, tell}: Walk): void {
  if (node.p === undefined || node.open === 1) return
  let home = above
  while (home !== null && propertyOf(home.node, field) === null) home = home.above
  const belongs = home === null ? null : [...path.slice(0, home.depth), field]
  tell({what: 'unknown', field, known: Object.keys(node.p), belongs})
}

function checkText(value: string, node: Node, tell: Tell): void {
  if (node.e !== undefined && !node.e.includes(value)) return tell({what: 'option', options: node.e, value})
  if (node.minL !== undefined && value.length < node.minL)
    return tell({what: 'value', problem: 'the text is empty or too short'})
  if (node.maxL !== undefined && value.length > node.maxL)
    return tell({what: 'value', problem: `the text is longer than ${node.maxL} characters`})
  if (node.pat !== undefined && !matches(node.pat, value))
    tell({what: 'value', problem: `${JSON.stringify(value)} does not have the form ${node.pat}`})
}

const patterns = new Map<string, RegExp | null>()

/** The patterns are Istio's own; one that JavaScript cannot read objects to nothing. */
function matches(pattern: string, value: string): boolean {
  const known = patterns.get(pattern)
  const regexp = known === undefined ? compiled(pattern) : known
  patterns.set(pattern, regexp)
  return regexp === null || regexp.test(value)
}

function compiled(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern)
  } catch {
    return null
  }
}

function checkNumber(value: number, node: Node, tell: Tell): void {
  if (node.lo !== undefined && value < node.lo)
    tell({what: 'value', problem: `${value} is less than ${node.lo}`})
  if (node.hi !== undefined && value > node.hi)
    tell({what: 'value', problem: `${value} is more than ${node.hi}`})
}
