import type {Mesh} from '../mesh/mesh.ts'
import type {Rule} from './rule.ts'
import type {VetSettings} from './settings.ts'
import {severityOf} from './settings.ts'
import type {SeverityOrOff} from './settings.ts'

export interface Circumstances {
  readonly settings: VetSettings
  readonly severityOverrides: Readonly<Record<string, SeverityOrOff>>
  /** Whether the objects come from a cluster. */
  readonly live: boolean
}

/** Why a rule is not run on this mesh, or null where it is. A rule that does not run is never silent about it. */
export function whySkipped(
  rule: Rule,
  mesh: Mesh,
  {settings, severityOverrides, live}: Circumstances,
): string | null {
  const {minor} = mesh.version
  if ((severityOverrides[rule.id] ?? severityOf(rule, settings)) === 'off') return 'switched off'
  if (!holdsFor(rule, minor)) return `holds for Istio ${rule.istio}, and the mesh has ${minor}`
  if (rule.needs === 'live' && !live) return 'needs a live cluster'
  if (rule.needs === 'mesh-config' && !mesh.meshConfig.known)
    return 'needs the mesh config, which is not in the input'
  const gap = mesh.gaps.find(({kind, namespace}) => namespace === '' && rule.inputs.includes(kind))
  return gap === undefined ? null : `${gap.kind} could not be read: ${gap.reason}`
}

function holdsFor({istio}: Rule, version: string): boolean {
  const minor = Number(version.split('.')[1])
  const since = Number(/>=1\.(\d+)/.exec(istio)?.[1] ?? 0)
  const until = Number(/<1\.(\d+)/.exec(istio)?.[1] ?? Infinity)
  return since <= minor && minor < until
}
