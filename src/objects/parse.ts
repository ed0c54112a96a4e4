import {splitDocuments} from './documents.ts'
import type {DocumentText} from './documents.ts'
import {claimsNothing, foreignDocument} from './foreign.ts'
import {idOf, nameOf} from './identity.ts'
import {isRecord, list, text as textOf} from './json.ts'
import {locateIn, pointAt} from './locate.ts'
import type {Json, JsonObject, KubeObject, Path, ReadProblem, Source} from './object.ts'
import {advice} from './read-problem.ts'
import {readYaml} from './yaml.ts'

export interface ParseOptions {
  /** The namespace of namespaced objects that name none; `default` when not given. */
  readonly defaultNamespace?: string
  /** The file was found below a directory, among files that may be something else than manifests. */
  readonly belowDirectory?: boolean
}

export interface Parsed {
  readonly objects: readonly KubeObject[]
  readonly problems: readonly ReadProblem[]
}

type Code = ReadProblem['code']

interface Reading {
  readonly source: Source
  readonly options: ParseOptions
  readonly objects: KubeObject[]
  readonly problems: ReadProblem[]
}

/** The objects in a text of one or more YAML (or JSON) documents, and what could not be read in it. */
export function parseText(text: string, file: string, options: ParseOptions = {}): Parsed {
  const objects: KubeObject[] = []
  const problems: ReadProblem[] = []
  let index = 0
  for (const document of splitDocuments(text)) {
    const source: Source = {file, document: index, ...document, prefix: []}
    const reading: Reading = {source, options, objects: [], problems: []}
    if (readDocument(reading, document)) index++
    for (const object of reading.objects) objects.push(object)
    for (const problem of reading.problems) problems.push(problem)
  }
  return {objects, problems: foldTemplates(problems)}
}

/** False for a document with nothing in it. */
function readDocument(reading: Reading, document: DocumentText): boolean {
  const {value, faults} = readYaml(document.text)
  for (const fault of faults) report(reading, fault.code, fault.message, pointAt(document, fault.offset))
  if (value !== undefined && value !== null) readValue(reading, value, [], 0)
  return value !== undefined || faults.length > 0
}

/** A List may hold Lists; deeper than this nobody writes them. */
const maxListDepth = 5

function readValue(reading: Reading, value: Json, prefix: Path, depth: number): void {
  if (foreignDocument(value, reading.source.file)) return
  const snapshot = isRecord(value) && value['schema'] === snapshotSchema
  if (reading.options.belowDirectory === true && claimsNothing(value) && !snapshot) {
    reportAt(
      reading,
      prefix,
      'not-an-object',
      'not a Kubernetes object: neither apiVersion nor kind is there',
      'warning',
    )
    return
  }
  if (!isRecord(value)) {
    const what = Array.isArray(value) ? 'a list' : `the ${typeof value} ${clip(JSON.stringify(value))}`
    reportAt(reading, prefix, 'not-an-object', `expected a Kubernetes object, found ${what}`)
    return
  }
  const items = itemsOf(value)
  if (snapshot) readSnapshotObjects(reading, value, prefix)
  else if (items === undefined) readObject(reading, value, prefix)
  else if (depth >= maxListDepth) reportAt(reading, prefix, 'too-deep', 'Lists nested in Lists too deeply')
  else
    items.forEach((item, index) =>
      readValue(reading, withTypeOf(item, value), [...prefix, 'items', index], depth + 1),
    )
}

/** Says that a file is a snapshot, which holds objects as a List does. */
export const snapshotSchema = 'meshctl/snapshot/v1'

function readSnapshotObjects(reading: Reading, value: JsonObject, prefix: Path): void {
  for (const [index, object] of list(value['objects']).entries())
    readValue(reading, object, [...prefix, 'objects', index], maxListDepth)
}

/** The items of a `List` or of a list of one kind (`ServiceList`), or undefined for an object. */
function itemsOf(value: JsonObject): readonly Json[] | undefined {
  const kind = textOf(value['kind'])
  const {items} = value
  if (kind === undefined || !kind.endsWith('List')) return undefined
  if (Array.isArray(items)) return items as readonly Json[]
  return kind === 'List' && (items === undefined || items === null) ? [] : undefined
}

