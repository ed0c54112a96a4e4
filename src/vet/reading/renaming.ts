import type {Change} from '../../changes/change-set.ts'
import {isRecord} from '../../objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../../objects/object.ts'

/** The change of one object that gives a key another name and leaves it at its place. */
export function renaming(object: KubeObject, path: Path, name: string, reason: string): Change {
  const after = renamed(object.value, path, name) as JsonObject
  return {action: 'update', id: object.id, before: object, after, reason}
}

function renamed(value: Json | undefined, path: Path, name: string): Json {
  const [step, ...rest] = path
  if (Array.isArray(value) && typeof step === 'number') {
    return (value as readonly Json[]).map((item, index) =>
      index === step ? renamed(item, rest, name) : item,
    )
  }
  if (!isRecord(value) || typeof step !== 'string') return value ?? null
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key !== step) return [key, item]
      return rest.length === 0 ? [name, item] : [key, renamed(item, rest, name)]
    }),
  )
}
