import type {Mesh} from '../../../mesh/mesh.ts'
import {entries, list, record} from '../../../objects/json.ts'
import type {JsonObject, KubeObject} from '../../../objects/object.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {meshValues} from '../../reading/mesh-values.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'telemetry-empty-provider',
  area: 'telemetry',
  severity: 'warning',
  istio: '>=1.11.0',
  inputs: ['Telemetry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0157'],
  formerIds: [],
  messages: {
    nowhere:
      'This asks for access logs without naming a provider, and the mesh has no default one: nothing is logged.',
    inherited:
      'This names no provider and the mesh has no default one: it is for those that stand before it or in the Telemetry above it.',
  },
  why: 'Access logs go to a provider. Where neither the Telemetry nor defaultProviders.accessLogging names one, the object is taken and no line is written.',
  fix: 'Name a provider, such as envoy, which writes to the standard output of the proxy.',
  check(mesh, report) {
    if (list(record(meshValues(mesh)['defaultProviders'])['accessLogging']).length > 0) return
    const known = mesh.meshConfig.known || mesh.complete('ConfigMap')
    for (const object of mesh.objects('Telemetry')) {
      let named = namesAbove(mesh, object)
      for (const [index, logging] of loggingOf(object)) {
        if (list(logging['providers']).length > 0) named = true
        else if (logging['disabled'] !== true) {
          report({
            messageId: named ? 'inherited' : 'nowhere',
            object,
            path: ['spec', 'accessLogging', index],
            ...(named ? {severity: 'info' as const} : known ? {} : {certainty: 'cannot-verify' as const}),
          })
        }
      }
    }
  },
})

function loggingOf({value}: KubeObject): readonly (readonly [number, JsonObject])[] {
  return entries(record(value['spec'])['accessLogging'])
}

const naming = perMesh(
  (mesh: Mesh): ReadonlySet<string> =>
    new Set(
      mesh
        .objects('Telemetry')
        .filter(object => loggingOf(object).some(([, logging]) => list(logging['providers']).length > 0))
        .map(({id}) => id.namespace),
    ),
)

/**
 * Whether a Telemetry of the namespace or of the root namespace names a provider, which an entry without one takes
 * (istio pilot/pkg/model/telemetry.go mergeLogs). Another one of the same level is no parent, but may be.
 */
function namesAbove(mesh: Mesh, {id, value}: KubeObject): boolean {
  const isRoot = id.namespace === mesh.meshConfig.rootNamespace
  const selects = record(value['spec'])['selector'] !== undefined
  const places = naming(mesh)
  return (!isRoot && places.has(mesh.meshConfig.rootNamespace)) || (selects && places.has(id.namespace))
}
