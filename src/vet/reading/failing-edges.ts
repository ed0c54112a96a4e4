import type {Fact} from '../../mesh/fact.ts'
import {fact} from '../../mesh/fact.ts'
import type {Edge, Knowledge, Mesh} from '../../mesh/mesh.ts'
import type {Cause, Judgement} from '../../mesh/outcome.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import type {KubeObject, Path} from '../../objects/object.ts'
import type {Severity} from '../rule.ts'
import {listed, nameOf} from './names.ts'

/** What the prediction of an edge rests on: without any of these kinds it would be a guess. */
export const trafficKinds = [
  'Namespace',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Pod',
  'Service',
  'ServiceEntry',
  'DestinationRule',
  'PeerAuthentication',
  'VirtualService',
  'Sidecar',
] as const

export interface FailingEdge {
  readonly edge: Edge
  readonly judgement: Judgement
}

/** Known edges that fail, wholly or for some requests, by what causes it. */
const failing = perMesh((mesh): ReadonlyMap<Cause, readonly FailingEdge[]> => {
  const byCause = new Map<Cause, FailingEdge[]>()
  for (const edge of mesh.edges()) {
    const judgement = edge.judge()
    const {result, cause} = judgement.outcome
    if (cause === null || (result !== 'fails' && result !== 'mixed')) continue
    const group = byCause.get(cause)
    if (group === undefined) byCause.set(cause, [{edge, judgement}])
    else group.push({edge, judgement})
  }
  return byCause
})

export function failingEdges(mesh: Mesh, causes: readonly Cause[]): readonly FailingEdge[] {
  return causes.flatMap(cause => failing(mesh).get(cause) ?? [])
}

/** Failing edges with the one object that decides them. */
export interface Decided {
  readonly object: KubeObject
  readonly path: Path
  readonly edges: readonly FailingEdge[]
}

/** One group an object: of a kind among the facts of the edge, else whatever `otherwise` names. */
export function byDecider(
  edges: readonly FailingEdge[],
  decider: (fact: Fact) => boolean,
  otherwise: (edge: FailingEdge) => Fact | null = () => null,
): readonly Decided[] {
  const groups = new Map<KubeObject, {path: Path; edges: FailingEdge[]}>()
  for (const one of edges) {
    const found = one.judgement.facts.find(link => link.object !== null && decider(link)) ?? otherwise(one)
    if (found === null || found.object === null) continue
    const group = groups.get(found.object)
    if (group === undefined) groups.set(found.object, {path: found.path, edges: [one]})
    else group.edges.push(one)
  }
  return [...groups].map(([object, group]) => ({object, ...group}))
}

const severities: Readonly<Record<Knowledge, Severity>> = {
  observed: 'error',
  declared: 'error',
  inferred: 'warning',
  possible: 'info',
}

/** As bad as the best known of the edges (decisions 3). */
export function severityOfEdges(edges: readonly FailingEdge[]): Severity {
  const found = edges.map(({edge}) => severities[edge.knowledge])
  return (['error', 'warning', 'info'] as const).find(severity => found.includes(severity)) ?? 'info'
}

/** `shop/cart calls shop/orders:80`, with how that is known, then why it fails. */
export function evidenceOfEdges(edges: readonly FailingEdge[]): readonly Fact[] {
  const calls = edges.slice(0, 5).flatMap(({edge}) => {
    const [first] = edge.knownBy
    const text = `${clientName(edge)} calls ${serverName(edge)} (${edge.knowledge}${first === undefined ? '' : `: ${first.text}`})`
    return [fact(text, first?.object ?? edge.client.object, first?.path ?? [])]
  })
  return [...calls, ...(edges[0]?.judgement.facts ?? [])]
}

export function clientName({client}: Edge): string {
  return client.namespace === '' ? client.workload : `${client.namespace}/${client.workload}`
}

export function serverName({server}: Edge): string {
  return `${server.service.kind === 'Service' ? nameOf(server.service) : server.service.host}:${server.port.port}`
}

export function clientNames(edges: readonly FailingEdge[]): string {
  return listed(edges.map(({edge}) => clientName(edge)))
}

export function serverNames(edges: readonly FailingEdge[]): string {
  return listed(edges.map(({edge}) => serverName(edge)))
}
