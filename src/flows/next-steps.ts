import type {Mesh} from '../mesh/mesh.ts'
import {stages} from '../stages/registry.ts'
import type {Capability, StageName} from '../stages/stage.ts'
import {nameOf} from './answers.ts'
import type {CellAnswer, SubjectAnswer} from './answers.ts'
import {commandLine} from './command-line.ts'

/** A step that could be taken now. */
export interface Step {
  readonly capability: Capability
  readonly stage: StageName
  readonly subject: SubjectAnswer
  /** What it does and why it is the safest, in a sentence or two. */
  readonly why: string
  /** Shows the step; nothing is written until --write is added. */
  readonly command: string
}

/**
 * What a step can do to requests that work today, least first. Tracing adds headers; mTLS is only offered where every
 * caller is known to speak it; a timeout can cut a slow answer; a sidecar comes with a restart of the pods.
 */
const order: readonly Capability[] = ['tracing', 'mtls', 'resiliency', 'sidecars']

const risks: Readonly<Record<Capability, string>> = {
  tracing: 'it adds spans and refuses no request',
  mtls: 'every caller is in the mesh and already speaks mTLS',
  resiliency: 'it changes how long callers wait, not whom they reach',
  sidecars: 'pods restart with a sidecar beside them, and the others stay as they are',
}

/** Ready steps that can be planned, the safest first: by capability, then by how few callers are touched. */
export function rankSteps(mesh: Mesh, cells: readonly CellAnswer[], input: readonly string[]): readonly Step[] {
  const callers = callersByService(mesh)
  return cells
    .filter(cell => cell.state === 'ready' && stages[cell.capability][cell.stage].notPlannable === null)
    .map(cell => ({cell, callers: callers.get(nameOf(cell.subject)) ?? 0, rank: order.indexOf(cell.capability)}))
    .sort((a, b) => a.rank - b.rank || a.callers - b.callers)
    .map(({cell: {capability, stage, subject}, callers: count}) => ({
      capability,
      stage,
      subject,
      why: `${stages[capability][stage].title} for ${nameOf(subject)}: ${risks[capability]}${counted(subject, count)}.`,
      command: commandLine(['adopt', capability, '--stage', stage, '--target', targetOf(subject), ...input]),
    }))
}

/** `[kind/]namespace/name`, as `--target` reads it. */
export function targetOf(subject: SubjectAnswer): string {
  return subject.kind === 'mesh' ? 'mesh' : `${subject.kind}/${nameOf(subject)}`
}

function counted(subject: SubjectAnswer, callers: number): string {
  if (subject.kind !== 'service' || callers === 0) return ''
  return callers === 1 ? ' (1 caller)' : ` (${callers} callers)`
}

function callersByService(mesh: Mesh): ReadonlyMap<string, number> {
  const callers = new Map<string, Set<string>>()
  for (const {client, server} of mesh.edges()) {
    const service = nameOf(server.service)
    callers.set(service, (callers.get(service) ?? new Set()).add(`${client.kind}/${client.namespace}/${client.workload}`))
  }
  return new Map([...callers].map(([service, names]) => [service, names.size]))
}
