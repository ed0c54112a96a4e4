import {istioSchemas} from './istio.ts'

/** One place of a schema; the letters keep what is loaded at every start small. */
export interface Node {
  /** `port` stands for Kubernetes' int-or-string. */
  readonly t?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'port'
  /** Properties, by the number of their node. */
  readonly p?: Readonly<Record<string, number>>
  /** Those of them that the oldest supported Istio does not have. */
  readonly new?: readonly string[]
  /** Items of a list, values of a map. */
  readonly i?: number
  readonly m?: number
  /** Unknown fields are kept. */
  readonly open?: 1
  readonly r?: readonly string[]
  readonly e?: readonly string[]
  /** Groups of properties of which only one may be set. */
  readonly x?: readonly (readonly string[])[]
  /** Names of checks in checks.ts. */
  readonly c?: readonly string[]
  readonly lo?: number
  readonly hi?: number
  readonly minL?: number
  readonly maxL?: number
  readonly minI?: number
  readonly maxI?: number
  readonly pat?: string
}

interface Schemas {
  /** The version of the schemas, and the oldest supported one. */
  readonly minor: string
  readonly older: string
  /** By group/kind and version: the node of `spec`. */
  readonly kinds: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly nodes: readonly Node[]
}

let read: Schemas | null = null

/** Parsed when it is first asked for: a command that vets nothing does not pay for it. */
export function schemas(): Schemas {
  read ??= JSON.parse(istioSchemas) as Schemas
  return read
}

export function nodeAt(index: number | undefined): Node | null {
  return index === undefined ? null : (schemas().nodes[index] ?? null)
}

/** The schema of a kind's `spec`; a version that Istio does not serve has that of any other. Null for other kinds. */
export function specSchema(apiVersion: string, kind: string): Node | null {
  const [group = '', version = ''] = apiVersion.split('/')
  const name = `${group}/${kind}`
  const {kinds} = schemas()
  const versions = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (versions === undefined) return null
  return nodeAt(Object.hasOwn(versions, version) ? versions[version] : Object.values(versions)[0])
}

export function propertyOf(node: Node, name: string): Node | null {
  return node.p !== undefined && Object.hasOwn(node.p, name) ? nodeAt(node.p[name]) : null
}
