import {blastRadius} from '../changes/blast-radius.ts'
import type {JsonObject, KubeObject} from '../objects/object.ts'
import {isRecord, record} from '../objects/json.ts'
import type {Input} from './load-input.ts'
import {radiusAnswer} from './radius.ts'
import type {RadiusEdge} from './radius.ts'

/** What the shortcut would do that this step is taken instead of. */
export interface Contrast {
  readonly shortcut: string
  /** Calls that work today and would fail. */
  readonly broken: readonly RadiusEdge[]
  readonly unknown: number
}

/** Plain mesh-wide STRICT, the first thing that most guides say. */
export function meshWideStrict({mesh, objects, rebuild}: Input): Contrast {
  const root = mesh.meshConfig.rootNamespace
  const others = objects.filter(object => !isMeshWide(object, root))
  const radius = radiusAnswer(blastRadius(mesh, rebuild([...others, strict(root)])))
  return {
    shortcut: 'STRICT for the whole mesh at once',
    broken: radius.broken,
    unknown: radius.unknown.length,
  }
}

function isMeshWide({id, value}: KubeObject, root: string): boolean {
  return (
    id.kind === 'PeerAuthentication' && id.namespace === root && !isRecord(record(value['spec'])['selector'])
  )
}

function strict(root: string): KubeObject {
  const id = {
    cluster: '',
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    namespace: root,
    name: 'default',
  }
  const value: JsonObject = {
    apiVersion: id.apiVersion,
    kind: id.kind,
    metadata: {name: id.name, namespace: root},
    spec: {mtls: {mode: 'STRICT'}},
  }
  return {id, value, source: null}
}
