import {COLLECTION_STYLE, EVENT_ID, SCALAR_STYLE} from 'js-yaml'
import type {Event, MappingEvent} from 'js-yaml'
import type {Json, JsonObject} from './object.ts'
import {readPlainYaml} from './plain-yaml.ts'
import {keyText, resolveScalar} from './scalars.ts'
import {offsetOf, parseDocument} from './yaml-events.ts'
import type {Parsed} from './yaml-events.ts'
import {faultOf, Stop} from './yaml-fault.ts'
import type {YamlFault} from './yaml-fault.ts'
import {readScalar, scalarText} from './yaml-scalars.ts'

export type {YamlFault} from './yaml-fault.ts'

/** `value` is undefined for a document that is empty (comments only) or broken; `faults` says what is wrong. */
export interface YamlRead {
  readonly value: Json | undefined
  readonly faults: readonly YamlFault[]
}

/** Nodes that aliases may add to one document; a manifest that repeats a block by hand-made anchors stays far below. */
const maxAliasNodes = 100_000

type Mutable = Record<string, Json>

interface Anchor {
  readonly value: Json
  readonly nodes: number
}

interface State {
  readonly source: string
  readonly events: readonly Event[]
  readonly faults: YamlFault[]
  /** A handle of a `%TAG` directive and what it stands for. */
  readonly handles: Map<string, string>
  /** Null where the anchored node is still being read: an alias to it would contain itself. */
  readonly anchors: Map<string, Anchor | null>
  index: number
  /** Nodes read so far, those behind aliases counted each time. */
  nodes: number
  aliasNodes: number
}

/** The value of the one document in a text, as sigs.k8s.io/yaml gives it. */
export function readYaml(source: string): YamlRead {
  const plain = readPlainYaml(source)
  return plain === undefined ? readByEvents(source) : {value: plain, faults: []}
}

/**
 * The same of a document written in any way. The values are built here from js-yaml's parser events, since goyaml.v2
 * differs from js-yaml in more than scalars: a merge key overrides what stands before it, unknown tags are passed over,
 * null is no key, and aliases are counted.
 */
export function readByEvents(source: string): YamlRead {
  let parsed: Parsed | undefined
  try {
    parsed = parseDocument(source)
    return readEvents(parsed)
  } catch (error) {
    const fault = faultOf(error)
    const offset = error instanceof Stop ? (parsed?.original(fault.offset) ?? 0) : fault.offset
    return {value: undefined, faults: [{...fault, offset}]}
  }
}

function readEvents({source, events, original}: Parsed): YamlRead {
  const state: State = {
    source,
    events,
    faults: [],
    handles: new Map(),
    anchors: new Map(),
    index: 1,
    nodes: 0,
    aliasNodes: 0,
  }
  const start = events[0]
  if (start?.type !== EVENT_ID.DOCUMENT) return {value: undefined, faults: []}
  for (const directive of start.directives)
    if (directive.kind === 'tag') state.handles.set(directive.handle, directive.prefix)
  const onlyComments =
    events.length <= 3 && events[1]?.type === EVENT_ID.SCALAR && events[1].valueStart === -1
  const value = readNode(state)
  const faults = state.faults.map(fault => ({...fault, offset: original(fault.offset)}))
  return {value: onlyComments ? undefined : value, faults}
}

function readNode(state: State): Json {
  const event = state.events[state.index++]
  state.nodes++
  switch (event?.type) {
    case EVENT_ID.SCALAR:
      return anchored(state, event, () => readScalar(state, event))
    case EVENT_ID.SEQUENCE:
      return anchored(state, event, () => readSequence(state))
    case EVENT_ID.MAPPING:
      return anchored(
        state,
        event,
        () => (isFlowPair(state, event) ? readFlowColon(state) : undefined) ?? readMapping(state),
      )
    case EVENT_ID.ALIAS:
      return readAlias(state, state.source.slice(event.anchorStart, event.anchorEnd), event.anchorStart - 1)
    default:
      throw new Stop({code: 'yaml-syntax', message: 'a value is missing', offset: 0})
  }
}

function anchored(
  state: State,
  event: {readonly anchorStart: number; readonly anchorEnd: number},
  read: () => Json,
): Json {
  if (event.anchorStart === -1) return read()
  const name = state.source.slice(event.anchorStart, event.anchorEnd)
  const before = state.nodes
  state.anchors.set(name, null)
  const value = read()
  state.anchors.set(name, {value, nodes: state.nodes - before + 1})
  return value
}

