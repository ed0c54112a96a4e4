import type {Change} from '../changes/change-set.ts'
import {formatPath, isRecord} from '../objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../objects/object.ts'
import type {Edit} from './finding.ts'

/** What changes do, step by step, for output. */
export function editsOf(changes: readonly Change[]): readonly Edit[] {
  return changes.flatMap((change): readonly Edit[] => {
    if (change.action === 'create')
      return [{action: 'create', object: change.id, path: '', value: change.after}]
    if (change.action === 'delete') return [{action: 'delete', object: change.id, path: '', value: null}]
    return stepsOf(change).map(({path, value}) =>
      value === undefined
        ? {action: 'remove', object: change.id, path: formatPath(path), value: null}
        : {action: 'set', object: change.id, path: formatPath(path), value},
    )
  })
}

/** A value that is set at a path, or taken away there. */
export interface Step {
  readonly path: Path
  readonly value: Json | undefined
}

/** What an update does to its object, value by value: a list that becomes longer or shorter is set as a whole. */
export function stepsOf({before, after}: Extract<Change, {action: 'update'}>): readonly Step[] {
  return differences(before.value, after, [])
}

/** An object's value with steps done to it. */
export function withSteps(value: JsonObject, steps: readonly Step[]): JsonObject {
  return steps.reduce((done, step) => withValue(done, step.path, step.value) as JsonObject, value)
}

function differences(before: JsonObject, after: JsonObject, path: Path): readonly Step[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key): readonly Step[] => {
    const here = [...path, key]
    const old = Object.hasOwn(before, key) ? before[key] : undefined
    const value = Object.hasOwn(after, key) ? after[key] : undefined
    return value === undefined ? [{path: here, value}] : stepsBetween(old, value, here)
  })
}

function stepsBetween(old: Json | undefined, value: Json, path: Path): readonly Step[] {
  if (isRecord(old) && isRecord(value)) return differences(old, value, path)
  if (Array.isArray(old) && Array.isArray(value) && old.length === value.length) {
    return value.flatMap((item, index) => stepsBetween(old[index] as Json, item as Json, [...path, index]))
  }
  return JSON.stringify(old) === JSON.stringify(value) ? [] : [{path, value}]
}

/** The change of one object that sets a value at a path; records on the way are made. */
export function setting(object: KubeObject, path: Path, value: Json, reason: string): Change {
  return {
    action: 'update',
    id: object.id,
    before: object,
    after: withValue(object.value, path, value) as JsonObject,
    reason,
  }
}

/** The change of one object that takes a value away. */
export function removing(object: KubeObject, path: Path, reason: string): Change {
  return {
    action: 'update',
    id: object.id,
    before: object,
    after: withValue(object.value, path, undefined) as JsonObject,
    reason,
  }
}

function withValue(current: Json | undefined, path: Path, value: Json | undefined): Json {
  const [step, ...rest] = path
  if (step === undefined) return value ?? null
  if (typeof step === 'number') {
    const items = Array.isArray(current) ? [...(current as readonly Json[])] : []
    if (rest.length === 0 && value === undefined) items.splice(step, 1)
    else items[step] = withValue(items[step], rest, value)
    return items
  }
  const fields = Object.entries(isRecord(current) ? current : {})
  if (rest.length === 0 && value === undefined)
    return Object.fromEntries(fields.filter(([key]) => key !== step))
  const old = fields.find(([key]) => key === step)?.[1]
  const done = withValue(old, rest, value)
  const replaced = fields.map(([key, item]) => [key, key === step ? done : item] as const)
  return Object.fromEntries(old === undefined ? [...replaced, [step, done]] : replaced)
}
