import type {Mesh} from '../mesh/mesh.ts'
import {perMesh} from '../mesh/per-mesh.ts'
import {callersOf, clientName} from './callers.ts'
import type {Cell} from './grid.ts'
import {listed} from './reasons.ts'
import type {Capability, Subject} from './stage.ts'

/** A ready step, with what makes it more or less safe than others. */
export interface NextStep {
  readonly cell: Cell
  /** Callers that could notice. */
  readonly callers: readonly string[]
  /** Why it stands where it stands, in a sentence. */
  readonly why: string
}

/**
 * What a step can do to requests that work today, least first: tracing adds headers; mTLS is offered only where every
 * caller speaks it; a timeout can cut a slow answer; a sidecar comes with a restart of the pods.
 */
const risk: readonly Capability[] = ['tracing', 'mtls', 'resiliency', 'sidecars']

const what: Readonly<Record<Capability, string>> = {
  tracing: 'it adds spans and refuses no request',
  mtls: 'every caller is in the mesh and already speaks mTLS',
  resiliency: 'it changes how long callers wait, not whom they reach',
  sidecars: 'its pods restart with a sidecar, and the others stay as they are',
}

/** Ready steps that can be planned, the safest first: nothing to beware of, little risk, few callers. */
export function nextSteps(mesh: Mesh, cells: readonly Cell[]): readonly NextStep[] {
  return cells
    .filter(({assessment, stage}) => assessment.state === 'ready' && stage.notPlannable === null)
    .map(cell => ({cell, callers: callersOfSubject(mesh, cell.subject)}))
    .sort((a, b) => rankOf(a) - rankOf(b) || a.callers.length - b.callers.length)
    .map(({cell, callers}) => ({cell, callers, why: sentence(cell, callers)}))
}

/** A caution outweighs how much a step concerns, and that outweighs its kind. */
function rankOf({cell}: {readonly cell: Cell}): number {
  const cautions = toBewareOf(cell).length > 0 ? 2 * risk.length : 0
  const wholeMesh = cell.subject.kind === 'mesh' ? risk.length : 0
  return cautions + wholeMesh + risk.indexOf(cell.stage.capability)
}

/** That the door is open is what the step is for. */
function toBewareOf({assessment}: Cell): Cell['assessment']['reasons'] {
  return assessment.reasons.filter(({code}) => code !== 'plaintext-door-open')
}

function sentence(cell: Cell, callers: readonly string[]): string {
  const {stage, subject} = cell
  const [caution] = toBewareOf(cell)
  return [
    what[stage.capability],
    subject.kind === 'mesh' ? 'it concerns every service at once' : whoCalls(callers),
    ...(caution === undefined ? [] : [`beware: ${caution.message}`]),
  ].join('; ')
}

function whoCalls(callers: readonly string[]): string {
  if (callers.length === 0) return 'nobody is known to call it'
  return `${listed(callers)} ${callers.length === 1 ? 'calls' : 'call'} it`
}

const callersByHost = perMesh(() => new Map<string, readonly string[]>())

function callersOfSubject(mesh: Mesh, subject: Subject): readonly string[] {
  if (subject.kind === 'mesh') return []
  const services = subject.kind === 'service' ? [subject.service] : mesh.servicesOf(subject.workload)
  const names = services.flatMap(service => {
    const known = callersByHost(mesh)
    const found = known.get(service.host) ?? [
      ...new Set(callersOf(mesh, service).known.map(({client}) => clientName(client))),
    ]
    known.set(service.host, found)
    return found
  })
  return [...new Set(names)]
}
