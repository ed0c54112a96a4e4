import {existsSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {isMap, isScalar, parseDocument, visit} from 'yaml'
import type {Document} from 'yaml'
import {isRecord} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'

/**
 * The YAML below `templates/` that stages fill in. A scalar `<name>` stands for a value, which may be a whole map; a
 * field whose value is not given is left out. Comments stay, and `<name>` in them is filled in too.
 */
export type Values = Readonly<Record<string, Json | undefined>>

export interface Filled {
  readonly value: JsonObject
  readonly yaml: string
}

const known = new Map<string, string>()

/** The only place where stages touch the disk: once a template, when it is first needed. */
function templateText(name: string): string {
  const found = known.get(name)
  if (found !== undefined) return found
  const text = readFileSync(join(templatesFolder(), name), 'utf8')
  known.set(name, text)
  return text
}

/** Beside `src/` in a checkout, beside `dist/` in a package: the nearest folder above this file that has them. */
function templatesFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'templates', 'mtls'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the package has no templates/ folder')
    folder = parent
  }
  return join(folder, 'templates')
}

export function fill(name: string, values: Values): Filled {
  // YAML 1.1 is what Kubernetes' parser reads: with it, a service called `yes` or `0644` is written with quotes.
  const document = parseDocument(templateText(name), {version: '1.1'})
  const [error] = document.errors
  if (error !== undefined) throw new Error(`template ${name}: ${error.message}`)
  replaceValues(document, values, name)
  replaceInComments(document, values)
  const value = document.toJS() as Json
  if (!isRecord(value)) throw new Error(`template ${name} is no object`)
  return {value, yaml: document.toString({lineWidth: 0})}
}

function valueNamed(values: Values, key: string, template: string): Json | undefined {
  if (!Object.hasOwn(values, key))
    throw new Error(`template ${template} asks for <${key}>, which is not given`)
  return values[key]
}

function replaceValues(document: Document, values: Values, template: string): void {
  visit(document, {
    Pair: (_key, pair) => {
      const name = isScalar(pair.value) ? placeholder(pair.value.value) : null
      if (name === null) return undefined
      const value = valueNamed(values, name, template)
      if (value === undefined) return visit.REMOVE
      pair.value = keepComment(pair.value, document.createNode(value))
      return visit.SKIP
    },
    Scalar: (_key, scalar) => {
      const name = placeholder(scalar.value)
      return name === null ? undefined : document.createNode(valueNamed(values, name, template))
    },
  })
}

function keepComment(from: unknown, to: ReturnType<Document['createNode']>): typeof to {
  if (isScalar(from) && typeof from.comment === 'string' && isScalar(to)) to.comment = from.comment
  return to
}

function placeholder(value: unknown): string | null {
  return typeof value === 'string' ? (/^<([a-z][\w-]*)>$/.exec(value)?.[1] ?? null) : null
}

function replaceInComments(document: Document, values: Values): void {
  const filled = (comment: string | null | undefined): string | null | undefined =>
    comment?.replaceAll(/<([a-z][\w-]*)>/g, (whole, key: string) => {
      const value = Object.hasOwn(values, key) ? values[key] : undefined
      return typeof value === 'string' || typeof value === 'number' ? oneLine(String(value)) : whole
    })
  document.commentBefore = filled(document.commentBefore) ?? null
  visit(document, {
    Node: (_key, node) => {
      node.commentBefore = filled(node.commentBefore) ?? null
      node.comment = filled(node.comment) ?? null
      if (isMap(node) && node.items.length === 0) node.flow = true
    },
  })
}

/** A value may hold anything; in a comment it must not end the comment's line. */
function oneLine(value: string): string {
  return value.replaceAll(/\s+/g, ' ')
}
