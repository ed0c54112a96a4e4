import {readFile} from 'node:fs/promises'
import type {ErrorObject, ValidateFunction} from 'ajv'
import {distance} from 'fastest-levenshtein'
import {MeshctlError} from '../cli/error.ts'
import {at, formatPath} from '../objects/json.ts'
import {locate, locateKey} from '../objects/locate.ts'
import type {JsonObject, KubeObject, Path} from '../objects/object.ts'

let compiled: Promise<ValidateFunction> | undefined

/** Throws `invalid-config` for the first thing in meshctl.yaml that its schema doesn't allow. */
export async function validateConfig(object: KubeObject): Promise<void> {
  compiled ??= compile()
  const validate = await compiled
  if (validate(object.value)) return
  const [first] = [...(validate.errors ?? [])].filter(isCause).sort(byPlace(object))
  if (first !== undefined) throw invalidConfig(object, first)
}

/** Not what ajv adds about the same thing: that a branch failed, or why the name of a key did. */
function isCause(error: ErrorObject): boolean {
  return error.keyword !== 'if' && (error.keyword === 'propertyNames' || error.propertyName === undefined)
}

/** ajv takes a while to load and to compile: only where there is a file to check. */
async function compile(): Promise<ValidateFunction> {
  const [{Ajv}, schema] = await Promise.all([
    import('ajv'),
    readFile(new URL('../../schemas/config.schema.json', import.meta.url), 'utf8'),
  ])
  return new Ajv({allErrors: true, verbose: true, allowUnionTypes: true}).compile(
    JSON.parse(schema) as JsonObject,
  )
}

function byPlace(object: KubeObject): (a: ErrorObject, b: ErrorObject) => number {
  const line = (error: ErrorObject): number => placeOf(object, error).line
  return (a, b) => line(a) - line(b)
}

function invalidConfig(object: KubeObject, error: ErrorObject): MeshctlError {
  const {message, found, validOptions} = explain(object, error)
  const {line, column} = placeOf(object, error)
  const file = object.id.name
  return new MeshctlError('invalid-config', `${file} is not valid: ${message}`, {
    try: ['Correct it; meshctl schema config prints what may stand in it.'],
    ...(found !== undefined && {found}),
    ...(validOptions !== undefined && {validOptions}),
    file,
    line,
    column,
  })
}

interface Explanation {
  readonly message: string
  readonly found?: string
  readonly validOptions?: readonly string[]
}

function explain(object: KubeObject, error: ErrorObject): Explanation {
  const path = pathOf(object, error)
  const place = path.length === 0 ? 'the file' : formatPath(path)
  const params = error.params as Readonly<Record<string, unknown>>
  const found = JSON.stringify(error.data)
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(String(params['additionalProperty']), place, error)
    case 'propertyNames':
      return unfitKey(String(params['propertyName']), place, error)
    case 'required':
      return {
        message: `${place} lacks ${String(params['missingProperty'])}${described(error, String(params['missingProperty']))}.`,
      }
    case 'enum': {
      const validOptions = (params['allowedValues'] as readonly unknown[]).filter(
        value => typeof value === 'string',
      )
      return {
        message: `${place} is ${found}${nearest(String(error.data), validOptions)}; it may be ${validOptions.join(', ')}.`,
        found,
        validOptions,
      }
    }
    case 'type':
      return {
        message: `${place} must be ${[params['type']].flat().map(words).join(' or ')}, and is ${found}.`,
        found,
      }
    default:
      return {
        message: `${place} is ${found}, which does not do: ${descriptionOf(error.parentSchema) ?? error.message ?? error.keyword}`,
        found,
      }
  }
}

function unknownKey(key: string, place: string, error: ErrorObject): Explanation {
  const validOptions = Object.keys((error.parentSchema?.['properties'] ?? {}) as object).filter(
    option => option !== '$schema',
  )
  return {
    message: `${place} has no key ${key}${nearest(key, validOptions)}; it may have ${validOptions.join(', ')}.`,
    found: key,
    validOptions,
  }
}

function unfitKey(key: string, place: string, error: ErrorObject): Explanation {
  const wanted = descriptionOf(error.parentSchema)
  return {
    message: `${place} cannot have the key ${key}${wanted === undefined ? '.' : `: ${wanted}`}`,
    found: key,
  }
}

function nearest(found: string, options: readonly string[]): string {
  const best = [...options].sort(
    (a, b) => distance(found.toLowerCase(), a.toLowerCase()) - distance(found.toLowerCase(), b.toLowerCase()),
  )[0]
  const near =
    best !== undefined &&
    distance(found.toLowerCase(), best.toLowerCase()) * 3 <= Math.max(found.length, best.length)
  return near ? ` (did you mean ${best}?)` : ''
}

function words(type: unknown): string {
  const plain: Readonly<Record<string, string>> = {
    array: 'a list',
    object: 'a mapping',
    string: 'text',
    boolean: 'true or false',
  }
  return plain[String(type)] ?? String(type)
}

function described(error: ErrorObject, key: string): string {
  const properties = (error.parentSchema?.['properties'] ?? {}) as Readonly<Record<string, JsonObject>>
  const description = descriptionOf(properties[key])
  return description === undefined ? '' : ` (${description.replace(/\.$/, '')})`
}

function descriptionOf(schema: unknown): string | undefined {
  const description = (schema as JsonObject | undefined)?.['description']
  const pattern = (schema as JsonObject | undefined)?.['pattern']
  if (typeof description === 'string') return description
  return typeof pattern === 'string' ? `it must match ${pattern}` : undefined
}

function placeOf(object: KubeObject, error: ErrorObject): {line: number; column: number} {
  const path = pathOf(object, error)
  const params = error.params as Readonly<Record<string, unknown>>
  const key = params['additionalProperty'] ?? params['propertyName']
  const found = typeof key === 'string' ? locateKey(object, [...path, key]) : locate(object, path)
  return found ?? {line: 1, column: 1}
}

/** ajv's JSON pointer as a path: what is a list in the file has indices for steps. */
function pathOf(object: KubeObject, error: ErrorObject): Path {
  const path: (string | number)[] = []
  for (const step of error.instancePath.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(at(object.value, path)) ? Number(key) : key)
  }
  return path
}
