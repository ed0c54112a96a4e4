import type {Config, WantedStage} from './settings.ts'
import {matchesName} from './name-glob.ts'

const order = ['none', 'walk', 'run', 'jetpack'] as const

/** The stage wanted of a capability for a subject; null where meshctl.yaml says nothing, and everything is wanted. */
export function wantedStage(
  config: Config,
  capability: string,
  subject: {readonly namespace: string; readonly name: string},
): WantedStage | null {
  const target = Object.hasOwn(config.target, capability) ? config.target[capability] : undefined
  if (target === undefined) return null
  const own = target.services.get(`${subject.namespace}/${subject.name}`)
  const [, ofNamespace] = target.namespaces.find(([glob]) => matchesName(glob, subject.namespace)) ?? []
  return own ?? ofNamespace ?? target.default
}

/** Whether a stage lies within what is wanted. */
export function isWanted(
  config: Config,
  capability: string,
  stage: string,
  subject: {readonly namespace: string; readonly name: string},
): boolean {
  const wanted = wantedStage(config, capability, subject)
  return wanted === null || order.findIndex(one => one === stage) <= order.indexOf(wanted)
}

/** Whether meshctl.yaml says to leave a workload, or everything in its namespace, alone. */
export function isExcluded(
  config: Config,
  subject: {readonly namespace: string; readonly name: string},
): boolean {
  const {namespaces, workloads} = config.exclude
  return (
    namespaces.some(glob => matchesName(glob, subject.namespace)) ||
    workloads.some(glob => matchesName(glob, `${subject.namespace}/${subject.name}`))
  )
}
