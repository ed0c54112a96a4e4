/** Any JSON value, with the meaning that Kubernetes' own YAML parser gives it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** Steps from the root of an object to a value inside it: `['spec', 'http', 0, 'retries']`. */
export type Path = readonly (string | number)[]

/**
 * Who an object is. `cluster` is `""` offline; `namespace` is `""` for cluster-scoped kinds.
 * `apiVersion` is as written, so that an old version of a kind stays recognisable.
 */
export interface ObjectId {
  readonly cluster: string
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/**
 * Where an object was read from. The text of its document is kept, so that lines and columns
 * can be worked out on demand: parsing with positions costs ten times as much as parsing.
 */
export interface Source {
  /** As given on the command line (or found below a directory given there); `-` is stdin. */
  readonly file: string
  /** Index of the YAML document in the file, from 0. */
  readonly document: number
  /** Line of the file, from 0, on which the document's text starts. */
  readonly startLine: number
  /** Offset in the file's text, in UTF-16 units, at which the document's text starts. */
  readonly startOffset: number
  /** The document's text. */
  readonly text: string
  /** Where in the document the object stands: `[]`, or `['items', 3]` inside a List. */
  readonly prefix: Path
}

/** A Kubernetes object with where it came from; `source` is null when it was read from a cluster or made here. */
export interface KubeObject {
  readonly id: ObjectId
  readonly value: JsonObject
  readonly source: Source | null
}

/** Something of the input that could not be read; everything else still was. */
export interface ReadProblem {
  readonly code:
    | 'yaml-syntax'
    | 'duplicate-key'
    | 'alias-bomb'
    | 'not-an-object'
    | 'missing-field'
    | 'unreadable-file'
    | 'unrendered-template'
    | 'too-deep'
    | 'binary-file'
  readonly message: string
  readonly file: string
  readonly line: number
  readonly column: number
  /** What to do about it, a sentence or a command. */
  readonly try: string
  /** A warning where the input is most likely whole: a chart, or a file beside the manifests that is none. Else an error. */
  readonly severity?: 'warning'
}
