import {changesOf} from '../changes/change-set.ts'
import type {Change, ChangeSet} from '../changes/change-set.ts'
import {MeshctlError} from '../cli/error.ts'
import {describe} from '../objects/identity.ts'
import {at, number, record, text} from '../objects/json.ts'
import {hashJson} from '../changes/json-equality.ts'
import type {Prompts} from '../terminal/prompts.ts'
import type {RadiusAnswer} from './radius.ts'

/** What is asked before a cluster is changed. */
export interface Asked {
  readonly set: ChangeSet
  readonly radius: RadiusAnswer
  /** What is to be typed where traffic may drop: the service's name, or the context's where there are several. */
  readonly name: string
  /** The command line that says yes to it all. */
  readonly reproduce: string
  /** Why traffic may drop besides what the changes themselves show. */
  readonly risks?: readonly string[]
}

export interface Given {
  readonly yes: boolean
  readonly confirm: string | undefined
  /** Null where nobody can be asked. */
  readonly prompts: Prompts | null
}

/** Why requests may fail for a while, though none is predicted to fail in the end. */
export function dropRisks({set, radius}: Pick<Asked, 'set' | 'radius'>): readonly string[] {
  const unknown = radius.unknown.map(
    ({client, server}) =>
      `${client.namespace}/${client.workload} -> ${server.namespace}/${server.service}:${server.port}: what will happen is not known`,
  )
  return [...unknown, ...changesOf(set).flatMap(restartRisk)]
}

/** A rolling Deployment starts the new pod before it ends the old one; these do not. */
function restartRisk(change: Change): readonly string[] {
  if (change.action !== 'update' || !restarts(change)) return []
  const spec = record(change.after['spec'])
  const alone = change.id.kind === 'StatefulSet' && (number(spec['replicas']) ?? 1) === 1
  const recreated = change.id.kind === 'Deployment' && text(at(spec, ['strategy', 'type'])) === 'Recreate'
  const perNode = change.id.kind === 'DaemonSet'
  if (!alone && !recreated && !perNode) return []
  return [`${describe(change.id)} restarts, and its old pods end before new ones are ready`]
}

function restarts(change: Extract<Change, {readonly action: 'update'}>): boolean {
  const template = (value: typeof change.after): string => hashJson(record(record(value['spec'])['template']))
  return template(change.before.value) !== template(change.after)
}

/** Throws where consent is not given; what may drop traffic has to be named. */
export async function askConsent(asked: Asked, {yes, confirm, prompts}: Given): Promise<void> {
  const risks = [...dropRisks(asked), ...(asked.risks ?? [])]
  const {name} = asked
  if (prompts === null || yes) {
    if (!yes) throw notGiven('Nobody can be asked here, and --yes is not given', [], asked.reproduce)
    if (risks.length > 0 && confirm !== name)
      throw notGiven(
        `Traffic may drop, and --confirm ${name} is not given`,
        risks,
        `${asked.reproduce} --confirm ${name}`,
      )
    return
  }
  if (risks.length > 0 && confirm !== name) {
    await prompts.input({
      message: `Traffic may drop: ${risks.join('; ')}. Type ${name} to go on:`,
      default: '',
      validate: value => value === name || `Type ${name}, or press Ctrl-C: nothing was changed.`,
    })
    return
  }
  const count = changesOf(asked.set).length
  const message = `Make ${count === 1 ? 'this change' : `these ${count} changes`} in the cluster now?`
  if (!(await prompts.confirm({message, default: false})))
    throw new MeshctlError('consent-not-given', 'Nothing was changed.', {try: [asked.reproduce]})
}

function notGiven(why: string, risks: readonly string[], command: string): MeshctlError {
  const lines = risks.map(risk => `\n  ${risk}`)
  return new MeshctlError('consent-not-given', `${why}; nothing was changed.${lines.join('')}`, {
    try: [command, 'Add --write DIR to get the change as files.'],
    data: {risks},
  })
}
