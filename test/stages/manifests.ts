import {parseText} from '../../src/objects/parse.ts'
import {buildMesh} from '../../src/mesh/build.ts'
import type {Mesh, MeshOptions} from '../../src/mesh/mesh.ts'
import {changesOf} from '../../src/changes/change-set.ts'
import type {ChangeSet} from '../../src/changes/change-set.ts'
import type {JsonObject, KubeObject} from '../../src/objects/object.ts'
import {stages} from '../../src/stages/registry.ts'
import {changeOnly} from './change-only.ts'
import type {Answers, Assessment, Capability, StageName, Subject} from '../../src/stages/stage.ts'
import {subjectsOf} from '../../src/stages/subjects.ts'

export function objectsOf(...texts: readonly string[]): readonly KubeObject[] {
  const {objects, problems} = parseText(texts.join('\n---\n'), 'test.yaml')
  if (problems.length > 0) throw new Error(problems.map(({message}) => message).join(', '))
  return objects
}

export function meshOf(texts: readonly string[], options: MeshOptions = {}): Mesh {
  return buildMesh(objectsOf(...texts), options)
}

export interface App {
  readonly namespace?: string
  readonly replicas?: number
  /** `name: value` pairs of the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Lines of YAML for the Service's ports. */
  readonly ports?: string
  /** Lines of YAML below the pod template's metadata and spec, and the container. */
  readonly podLabels?: string
  readonly annotations?: string
  readonly pod?: string
  readonly container?: string
  readonly service?: string
  readonly kind?: string
}

const defaultPorts = '{name: http, port: 80, targetPort: 8080}'

export function workload(name: string, app: App = {}): string {
  const {
    namespace = 'shop',
    replicas = 3,
    env = {},
    podLabels = '',
    annotations = '',
    pod = '',
    container = '',
    kind = 'Deployment',
  } = app
  const variables = Object.entries(env).map(([key, value]) => `{name: ${key}, value: "${value}"}`)
  return `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  replicas: ${replicas}
  template:
    metadata:
      labels: {app: ${name}${podLabels === '' ? '' : `, ${podLabels}`}}
      annotations: {${annotations}}
    spec:
      containers:
        - name: app
          image: example/app:1
          env: [${variables.join(', ')}]
${indented(container, 10)}
${indented(pod, 6)}`
}

export function service(name: string, app: App = {}): string {
  const {namespace = 'shop', ports = defaultPorts, service: more = ''} = app
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {app: ${name}}
  ports: [${ports}]
${indented(more, 2)}`
}

export function app(name: string, options: App = {}): string {
  return `${service(name, options)}\n---\n${workload(name, options)}`
}

export function namespace(name: string, labels = 'istio-injection: enabled'): string {
  return `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {${labels}}}`
}

export function istio(kind: string, name: string, spec: string, place = 'shop'): string {
  const groups: Readonly<Record<string, string>> = {PeerAuthentication: 'security', Telemetry: 'telemetry'}
  return `apiVersion: ${groups[kind] ?? 'networking'}.istio.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${place}}\nspec:\n${indented(spec, 2)}`
}

export function meshConfig(text: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n${indented(text, 4)}`
}

function indented(text: string, by: number): string {
  return text
    .split('\n')
    .map(line => (line === '' ? '' : ' '.repeat(by) + line))
    .join('\n')
}

export function subject(
  mesh: Mesh,
  capability: Capability,
  name: string,
  stage: StageName = 'walk',
): Subject {
  const found = subjectsOf(mesh, stages[capability][stage]).find(
    one => `${one.namespace}/${one.name}` === name || one.name === name,
  )
  if (found === undefined) throw new Error(`no subject ${name}`)
  return found
}

export function assess(
  mesh: Mesh,
  capability: Capability,
  name: string,
  answers?: Answers,
  stage: StageName = 'walk',
): Assessment {
  return stages[capability][stage].assess(mesh, subject(mesh, capability, name, stage), answers)
}

/** `blocked: code, code` or just the state. */
export function verdict(
  mesh: Mesh,
  capability: Capability,
  name: string,
  answers?: Answers,
  stage: StageName = 'walk',
): string {
  const {state, reasons} = assess(mesh, capability, name, answers, stage)
  return reasons.length === 0 ? state : `${state}: ${[...new Set(reasons.map(({code}) => code))].join(', ')}`
}

export function plan(
  mesh: Mesh,
  capability: Capability,
  names: readonly string[],
  answers: Answers = {},
  stage: StageName = 'walk',
): ChangeSet {
  return stages[capability][stage].plan(
    mesh,
    names.map(name => subject(mesh, capability, name, stage)),
    answers,
  )
}

/** `create Kind ns/name` each. */
export function changed(set: ChangeSet): readonly string[] {
  return changesOf(set).map(({action, id}) => `${action} ${id.kind} ${id.namespace}/${id.name}`)
}

export function after(set: ChangeSet, name: string): JsonObject {
  const found = changesOf(set).find(({id}) => `${id.kind} ${id.name}` === name)
  if (found === undefined || found.action === 'delete') throw new Error(`no change of ${name}`)
  return found.after
}

/** The mesh once a change set has been applied. */
export function applied(mesh: Mesh, set: ChangeSet, options: MeshOptions = {}): Mesh {
  return buildMesh(changeOnly(mesh.objects(), set), options)
}

/** Known edges that work before and fail after. */
export function broken(before: Mesh, now: Mesh): readonly string[] {
  const key = ({client, server}: ReturnType<Mesh['edges']>[number]): string =>
    `${client.namespace}/${client.workload} -> ${server.service.host}:${server.port.port}`
  const results = new Map(before.edges().map(edge => [key(edge), edge.judge().outcome.result]))
  return now
    .edges()
    .filter(edge => results.get(key(edge)) === 'ok' && edge.judge().outcome.result !== 'ok')
    .map(key)
}
