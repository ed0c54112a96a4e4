import type {Fact} from '../mesh/fact.ts'
import type {Client, ClientKind, Edge, Knowledge, Server} from '../mesh/mesh.ts'
import type {Outcome, OutcomePath} from '../mesh/outcome.ts'
import {formatPath} from '../objects/json.ts'
import {locate} from '../objects/locate.ts'
import type {KubeObject, ObjectId} from '../objects/object.ts'
import type {Assessment, Capability, CellState, Reason, StageName, Subject} from '../stages/stage.ts'

// Values of the model as answers: plain data without cycles, as `--json` prints it and its schema describes it.

export interface ObjectAnswer {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly file: string | null
  readonly line: number | null
}

export interface FactAnswer {
  readonly text: string
  /** Null for what follows from a default of Istio or from an assumption. */
  readonly object: ObjectAnswer | null
  readonly path: string
}

export interface SubjectAnswer {
  readonly kind: Subject['kind']
  readonly namespace: string
  readonly name: string
}

export interface ReasonAnswer {
  readonly code: string
  readonly message: string
  readonly objects: readonly ObjectAnswer[]
  readonly unblock: string | null
}

export interface CellAnswer {
  readonly capability: Capability
  readonly stage: StageName
  readonly subject: SubjectAnswer
  readonly state: CellState
  readonly reasons: readonly ReasonAnswer[]
}

export interface ClientAnswer {
  readonly kind: ClientKind
  readonly namespace: string
  readonly workload: string
  readonly inMesh: boolean | 'unknown'
}

export interface ServerAnswer {
  readonly namespace: string
  readonly service: string
  readonly host: string
  readonly port: number
  readonly targetPort: number | string
}

export interface EdgeAnswer {
  readonly client: ClientAnswer
  readonly server: ServerAnswer
  readonly knowledge: Knowledge
  readonly knownBy: readonly FactAnswer[]
  readonly outcome: Outcome
  readonly paths: readonly OutcomePath[]
  readonly decidedBy: readonly FactAnswer[]
}

export function idAnswer(id: ObjectId): ObjectAnswer {
  const {apiVersion, kind, namespace, name} = id
  return {apiVersion, kind, namespace, name, file: null, line: null}
}

/** The object with its file and the line on which its document starts, which costs nothing to know. */
export function objectAnswer(object: KubeObject): ObjectAnswer {
  const {source} = object
  return source === null
    ? idAnswer(object.id)
    : {...idAnswer(object.id), file: source.file, line: source.startLine + 1}
}

/** With the line of the very spot: dearer, for answers of few facts. */
export function factAnswer(fact: Fact): FactAnswer {
  const spot = fact.object === null ? null : locate(fact.object, fact.path)
  const object =
    fact.object === null ? null : {...objectAnswer(fact.object), ...(spot !== null && {line: spot.line})}
  return {text: fact.text, object, path: formatPath(fact.path)}
}

export function subjectAnswer({kind, namespace, name}: Subject): SubjectAnswer {
  return {kind, namespace, name}
}

export function reasonAnswer(reason: Reason): ReasonAnswer {
  const objects = new Set(reason.facts.flatMap(fact => (fact.object === null ? [] : [fact.object])))
  return {
    code: reason.code,
    message: reason.message,
    objects: [...objects].map(objectAnswer),
    unblock: reason.unblock,
  }
}

export function cellAnswer(
  capability: Capability,
  stage: StageName,
  subject: Subject,
  cell: Assessment,
): CellAnswer {
  return {
    capability,
    stage,
    subject: subjectAnswer(subject),
    state: cell.state,
    reasons: cell.reasons.map(reasonAnswer),
  }
}

export function clientAnswer({kind, namespace, workload, inMesh}: Client): ClientAnswer {
  return {kind, namespace, workload, inMesh}
}

export function serverAnswer({service, port}: Server): ServerAnswer {
  const {namespace, name, host} = service
  return {namespace, service: name, host, port: port.port, targetPort: port.targetPort}
}

export function edgeAnswer(edge: Edge): EdgeAnswer {
  const {outcome, paths, facts} = edge.judge()
  return {
    client: clientAnswer(edge.client),
    server: serverAnswer(edge.server),
    knowledge: edge.knowledge,
    knownBy: edge.knownBy.map(factAnswer),
    outcome,
    paths,
    decidedBy: facts.map(factAnswer),
  }
}

/** `bookinfo/reviews`, `ingress gateway` where there is no namespace. */
export function nameOf({namespace, name}: {readonly namespace: string; readonly name: string}): string {
  return namespace === '' ? name : `${namespace}/${name}`
}
