import {at, entries, isRecord, number, record} from '../../../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../../../objects/object.ts'
import {removing, setting} from '../../edits.ts'
import {policyBlocks} from '../../reading/destination-rules.ts'
import {meshPath, meshValues} from '../../reading/mesh-values.ts'
import {defineRule} from '../../rule.ts'
import type {Report} from '../../rule.ts'

export default defineRule({
  id: 'deprecated-field',
  area: 'legacy',
  severity: 'warning',
  istio: '>=1.22.0',
  inputs: ['VirtualService', 'DestinationRule', 'Gateway', 'Sidecar'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0002', 'IST0133'],
  formerIds: [],
  messages: {
    replaced: '{field} is deprecated; use {replacement}.',
    ignored: '{field} is deprecated and has no effect.',
  },
  why: 'Deprecated fields go with some release, and some of them are already read by nothing, so that what they say is not in force.',
  fix: 'Write the replacement, with the same meaning.',
  check(mesh, report) {
    const tell = (object: KubeObject, {path, field, replacement, fix}: Old): void => {
      report({
        messageId: replacement === null ? 'ignored' : 'replaced',
        data: {field, replacement: replacement ?? ''},
        identity: ['field'],
        object,
        path,
        ...(fix === undefined ? {} : {fix}),
      })
    }
    for (const object of mesh.objects('VirtualService'))
      inVirtualService(object).forEach(old => tell(object, old))
    for (const object of mesh.objects('DestinationRule'))
      inDestinationRule(object).forEach(old => tell(object, old))
    for (const object of mesh.objects('Gateway')) inPorts(object, 'servers').forEach(old => tell(object, old))
    for (const object of mesh.objects('Sidecar')) {
      for (const field of ['ingress', 'egress']) inPorts(object, field).forEach(old => tell(object, old))
    }
    const {object} = mesh.meshConfig
    if (object === null) return
    for (const path of oldMeshFields) {
      if (at(meshValues(mesh), path) !== undefined)
        tell(object, {path: meshPath(mesh, path), field: path.join('.'), replacement: null})
    }
  },
})

interface Old {
  readonly path: Path
  readonly field: string
  readonly replacement: string | null
  readonly fix?: NonNullable<Report['fix']>
}

/** istio.io/api mesh/v1alpha1, `deprecated = true`; those of tracing are told by tracing-legacy-config. */
const oldMeshFields: readonly (readonly string[])[] = [
  ['certificates'],
  ['defaultConfig', 'discoveryRefreshDelay'],
  ['defaultConfig', 'envoyMetricsServiceAddress'],
  ['defaultConfig', 'availabilityZone'],
  ['defaultConfig', 'sds'],
]

const mayBeOld = ['fault', 'corsPolicy', 'mirrorPercent', 'mirror_percent']

function inVirtualService(object: KubeObject): readonly Old[] {
  return entries(record(object.value['spec'])['http']).flatMap(([index, route]): readonly Old[] => {
    const path: Path = ['spec', 'http', index]
    if (!mayBeOld.some(field => Object.hasOwn(route, field))) return []
    const delay = record(record(route['fault'])['delay'])
    const cors = record(route['corsPolicy'])
    return [
      ...percentage(object, delay, [...path, 'fault', 'delay'], 'percent', 'percentage'),
      ...percentage(object, route, path, 'mirrorPercent', 'mirrorPercentage'),
      ...percentage(object, route, path, 'mirror_percent', 'mirrorPercentage'),
      ...(cors['allowOrigin'] === undefined
        ? []
        : [
            {
              path: [...path, 'corsPolicy', 'allowOrigin'],
              field: 'allowOrigin',
              replacement: 'allowOrigins, with exact: for each',
            },
          ]),
    ]
  })
}

function percentage(
  object: KubeObject,
  holder: JsonObject,
  path: Path,
  field: string,
  replacement: string,
): readonly Old[] {
  if (holder[field] === undefined) return []
  const value = number(holder[field])
  const old = {path: [...path, field], field, replacement: `${replacement}.value`}
  if (value === undefined || holder[replacement] !== undefined) return [old]
  const set = setting(object, [...path, replacement], {value}, `${field} is deprecated`)
  if (set.action !== 'update') return [old]
  const changes = [{...removing({...object, value: set.after}, old.path, set.reason), before: object}]
  // pilot/pkg/networking/core/route/route.go, MirrorPercent and TranslateFault: both forms are read alike.
  return [{...old, fix: {kind: 'safe', description: `Write ${replacement}: {value: ${value}}.`, changes}}]
}

function inDestinationRule(object: KubeObject): readonly Old[] {
  return policyBlocks(object).flatMap(({value, path}): readonly Old[] => {
    const balancer = record(value['loadBalancer'])
    const place: Path = [...path, 'loadBalancer']
    const least = balancer['simple'] === 'LEAST_CONN'
    const changes = [setting(object, [...place, 'simple'], 'LEAST_REQUEST', 'LEAST_CONN is its old name')]
    return [
      ...(least
        ? [
            {
              path: [...place, 'simple'],
              field: 'LEAST_CONN',
              replacement: 'LEAST_REQUEST',
              // pilot/pkg/networking/core/cluster_traffic_policy.go has one case for both names.
              fix: {kind: 'safe', description: 'Write LEAST_REQUEST.', changes} as const,
            },
          ]
        : []),
      ...(record(balancer['consistentHash'])['minimumRingSize'] === undefined
        ? []
        : [
            {
              path: [...place, 'consistentHash', 'minimumRingSize'],
              field: 'minimumRingSize',
              replacement: 'ringHash.minimumRingSize',
            },
          ]),
    ]
  })
}

/** The port of a server or listener has a targetPort that nothing reads. */
function inPorts(object: KubeObject, field: string): readonly Old[] {
  return entries(record(object.value['spec'])[field]).flatMap(([index, item]): readonly Old[] => {
    const {port} = item
    if (!isRecord(port) || port['targetPort'] === undefined) return []
    const path = ['spec', field, index, 'port', 'targetPort']
    return [{path, field: 'port.targetPort', replacement: null}]
  })
}