/** Items of a `ServiceList`, as the API server sends it, don't repeat their apiVersion and kind. */
function withTypeOf(item: Json, list: JsonObject): Json {
  const kind = textOf(list['kind']) ?? ''
  if (kind === 'List' || !isRecord(item) || item['kind'] !== undefined) return item
  return {apiVersion: list['apiVersion'], kind: kind.slice(0, -'List'.length), ...item}
}

function readObject(reading: Reading, value: JsonObject, prefix: Path): void {
  const fault = identityFault(value)
  if (fault !== undefined) {
    reportAt(reading, [...prefix, ...fault.path], 'missing-field', fault.message)
    return
  }
  const id = idOf(value, reading.options)
  if (id === undefined) return
  if (`${id.name}${id.namespace}${id.kind}`.includes('{{')) {
    reading.problems.push(
      templateProblem(reading.source.file, locateIn(reading.source, [...prefix, 'metadata', 'name'])),
    )
    return
  }
  const source = prefix.length === 0 ? reading.source : {...reading.source, prefix}
  reading.objects.push({id, value, source})
}

interface Fault {
  readonly path: Path
  readonly message: string
}

function identityFault(value: JsonObject): Fault | undefined {
  const {metadata} = value
  const typeFault = fieldFault(value, ['apiVersion']) ?? fieldFault(value, ['kind'])
  if (typeFault !== undefined) return typeFault
  if (metadata !== undefined && metadata !== null && !isRecord(metadata))
    return {path: ['metadata'], message: `metadata is ${typeName(metadata)}, not a mapping`}
  const named = isRecord(metadata) ? metadata : {}
  const nameFault =
    nameOf(value) !== undefined && named['name'] === undefined
      ? undefined
      : fieldFault(named, ['name'], ['metadata'])
  if (nameFault !== undefined) return nameFault
  const {namespace} = named
  const badNamespace = namespace !== undefined && namespace !== null && typeof namespace !== 'string'
  return badNamespace
    ? {path: ['metadata', 'namespace'], message: `metadata.namespace is ${typeName(namespace)}, not text`}
    : undefined
}

function fieldFault(value: JsonObject, [key]: readonly [string], parent: Path = []): Fault | undefined {
  const item = Object.hasOwn(value, key) ? value[key] : undefined
  const path = [...parent, key]
  if (item === undefined || item === null || item === '')
    return {path, message: `the object has no ${path.join('.')}`}
  return typeof item === 'string'
    ? undefined
    : {path, message: `${path.join('.')} is ${typeName(item)}, not text`}
}

function typeName(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return `the ${typeof value} ${clip(JSON.stringify(value))}`
}

function clip(text: string, length = 40): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

function reportAt(reading: Reading, path: Path, code: Code, message: string, severity?: 'warning'): void {
  report(reading, code, message, locateIn(reading.source, path), severity)
}

interface Place {
  readonly line: number
  readonly column: number
}

function report(
  reading: Reading,
  code: Code,
  full: string,
  {line, column}: Place,
  severity?: 'warning',
): void {
  const {file, text, startLine} = reading.source
  const message = clip(full, 300)
  const brace = code === 'yaml-syntax' ? text.indexOf('{{') : -1
  if (brace === -1) {
    reading.problems.push({code, message, file, line, column, try: advice[code], ...(severity && {severity})})
    return
  }
  const place = pointAt({text, startLine}, brace)
  reading.problems.push(templateProblem(file, place))
}

function templateProblem(file: string, {line, column}: Place): ReadProblem {
  const code = 'unrendered-template'
  return {code, message: 'a Helm template that has not been rendered', file, line, column, try: advice[code]}
}

/** One problem a file says that it is a template; every document of it would say the same. */
function foldTemplates(problems: readonly ReadProblem[]): readonly ReadProblem[] {
  const first = problems.find(problem => problem.code === 'unrendered-template')
  return first === undefined
    ? problems
    : problems.filter(problem => problem.code !== 'unrendered-template' || problem === first)
}
