import type {Mesh} from '../../../mesh/mesh.ts'
import {isRecord, record, textMap} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {sidecarSelector} from '../../reading/sidecars.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'ambient-ineffective-kind',
  area: 'ambient',
  severity: 'warning',
  istio: '>=1.18.0',
  inputs: ['Sidecar'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0167'],
  formerIds: [],
  messages: {
    namespace:
      'Namespace {namespace} is in ambient mode, where there are no sidecars that this Sidecar could scope.',
    workloads: 'The workloads that this Sidecar selects are in ambient mode: it has no effect on them.',
  },
  why: 'A Sidecar object scopes sidecar proxies. In ambient mode the node’s ztunnel and waypoints do the work, and they do not read it.',
  fix: 'Delete the Sidecar; what it was to forbid is a matter of AuthorizationPolicy there.',
  check(mesh, report) {
    for (const sidecar of mesh.objects('Sidecar')) {
      const {namespace} = sidecar.id
      const selector = sidecarSelector(sidecar)
      const workloads = mesh.selected(selector ?? {}, namespace)
      const modes = new Set(workloads.map(workload => mesh.injection(workload).mode))
      const ambient =
        selector === null
          ? isAmbient(mesh, sidecar) && !modes.has('sidecar')
          : modes.size === 1 && modes.has('ambient')
      if (!ambient) continue
      report({
        messageId: selector === null ? 'namespace' : 'workloads',
        data: {namespace},
        object: sidecar,
        path: selector === null ? ['metadata', 'namespace'] : ['spec', 'workloadSelector'],
      })
    }
  },
})

/** A namespace whose pods are captured by ambient mode and get no sidecar (istio pkg/config/analysis/analyzers/util NamespaceInAmbientMode). */
function isAmbient(mesh: Mesh, {id}: KubeObject): boolean {
  const object = mesh.namespaceObject(id.namespace)
  const metadata = record(object?.value['metadata'])
  const labels = isRecord(metadata['labels']) ? textMap(metadata['labels']) : {}
  return (
    labels['istio.io/dataplane-mode'] === 'ambient' &&
    labels['istio-injection'] !== 'enabled' &&
    labels['istio.io/rev'] === undefined
  )
}
