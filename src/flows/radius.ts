import type {BlastRadius} from '../changes/blast-radius.ts'
import type {Knowledge} from '../mesh/mesh.ts'
import type {Outcome} from '../mesh/outcome.ts'
import {clientAnswer, serverAnswer} from './answers.ts'
import type {ClientAnswer, ServerAnswer} from './answers.ts'

/** An edge that changes. */
export interface RadiusEdge {
  readonly client: ClientAnswer
  readonly server: ServerAnswer
  readonly knowledge: Knowledge
  readonly before: Outcome
  readonly after: Outcome
}

/** The edges whose outcome a change set alters. */
export interface RadiusAnswer {
  readonly improved: readonly RadiusEdge[]
  readonly changed: readonly RadiusEdge[]
  readonly unchanged: number
  readonly unknown: readonly RadiusEdge[]
  readonly broken: readonly RadiusEdge[]
}

export function radiusAnswer(radius: BlastRadius): RadiusAnswer {
  return {
    improved: radius.improved.map(edgeOf),
    changed: radius.changed.map(edgeOf),
    unchanged: radius.unchanged,
    unknown: radius.unknown.map(edgeOf),
    broken: radius.broken.map(edgeOf),
  }
}

function edgeOf({client, server, knowledge, before, after}: BlastRadius['broken'][number]): RadiusEdge {
  return {client: clientAnswer(client), server: serverAnswer(server), knowledge, before, after}
}
