import {entries, list, record} from '../../../objects/json.ts'
import {meshValues} from '../../reading/mesh-values.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'telemetry-empty-provider',
  area: 'telemetry',
  severity: 'warning',
  istio: '>=1.11.0',
  inputs: ['Telemetry'],
  needs: 'mesh-config',
  params: {},
  equivalents: ['IST0157'],
  formerIds: [],
  messages: {
    nowhere:
      'This asks for access logs without naming a provider, and the mesh has no default one: nothing is logged.',
  },
  why: 'Access logs go to a provider. Where neither the Telemetry nor defaultProviders.accessLogging names one, the object is taken and no line is written.',
  fix: 'Name a provider, such as envoy, which writes to the standard output of the proxy.',
  check(mesh, report) {
    if (list(record(meshValues(mesh)['defaultProviders'])['accessLogging']).length > 0) return
    for (const object of mesh.objects('Telemetry')) {
      for (const [index, logging] of entries(record(object.value['spec'])['accessLogging'])) {
        if (logging['disabled'] === true || list(logging['providers']).length > 0) continue
        report({messageId: 'nowhere', object, path: ['spec', 'accessLogging', index]})
      }
    }
  },
})