function readAlias(state: State, name: string, offset: number): Json {
  const anchor = state.anchors.get(name)
  if (anchor === undefined)
    throw new Stop({
      code: 'yaml-syntax',
      message: `no anchor &${name} stands before the alias *${name}`,
      offset,
    })
  if (anchor === null)
    throw new Stop({code: 'alias-bomb', message: `the alias *${name} contains itself`, offset})
  state.nodes += anchor.nodes
  state.aliasNodes += anchor.nodes
  if (state.aliasNodes > maxAliasNodes) {
    throw new Stop({
      code: 'alias-bomb',
      message: `aliases expand to more than ${maxAliasNodes} values`,
      offset,
    })
  }
  return anchor.value
}

function readSequence(state: State): Json {
  const items: Json[] = []
  while (!closes(state)) items.push(readNode(state))
  return items
}

function readMapping(state: State): Json {
  const value: Mutable = {}
  /** Keys that a merge set, and that a key of the mapping itself may set again; most mappings have none. */
  let merged: Set<string> | null = null
  while (!closes(state)) {
    const keyEvent = state.events[state.index]
    if (isMergeKey(state, keyEvent)) {
      state.index++
      merged ??= new Set()
      mergeInto(value, merged, readMergeSources(state))
      continue
    }
    const offset = offsetOf(keyEvent)
    const key = readKey(state, offset)
    if (Object.hasOwn(value, key) && merged?.has(key) !== true) {
      state.faults.push({
        code: 'duplicate-key',
        message: `the key ${JSON.stringify(key)} stands twice in one mapping; the last one counts`,
        offset,
      })
    }
    merged?.delete(key)
    assign(value, key, readNode(state))
  }
  return value
}

/** A pair in a flow sequence, without braces of its own: `[a: b]`. */
function isFlowPair(state: State, event: MappingEvent): boolean {
  return event.style === COLLECTION_STYLE.FLOW && state.source[event.start] !== '{'
}

/**
 * In `[2001:db8::]` js-yaml, as YAML 1.2 has it, sees a pair without a value; to libyaml a colon ends a key only before a
 * blank, so that the last one is part of the text.
 */
function readFlowColon(state: State): Json | undefined {
  const [key, value, end] = state.events.slice(state.index, state.index + 3)
  if (key?.type !== EVENT_ID.SCALAR || key.style !== SCALAR_STYLE.PLAIN) return undefined
  if (value?.type !== EVENT_ID.SCALAR || value.valueStart !== -1 || end?.type !== EVENT_ID.POP)
    return undefined
  if (!/^:[,\]}]/.test(state.source.slice(key.valueEnd, key.valueEnd + 2))) return undefined
  state.index += 3
  return resolveScalar(`${scalarText(state.source, key)}:`)
}

function closes(state: State): boolean {
  if (state.events[state.index]?.type !== EVENT_ID.POP) return false
  state.index++
  return true
}

function readKey(state: State, offset: number): string {
  const event = state.events[state.index]
  const key = readNode(state)
  const text = keyText(key, event?.type === EVENT_ID.SCALAR ? scalarText(state.source, event) : '')
  if (text !== undefined) return text
  const what = key === null ? 'null' : Array.isArray(key) ? 'a list' : 'a mapping'
  throw new Stop({code: 'yaml-syntax', message: `a key must be text; this one is ${what}`, offset})
}

function isMergeKey(state: State, event: Event | undefined): boolean {
  if (event?.type !== EVENT_ID.SCALAR || event.valueEnd - event.valueStart !== 2) return false
  if (
    event.style !== SCALAR_STYLE.PLAIN ||
    (event.tagStart !== -1 && !state.source.startsWith('!!merge', event.tagStart))
  )
    return false
  return state.source.startsWith('<<', event.valueStart)
}

/** What a merge key merges, least important first: of several mappings the earlier takes precedence. */
function readMergeSources(state: State): readonly JsonObject[] {
  const event = state.events[state.index]
  const value = readNode(state)
  const sources =
    Array.isArray(value) && event?.type === EVENT_ID.SEQUENCE
      ? [...(value as readonly Json[])].reverse()
      : [value]
  return sources.map(source => {
    if (typeof source === 'object' && source !== null && !Array.isArray(source)) return source as JsonObject
    throw new Stop({
      code: 'yaml-syntax',
      message: 'a merge key (<<) takes a mapping or a list of mappings',
      offset: offsetOf(event),
    })
  })
}

function mergeInto(value: Mutable, merged: Set<string>, sources: readonly JsonObject[]): void {
  for (const source of sources) {
    for (const [key, item] of Object.entries(source)) {
      if (!Object.hasOwn(value, key)) merged.add(key)
      assign(value, key, item ?? null)
    }
  }
}

/** `__proto__` becomes a key like any other. */
function assign(value: Mutable, key: string, item: Json): void {
  if (key === '__proto__')
    Object.defineProperty(value, key, {value: item, enumerable: true, configurable: true, writable: true})
  else value[key] = item
}
