import type {Json, JsonObject, Path} from './object.ts'

/**
 * Tolerant readers. What people write in a manifest may have the wrong type anywhere; the model
 * treats a value of the wrong type as absent (the rule `schema-invalid` is what reports it).
 */
export function isRecord(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function record(value: Json | undefined): JsonObject {
  return isRecord(value) ? value : {}
}

export function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

/** The records of a list; items that are no records are left out. Use `entries` where the index matters. */
export function records(value: Json | undefined): readonly JsonObject[] {
  return list(value).filter(isRecord)
}

/** The records of a list with their index in it. */
export function entries(value: Json | undefined): readonly (readonly [number, JsonObject])[] {
  const found: (readonly [number, JsonObject])[] = []
  list(value).forEach((item, index) => {
    if (isRecord(item)) found.push([index, item])
  })
  return found
}

export function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function number(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

export function flag(value: Json | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

export function texts(value: Json | undefined): readonly string[] {
  return list(value).filter(item => typeof item === 'string')
}

/** A map of strings, such as labels; entries that are no strings are left out. */
export function textMap(value: Json | undefined): Readonly<Record<string, string>> {
  const result: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [key, item] of Object.entries(record(value))) if (typeof item === 'string') result[key] = item
  return result
}

/** The value at a path, or undefined where the path leads nowhere. Never follows the prototype chain. */
export function at(value: Json | undefined, path: Path): Json | undefined {
  let current: Json | undefined = value
  for (const step of path) {
    if (Array.isArray(current) && typeof step === 'number') current = (current as readonly Json[])[step]
    else if (isRecord(current) && typeof step === 'string' && Object.hasOwn(current, step))
      current = current[step]
    else return undefined
  }
  return current
}

/** `['spec', 'http', 0, 'a.b']` as `spec.http[0]["a.b"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((done, step) => {
    if (typeof step === 'number') return `${done}[${step}]`
    if (!/^[A-Za-z_][\w-]*$/.test(step)) return `${done}[${JSON.stringify(step)}]`
    return done === '' ? step : `${done}.${step}`
  }, '')
}
