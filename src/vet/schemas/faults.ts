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

type Tell = (path: Path, fault: Said) => void
type Said = Fault extends infer F ? (F extends unknown ? Omit<F, 'object' | 'path'> : never) : never

interface Ancestor {
  readonly node: Node
  readonly path: Path
}

/** Every fault of the mesh's Istio objects by the schemas of Istio's own CRDs; found once for all rules. */
export const schemaFaults = perMesh((mesh): readonly Fault[] => {
  const faults: Fault[] = []
  for (const object of mesh.objects()) {
    if (!object.id.apiVersion.includes('istio.io/')) continue
    const schema = specSchema(object.id.apiVersion, object.id.kind)
    if (schema === null) continue
    const tell: Tell = (path, fault) => faults.push({object, path, ...fault})
    topLevel(object.value, tell)
    const spec = object.value['spec']
    if (spec !== undefined && spec !== null) walk(spec, schema, ['spec'], [], tell)
    else for (const field of schema.r ?? []) tell(['spec'], {what: 'required', field})
  }
  return faults
})

const objectFields = ['apiVersion', 'kind', 'metadata', 'spec', 'status']

function topLevel(value: JsonObject, tell: Tell): void {
  for (const field of Object.keys(value)) {
    if (!objectFields.includes(field))
      tell([field], {what: 'unknown', field, known: objectFields, belongs: null})
  }
}

function walk(value: Json, node: Node, path: Path, above: readonly Ancestor[], tell: Tell): void {
  // The API server drops some nulls and refuses others; a key without a value is not worth an error here.
  if (value === null) return
  if (node.t !== undefined && !fits(value, node.t)) return tell(path, {what: 'type', wanted: node.t, value})
  for (const name of node.c ?? []) {
    const problem = checks[name]?.(value) ?? null
    if (problem !== null) tell(path, {what: 'value', problem})
  }
  if (Array.isArray(value)) return walkList(value as readonly Json[], node, path, above, tell)
  if (isRecord(value)) return walkRecord(value, node, path, above, tell)
  if (typeof value === 'string') return checkText(value, node, path, tell)
  if (typeof value === 'number') checkNumber(value, node, path, tell)
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

function walkList(
  items: readonly Json[],
  node: Node,
  path: Path,
  above: readonly Ancestor[],
  tell: Tell,
): void {
  if (node.minI !== undefined && items.length < node.minI)
    tell(path, {
      what: 'value',
      problem: `the list has ${items.length} items, at least ${node.minI} are needed`,
    })
  if (node.maxI !== undefined && items.length > node.maxI)
    tell(path, {what: 'value', problem: `the list has ${items.length} items, at most ${node.maxI} are taken`})
  const item = nodeAt(node.i)
  if (item !== null) items.forEach((one, index) => walk(one, item, [...path, index], above, tell))
}

function walkRecord(
  fields: JsonObject,
  node: Node,
  path: Path,
  above: readonly Ancestor[],
  tell: Tell,
): void {
  const rest = nodeAt(node.m)
  const here = node.p === undefined ? above : [...above, {node, path}]
  for (const [name, value] of Object.entries(fields)) {
    const place = [...path, name]
    const child = propertyOf(node, name) ?? rest
    if (child === null) {
      if (node.p === undefined || node.open === 1) continue
      const home = above.findLast(one => propertyOf(one.node, name) !== null)
      const belongs = home === undefined ? null : [...home.path, name]
      tell(place, {what: 'unknown', field: name, known: Object.keys(node.p), belongs})
      continue
    }
    if (node.new?.includes(name) === true) tell(place, {what: 'newer', field: name})
    if (value !== undefined) walk(value, child, place, here, tell)
  }
  for (const field of node.r ?? []) {
    if (!Object.hasOwn(fields, field)) tell(path, {what: 'required', field})
  }
  for (const group of node.x ?? []) {
    const set = group.filter(name => Object.hasOwn(fields, name) && fields[name] !== null)
    if (set.length > 1) tell([...path, set[1] ?? ''], {what: 'exclusive', fields: set})
  }
}

function checkText(value: string, node: Node, path: Path, tell: Tell): void {
  if (node.e !== undefined && !node.e.includes(value))
    return tell(path, {what: 'option', options: node.e, value})
  if (node.minL !== undefined && value.length < node.minL)
    return tell(path, {what: 'value', problem: 'the text is empty or too short'})
  if (node.maxL !== undefined && value.length > node.maxL)
    return tell(path, {what: 'value', problem: `the text is longer than ${node.maxL} characters`})
  if (node.pat !== undefined && !matches(node.pat, value))
    tell(path, {what: 'value', problem: `${JSON.stringify(value)} does not have the form ${node.pat}`})
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

function checkNumber(value: number, node: Node, path: Path, tell: Tell): void {
  if (node.lo !== undefined && value < node.lo)
    tell(path, {what: 'value', problem: `${value} is less than ${node.lo}`})
  if (node.hi !== undefined && value > node.hi)
    tell(path, {what: 'value', problem: `${value} is more than ${node.hi}`})
}
